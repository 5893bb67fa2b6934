"""A value in a small file of JSON, which is set aside where it is damaged.

Blocking: whoever may not wait keeps it off the event loop.
"""

import threading
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec

from colab_cdp_agent.keep.aside import set_aside
from colab_cdp_agent.keep.whole_file import write_whole

T = TypeVar("T")

LARGEST_BYTES: Final = 4_000_000


class _DamagedError(Exception):
    """The file holds something else than it should."""


class SmallFile(Generic[T]):
    """The file of one value.

    Args:
        path: where it lies; the folder is made when it is needed.
        empty: what a file holds that is not there.
        kind: the type of what it holds, where `empty` does not say all of it.

    """

    def __init__(self, path: Path, empty: T, kind: Any = None) -> None:
        self._path = path
        self._empty = empty
        self._kind = kind or type(empty)
        self._written = empty
        self._lock = threading.Lock()

    def read(self, now: datetime) -> tuple[T, Path | None]:
        """Return what an earlier run of the agent left, and where a damaged file was put.

        Raises:
            OSError: the file is there, and cannot be read.

        """
        try:
            self._written = self._load()
        except _DamagedError:
            return self._empty, set_aside(self._path, now)
        return self._written, None

    def look(self) -> T:
        """Return what it holds, for one whose file it is not; a damaged one counts as empty.

        Raises:
            OSError: the file is there, and cannot be read.

        """
        try:
            return self._load()
        except _DamagedError:
            return self._empty

    def _load(self) -> T:
        try:
            with self._path.open("rb") as file:
                found: T = msgspec.json.decode(file.read(LARGEST_BYTES), type=self._kind)
        except FileNotFoundError:
            return self._empty
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _DamagedError(str(error)) from error
        return found

    def write(self, value: T) -> None:
        """Put a value on disk, where it is when this returns.

        Raises:
            OSError: the folder cannot be written; the file stands as before.

        """
        with self._lock:
            if value == self._written:
                return
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._path, msgspec.json.encode(value), synced=True)
            self._written = value
