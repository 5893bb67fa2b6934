"""A value in a small file of JSON: whole or not at all, and set aside where it is damaged.

Blocking: whoever may not wait keeps it off the event loop.
"""

import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

T = TypeVar("T")

LARGEST_BYTES: Final = 4_000_000
DAMAGED_KEPT: Final = 3


def put(path: Path, content: bytes, *, synced: bool = False) -> None:
    """Write a file, whole or not at all; with `synced` it is on disk when this returns.

    Raises:
        OSError: the folder cannot be written; the file stands as before.

    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(content)
        if synced:
            file.flush()
            os.fsync(file.fileno())
    beside.replace(path)


class SmallFile(Generic[T]):
    """The file of one value.

    Args:
        path: where it lies; the folder is made when it is needed.
        empty: what a file holds that is not there.

    """

    def __init__(self, path: Path, empty: T) -> None:
        self._path = path
        self._empty = empty
        self._written = empty
        self._lock = threading.Lock()

    def read(self, now: datetime) -> tuple[T, Path | None]:
        """Return what an earlier run of the agent left, and where a damaged file was put.

        Raises:
            OSError: the file is there, and cannot be read.

        """
        try:
            with self._path.open("rb") as file:
                found = msgspec.json.decode(file.read(LARGEST_BYTES), type=type(self._empty))
        except FileNotFoundError:
            return self._empty, None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._empty, self._set_aside(now)
        self._written = found
        return found, None

    def write(self, value: T) -> None:
        """Put a value on disk, where it is when this returns.

        Raises:
            OSError: the folder cannot be written; the file stands as before.

        """
        with self._lock:
            if value == self._written:
                return
            put(self._path, msgspec.json.encode(value), synced=True)
            self._written = value

    def _set_aside(self, now: datetime) -> Path:
        """Move the file out of the way, under a name that says when; keep the latest few."""
        aside = self._path.with_name(f"{self._path.stem}.damaged-{now:%Y%m%dT%H%M%S%f}.json")
        self._path.replace(aside)
        for old in sorted(self._path.parent.glob(f"{self._path.stem}.damaged-*"))[:-DAMAGED_KEPT]:
            old.unlink(missing_ok=True)
        return aside
