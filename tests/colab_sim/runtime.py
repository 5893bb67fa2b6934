"""The virtual machine behind a notebook: its kernel, and the addresses of its sockets."""

import asyncio
import secrets
import uuid
from collections.abc import Callable

from colab_sim.cell import Message
from colab_sim.kernel import Kernel


class Runtime:
    """Lends a notebook one kernel at a time; the first is started when it is needed."""

    def __init__(self, heard: Callable[[Message], None], died: Callable[[], None]) -> None:
        self.host = f"m-s-{secrets.token_hex(6)}.prod.colab.dev"
        self.token = secrets.token_urlsafe(24)
        self.kernel: Kernel | None = None
        self._starting = asyncio.Lock()
        self._heard = heard
        self._died = died

    async def start(self) -> Kernel:
        """Return the kernel, started if there is none."""
        async with self._starting:
            if self.kernel is None:
                kernel = Kernel(self._heard, self._died)
                try:
                    await kernel.start()
                except BaseException:
                    await kernel.stop()
                    raise
                self.kernel = kernel
            return self.kernel

    async def stop(self) -> None:
        """Give the virtual machine back: the kernel and what it knew are gone."""
        kernel, self.kernel = self.kernel, None
        if kernel is not None:
            await kernel.stop()

    def opened_line(self) -> Message | None:
        """Open a new line to the kernel; return its addresses, or None without a kernel."""
        if self.kernel is None:
            return None
        session = str(uuid.uuid4())
        self.kernel.line(session)
        root = f"wss://{self.host}"
        query = (
            f"session_id={session}&colab-runtime-proxy-token={self.token}&colab-client-agent=web"
        )
        return {
            "session": session,
            "kernel_url": f"{root}/api/kernels/{self.kernel.id}/channels?{query}",
            "lsp_url": f"{root}/colab/lsp?colab-runtime-proxy-token={self.token}",
        }
