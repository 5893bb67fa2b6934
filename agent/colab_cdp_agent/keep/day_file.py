"""The files of one session: one a day, whole at every moment, and never written over.

What is settled stays as it is. After it stand the lines that may still change; they alone are
written anew, in place, and only from the first byte on that is different.
"""

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import date, timedelta
from io import FileIO
from pathlib import Path

SUFFIX = ".txt"
LARGEST_FILE_BYTES = 100_000_000
AHEAD = timedelta(days=1)
"""A file of tomorrow is gone on with: the clock was set back, and what comes last stands last."""
_NAME = re.compile(rf"(\d{{4}}-\d\d-\d\d)(?:-([1-9]\d{{0,5}}))?{re.escape(SUFFIX)}")
_BINARY = getattr(os, "O_BINARY", 0)  # Windows only


def today() -> date:
    """Return the day by the calendar of this machine: a person looks for the night by it."""
    return date.today()  # noqa: DTZ011 - see above


def name(day: date, number: int) -> str:
    """Return a file's name: the day, and from the second one of a day on its number."""
    return f"{day.isoformat()}{'' if number == 1 else f'-{number}'}{SUFFIX}"


class DayFile:
    """Where a session's text goes: today's file, or the next one of today if that is too large."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day = today()
        self._number = 0
        self._end = 0
        self._passing = b""
        self._begun = False
        self._torn = False

    @property
    def path(self) -> Path:
        """The file that is written, or that will be."""
        if self._number == 0:
            self._day, self._number = self._newest()
        return self._folder / name(self._day, self._number)

    @property
    def is_over(self) -> bool:
        """Whether what comes next belongs into another file."""
        ahead = self._day - today()
        return not timedelta(0) <= ahead <= AHEAD or self._end >= LARGEST_FILE_BYTES

    @property
    def begun(self) -> bool:
        """Whether something of this run stands in the present file."""
        return self._begun

    def turn(self) -> None:
        """Go on with the next file."""
        self._day, self._number = today(), 0
        self._end, self._passing = 0, b""
        self._begun = self._torn = False

    def write(self, settled: bytes, passing: bytes, head: bytes = b"") -> int:
        """Put text after what is settled, all or nothing.

        Return once it is safely on disk: how many bytes had to be written, 0 for nothing new.

        Args:
            settled: whole lines that will not change.
            passing: what comes after them for now, in place of what the last call said.
            head: what a new file begins with.

        Raises:
            OSError: the file stands as before.

        """
        if self._begun and not self._torn and settled + passing == self._passing:
            self._end, self._passing = self._end + len(settled), passing
            return 0
        if not self._begun and not settled and not passing:
            return 0
        with self._open() as file:
            if self._torn:
                self._restore(file)
            size = file.seek(0, os.SEEK_END)
            if not self._begun or size != self._end + len(self._passing):
                # Begun by an earlier run, perhaps killed amid a line; or another wrote into it.
                self._end, self._passing, self._begun = size, b"", False
                settled = (_line_end(file, size) if size else head) + settled
            written_bytes = self._replace(file, settled + passing)
        self._end, self._passing, self._begun = self._end + len(settled), passing, True
        return written_bytes

    def _open(self) -> FileIO:
        try:
            return _opened(self.path)
        except FileNotFoundError:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _opened(self.path)

    def _replace(self, file: FileIO, new: bytes) -> int:
        """Write what differs from what stands after the settled text, and return how much it is."""
        same = _same(self._passing, new)
        self._torn = True
        try:
            _write(file, self._end + same, new[same:])
            if len(new) < len(self._passing):
                file.truncate(self._end + len(new))
            os.fsync(file.fileno())
        except OSError:
            self._restore(file)
            raise
        self._torn = False
        return len(new) - same

    def _restore(self, file: FileIO) -> None:
        """Put back what stood there before a write that failed."""
        file.truncate(self._end + len(self._passing))
        _write(file, self._end, self._passing)
        self._torn = False

    def _newest(self) -> tuple[date, int]:
        """Return day and number of the newest file from today on, or the next if it is full."""
        days = self._day, self._day + AHEAD
        newest = max((file for file in files(self._folder) if file.day in days), default=None)
        if newest is None:
            return self._day, 1
        try:
            full = newest.path.stat().st_size >= LARGEST_FILE_BYTES
        except OSError:
            full = False  # whoever writes to it is told
        return newest.day, newest.number + full


@dataclass(frozen=True, order=True, slots=True)
class Found:
    """A file of a session, in the order in which they were written."""

    day: date
    number: int
    path: Path


def files(folder: Path) -> list[Found]:
    """Return the files of a session in their order; none of another's, and none if it has none."""
    named = ((_NAME.fullmatch(path.name), path) for path in folder.glob(f"*{SUFFIX}"))
    found = []
    for parts, path in named:
        with contextlib.suppress(ValueError):  # a name such as 2026-99-99.txt is not ours
            if parts is not None:
                found.append(Found(date.fromisoformat(parts[1]), int(parts[2] or 1), path))
    return sorted(found)


def tail(folder: Path, limit_bytes: int) -> str:
    """Return the last whole lines of a session's files, and what was unfinished after them.

    Raises:
        OSError: a file cannot be read.

    """
    end = b""
    for found in reversed(files(folder)):
        room = limit_bytes - len(end)
        if room <= 0:
            break
        with found.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - room))
            part = file.read(room)
        if size > room:
            part = part.partition(b"\n")[2]
        if end and part and not part.endswith(b"\n"):
            part += b"\n"
        end = part + end
        if size > room:
            break
    return end.decode(errors="replace")


def _opened(path: Path) -> FileIO:
    return FileIO(os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o600), "r+")


def _line_end(file: FileIO, size: int) -> bytes:
    file.seek(size - 1)
    return b"" if file.read(1) == b"\n" else b"\n"


def _write(file: FileIO, at: int, content: bytes) -> None:
    file.seek(at)
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def _same(old: bytes, new: bytes) -> int:
    """Return how many bytes are the same from the beginning on."""
    if new.startswith(old):
        return len(old)
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[:middle] == new[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
