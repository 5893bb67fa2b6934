"""A real Jupyter kernel behind the channel of a notebook page."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import uuid
from collections.abc import Callable

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.jsonutil import json_default
from jupyter_client.manager import AsyncKernelManager

from colab_sim.errands import Errands
from colab_sim.frames import PARTS, Message, text_frame
from colab_sim.line import Line

START_LIMIT_S = 60.0
ASK_AGAIN_S = 1.0
TURN_FRAMES = 4


class Kernel:
    """One ipykernel process. What it says goes to `heard` and to every open line."""

    def __init__(self, heard: Callable[[Message], None], died: Callable[[], None]) -> None:
        self.id = str(uuid.uuid4())
        self._heard = heard
        self._died = died
        self._process = AsyncKernelManager()
        self._client: AsyncKernelClient | None = None
        self._lines: dict[str, Line] = {}
        self._unsent: list[str] = []
        self._subscribed = False
        self._errands = Errands()
        self._ready: set[str] = set()
        self._told = asyncio.Event()

    async def start(self) -> None:
        """Start the process and wait until it answers on every channel that is read."""
        await self._process.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await self._listen()

    async def stop(self) -> None:
        """Kill the process and close its sockets."""
        await self._deafen()
        await self._process.shutdown_kernel(now=True)

    async def restart(self) -> None:
        """Start a new process in the place of one that died; the kernel's id stays."""
        await self._deafen()
        await self._process.restart_kernel(now=True)
        await self._listen()

    async def interrupt(self) -> None:
        """Interrupt what runs, as the stop button does."""
        await self._process.interrupt_kernel()

    @property
    def pid(self) -> int:
        """The process id of the kernel."""
        pid: int | None = getattr(self._process.provisioner, "pid", None)
        if pid is None:
            raise RuntimeError("the kernel does not run")
        return pid

    def kill(self) -> None:
        """Kill -9 the process, as the out-of-memory killer does."""
        os.kill(self.pid, signal.SIGKILL)

    def line(self, session: str) -> Line:
        """Return the line to one page; what is said is kept for it from the first call on."""
        return self._lines.setdefault(session, Line())

    def hang_up(self, session: str) -> None:
        """End a page's line, and with it the socket; what is said from now on passes it by."""
        if (line := self._lines.pop(session, None)) is not None:
            line.cut()

    def send(self, frame: str) -> None:
        """Pass one frame of a page on to the kernel; while that starts anew, it waits."""
        message = json.loads(frame)
        channel = message.pop("channel")
        if channel not in {"shell", "control", "stdin"}:
            raise ValueError(f"no channel {channel!r}")
        if self._client is None or not self._subscribed:
            self._unsent.append(frame)
        else:
            getattr(self._client, f"{channel}_channel").send(message)

    def announce(self, state: str) -> None:
        """Tell the pages of a state that the server and not the kernel knows, as "restarting"."""
        message = self._process.session.msg("status", {"execution_state": state})
        self._spread("iopub", [json.dumps(message[name], default=json_default) for name in PARTS])

    async def _listen(self) -> None:
        client: AsyncKernelClient = self._process.client()
        client.start_channels(hb=False)
        self._client = client
        self._errands = Errands()
        self._ready.clear()
        for channel in ("iopub", "shell", "control", "stdin"):
            self._errands.start(self._pump(channel), f"kernel {channel}")
        async with asyncio.timeout(START_LIMIT_S):
            # Early iopub messages may be missed before the subscription stands.
            while not {"iopub", "shell"} <= self._ready:
                client.kernel_info()
                self._told.clear()
                try:
                    async with asyncio.timeout(ASK_AGAIN_S):
                        await self._told.wait()
                except TimeoutError:
                    continue
        self._errands.start(self._watch(), "kernel watch")
        self._subscribed = True
        unsent, self._unsent = self._unsent, []
        for frame in unsent:
            self.send(frame)

    async def _deafen(self) -> None:
        self._subscribed = False
        await self._errands.close()
        if self._client is not None:
            self._client.stop_channels()
            self._client = None

    async def _pump(self, name: str) -> None:
        socket = getattr(self._client, f"{name}_channel").socket
        for number in itertools.count():
            # Read raw and passed on raw: jupyter_client's own parsing halves what gets through.
            _, parts = self._process.session.feed_identities(await socket.recv_multipart())
            self._ready.add(name)
            self._told.set()
            self._spread(name, [part.decode(errors="replace") for part in parts[1:5]])
            if number % TURN_FRAMES == 0:
                # A receive that has something to give lets no one else have a turn.
                await asyncio.sleep(0)

    async def _watch(self) -> None:
        provisioner = self._process.provisioner
        if provisioner is not None:
            await provisioner.wait()
            self._died()

    def _spread(self, channel: str, parts: list[str]) -> None:
        header, parent = json.loads(parts[0]), json.loads(parts[1])
        if channel in {"iopub", "stdin"}:
            content = json.loads(parts[3])
            self._heard({"header": header, "parent_header": parent, "content": content})
        frame = text_frame(channel, header, parts)
        for session, line in self._lines.items():
            if channel == "iopub" or session == parent.get("session"):
                line.tell(frame)
