"""The virtual machine behind a notebook: its kernel, and the addresses of its sockets."""

import asyncio
import secrets
import uuid
from collections.abc import Callable

from colab_sim.frames import Message
from colab_sim.kernel import Kernel


class Runtime:
    """Lends a notebook one machine with one kernel at a time; the first when it is needed."""

    def __init__(self, heard: Callable[[Message], None], died: Callable[[], None]) -> None:
        self.tokens: list[str] = []
        self.kernel: Kernel | None = None
        self._host = ""
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
                self._host = f"m-s-{secrets.token_hex(6)}.prod.colab.dev"
                self.tokens.append(secrets.token_urlsafe(24))
                self.kernel = kernel
            return self.kernel

    async def stop(self) -> None:
        """Give the virtual machine back: the kernel and what it knew are gone."""
        kernel, self.kernel = self.kernel, None
        if kernel is not None:
            await kernel.stop()

    @property
    def token(self) -> str:
        """The secret in the addresses of the sockets; that of `tokens` which is valid now."""
        return self.tokens[-1]

    def opened_line(self) -> Message | None:
        """Open a new line to the kernel; return its addresses, or None without a kernel."""
        if self.kernel is None:
            return None
        session = str(uuid.uuid4())
        self.kernel.line(session)
        root = f"wss://{self._host}"
        secret = f"colab-runtime-proxy-token={self.token}"
        query = f"session_id={session}&{secret}&colab-client-agent=web"
        return {
            "session": session,
            "kernel_url": f"{root}/api/kernels/{self.kernel.id}/channels?{query}",
            "lsp_url": f"{root}/colab/lsp?{secret}",
        }
