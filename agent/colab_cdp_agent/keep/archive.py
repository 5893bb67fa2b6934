"""The archive: what notebooks printed, as plain text, one file per notebook and day.

A file's name is the session's id and the day: it holds neither the notebook's id nor its title,
and is a safe name on every system.
"""

import asyncio
import os
import re
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import structlog

from colab_cdp_protocols import mqtt

SUFFIX = ".txt"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

log = structlog.get_logger()


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
        """Append text, and return once it is safely on disk: all of it or nothing.

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
        rest = memoryview(f"{mark}{text}{end}".encode(errors="backslashreplace"))
        with path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
        try:
            self._prune(path)
        except OSError as error:
            log.warning("the archive cannot be pruned", file=error.filename, reason=error.strerror)

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
        """Yield every file of ours, when it was written and its size; none of another's."""
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            if not DAY.fullmatch(path.stem) or not mqtt.is_session_id(path.parent.name):
                continue
            try:
                state = path.stat()
            except FileNotFoundError:
                continue  # another agent that shares the folder has pruned it
            yield path, state.st_mtime, state.st_size


def _line(title: str) -> str:
    """Return a title as one line without control characters."""
    return "".join(character if character.isprintable() else " " for character in title)
