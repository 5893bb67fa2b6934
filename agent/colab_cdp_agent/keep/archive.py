"""The archive: what notebooks printed, as plain text, one file per notebook and day.

A file's name is the session's id and the day: it holds neither the notebook's id nor its title,
and is a safe name on every system.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

SUFFIX = ".txt"


class ArchiveFailedError(Exception):
    """The archive could not be written; `str` says why, and nothing was taken as kept."""


class Archive:
    """A folder of text files, bounded in size and age.

    Args:
        folder: made when the first text arrives.
        max_bytes: the oldest files go when all together are larger.
        keep_s: files that have not been written to for longer go.

    """

    def __init__(self, folder: Path, max_bytes: int, keep_s: float) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._keep_s = keep_s
        self._turn = asyncio.Lock()

    def path(self, session: str) -> Path:
        """Return the file that today's text of a session goes to."""
        today = date.today()  # noqa: DTZ011 - a person looks for the night by their own calendar
        return self._folder / session / f"{today.isoformat()}{SUFFIX}"

    async def append(self, session: str, title: str, text: str) -> None:
        """Append text, and return once it is safely on disk.

        Raises:
            ArchiveFailedError: it could not be written.

        """
        async with self._turn:
            try:
                await asyncio.to_thread(self._append, self.path(session), title, text)
            except OSError as error:
                reason = f"{error.filename or self._folder}: {error.strerror}"
                raise ArchiveFailedError(f"the archive cannot be written: {reason}") from error

    def _append(self, path: Path, title: str, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark = f"--- {datetime.now().astimezone().isoformat(timespec='seconds')} {_line(title)}\n"
        end = "" if text.endswith("\n") else "\n"
        with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(f"{mark}{text}{end}")
            file.flush()
            os.fsync(file.fileno())
        self._prune(path)

    def _prune(self, present: Path) -> None:
        """Remove the oldest files beyond the limits, never the present one."""
        files = sorted(self._files(), key=lambda found: found[1])
        total = sum(size for _path, _at, size in files)
        oldest = time.time() - self._keep_s
        for path, at, size in files:
            if path == present or (total <= self._max_bytes and at >= oldest):
                continue
            path.unlink(missing_ok=True)
            total -= size

    def _files(self) -> Iterator[tuple[Path, float, int]]:
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            state = path.stat()
            yield path, state.st_mtime, state.st_size


def _line(title: str) -> str:
    """Return a title as one line without control characters."""
    return "".join(character if character.isprintable() else " " for character in title)
