"""A disk of its own for a folder: small, so that it can be full, and read-only at will."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

SIZE = "32m"
CHUNK = 1 << 16


class SmallDisk(ExitStack):
    """A tmpfs that is mounted on a folder from entry to exit, where this user may mount.

    Attributes:
        lacking: why there is none; the folder is an ordinary one then.

    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.lacking: str | None = None
        self._folder = folder

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        if sys.platform != "linux" or os.geteuid() != 0:
            self.lacking = "a disk of its own is mounted by root on Linux only"
            return self
        self.lacking = self._mount("-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs")
        if self.lacking is None:
            unmount = ["umount", "--lazy", str(self._folder)]
            self.callback(subprocess.run, unmount, check=True)
        return self

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free for as long as the block runs."""
        filler = self._folder / "filler"
        try:
            with filler.open("wb", buffering=0) as file:
                fill(file.fileno())
                yield
        finally:
            filler.unlink()

    def read_only(self) -> bool:
        """Let nothing be written; false where something is being written this very moment."""
        return self._mount("-o", "remount,ro") is None

    def writable(self) -> None:
        """Let it be written again."""
        lacking = self._mount("-o", "remount,rw")
        assert lacking is None, lacking

    def _mount(self, *options: str) -> str | None:
        ended = subprocess.run(
            ["mount", *options, self._folder], capture_output=True, text=True, check=False
        )
        return ended.stderr.strip() if ended.returncode else None


def fill(descriptor: int) -> None:
    """Write until the disk takes nothing more."""
    size = CHUNK
    while size:
        try:
            os.write(descriptor, bytes(size))
        except OSError:
            size //= 2
