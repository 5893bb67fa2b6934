"""A clock that can be set, for the agent alone: a library before the C library's own clocks."""

import shutil
import struct
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

SOURCE = Path(__file__).with_name("wrong_clock.c")
NUMBERS = struct.Struct("=qq")


class WrongClock(ExitStack):
    """The clock of a process that is started with `environment`, from entry to exit.

    Attributes:
        lacking: why it goes right all the time, None where it can be set.
        environment: what the process is started with.

    """

    def __init__(self) -> None:
        super().__init__()
        self.lacking: str | None = None
        self.environment: dict[str, str] = {}
        self._folder = Path()
        self._ahead_s = self._asleep_s = 0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="clock-"))
        self.callback(shutil.rmtree, self._folder)
        compiler = shutil.which("cc") or shutil.which("gcc")
        if sys.platform != "linux" or compiler is None:
            self.lacking = "a clock of its own needs Linux and a C compiler"
            return self
        library = self._folder / "wrong_clock.so"
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
        told = self._folder / "told"
        told.write_bytes(NUMBERS.pack(0, 0))
        self.environment = {"LD_PRELOAD": str(library), "WRONG_CLOCK": str(told)}
        return self

    def set(self, seconds: int) -> None:
        """Set the wall clock by so many seconds, as a person or a time server does."""
        self._ahead_s += seconds
        self._tell()

    def sleep(self, seconds: int) -> None:
        """Have slept for so long, as far as the clocks show it."""
        self._ahead_s += seconds
        self._asleep_s += seconds
        self._tell()

    def _tell(self) -> None:
        # In place: whoever has mapped the file sees it at once.
        with (self._folder / "told").open("r+b", buffering=0) as file:
            file.write(NUMBERS.pack(self._ahead_s, self._asleep_s))
