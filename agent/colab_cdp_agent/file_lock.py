"""A lock on a file that the death of its holder releases."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

POLL_S = 0.02
PLACE = 1 << 30
"""Windows locks a part of a file, which nobody else may read: one far behind what stands in it."""

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLockedError(Exception):
    """Somebody else held a lock for longer than the limit."""


class FileLock:
    """A lock on a file that is free again as soon as its holder lets go or dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def try_acquire(self) -> bool:
        """Take the lock if it is free, and return whether it is held now.

        Raises:
            OSError: the file cannot be made.

        """
        if self._file is not None:
            return True
        with contextlib.ExitStack() as closing:
            file = closing.enter_context(self.path.open("ab"))
            try:
                _lock(file)
            except (BlockingIOError, PermissionError):
                return False
            closing.pop_all()
        self._file = file
        return True

    def release(self) -> None:
        """Let go of the lock; without it, do nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def keep(self) -> None:
        """Hold the lock until this process is over, which no object of its interpreter outlives."""
        if self._file is not None:
            os.dup(self._file.fileno())

    @contextlib.asynccontextmanager
    async def holding(self, limit_s: float) -> AsyncIterator[None]:
        """Hold the lock inside the block; FileLockedError if it is not had within the limit."""
        deadline = time.monotonic() + limit_s
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise FileLockedError(self.path)
            await asyncio.sleep(POLL_S)
        try:
            yield
        finally:
            self.release()
