"""A real mosquitto with a configuration of its own, and the faults a broker can have."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

HOST = "127.0.0.1"
START_LIMIT_S = 20.0


def find_mosquitto() -> str | None:
    """Return the path of the installed mosquitto, or None."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_ports(count: int) -> list[int]:
    """Return TCP ports that were free on loopback a moment ago."""
    listeners = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class Mosquitto(ExitStack):
    """One mosquitto, without persistence; `kill`, `freeze`, `thaw` and `start` again at will.

    Everyone may use `port`, in the clear. With `guarded` lines of configuration there is a second
    listener of that kind at `guarded_port`.
    """

    def __init__(self, folder: Path, guarded: Sequence[str] = ()) -> None:
        super().__init__()
        self.port, self.guarded_port = free_ports(2)
        self._config = folder / "mosquitto.conf"
        lines = [
            "per_listener_settings true",
            "log_dest stderr",
            "user root",  # where root runs it: anyone else could not read the test's files
            f"listener {self.port} {HOST}",
            "allow_anonymous true",
        ]
        if guarded:
            lines += [f"listener {self.guarded_port} {HOST}", *guarded]
        self._config.write_text("\n".join(lines) + "\n", "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        self.callback(self.kill)
        return self

    def start(self) -> None:
        """Start it, and return once it listens."""
        command = find_mosquitto()
        assert command is not None
        self._process = subprocess.Popen(
            [command, "-c", str(self._config)], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._listens():
            assert self._process.poll() is None, "mosquitto ended at once"
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as kill -9 does; it need not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def runs(self) -> bool:
        """Whether it was started, and not killed."""
        return self._process is not None

    def freeze(self) -> None:
        """Stop it as it is: it takes connections, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex((HOST, self.port)) == 0
