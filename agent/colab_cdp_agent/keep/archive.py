"""The archive: what notebooks printed, as plain text, one file per notebook and day.

A file's name is the session's id and the day: it holds neither the notebook's id nor its title,
and is a safe name on every system. Lines of the archive's own among them are marks (`mark.py`).
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from colab_cdp_agent.keep import day_file
from colab_cdp_agent.keep.backlog import Room, encode
from colab_cdp_agent.keep.day_file import DayFile
from colab_cdp_agent.keep.fold import Ansi
from colab_cdp_agent.keep.mark import after_gaps, guarded, mark, printed
from colab_cdp_agent.keep.pen import Pen
from colab_cdp_agent.keep.pruning import Pruning
from colab_cdp_agent.keep.session_log import Desk, Log

WRITE_EVERY_S = 0.9
RETRY_EVERY_S = 5.0

logger = structlog.get_logger()


class ArchiveFailedError(Exception):
    """The archive could not be written; `str` says why, and nothing was taken as kept."""


@dataclass(eq=False, slots=True)
class _Notebook:
    """A session's lines, the file they go to, and whose turn it is to write."""

    log: Log
    file: DayFile
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    retry_at: float = 0.0


class Archive:
    """A folder of text files, bounded in size and age.

    Args:
        folder: made when the first text arrives.
        max_bytes: the oldest files go when all together are larger.
        keep_s: files that have not been written to for longer go.
        ansi: whether colours are kept, or stripped like every other escape sequence.

    """

    def __init__(
        self, folder: Path, max_bytes: int, keep_s: float, *, ansi: Ansi = "strip"
    ) -> None:
        self._folder = folder
        self._ansi: Ansi = ansi
        self._pruning = Pruning(folder, max_bytes, keep_s)
        self._notebooks: dict[str, _Notebook] = {}
        self._room = Room()
        self._pen = Pen()
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._failing: set[_Notebook] = set()

    def log(self, session: str) -> Log:
        """Return the log of a session, which is one and the same each time."""
        return self._notebook(session).log

    def path(self, session: str) -> Path:
        """Return the file that the session's text goes to now."""
        return self._notebook(session).file.path

    def tail(self, session: str, limit_bytes: int) -> str:
        """Return the end of what is on disk of a session: what was printed, without the marks.

        Raises:
            ArchiveFailedError: it cannot be read.

        """
        return printed(self._kept(session, limit_bytes))

    def tails(self, session: str, limit_bytes: int) -> list[str]:
        """Return the same as `tail`, and then the part of it after each gap.

        Raises:
            ArchiveFailedError: it cannot be read.

        """
        kept = self._kept(session, limit_bytes)
        return [printed(kept), *after_gaps(kept)]

    def _kept(self, session: str, limit_bytes: int) -> str:
        try:
            return day_file.tail(self._folder / session, limit_bytes)
        except OSError as error:
            reason = self._reason(error)
            raise ArchiveFailedError(f"the archive cannot be read: {reason}") from error

    def last_kept(self, session: str) -> datetime | None:
        """Return when a text of a session was last written, None where none ever was."""
        found = day_file.files(self._folder / session)
        try:
            written = found[-1].path.stat().st_mtime if found else None
        except OSError:
            return None  # pruned a moment ago
        return datetime.fromtimestamp(written, UTC) if written is not None else None

    async def run(self) -> None:
        """Write what is new, every second and sooner where there is much, for ever."""
        while True:
            await self._news.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WRITE_EVERY_S):
                    await self._hurry.wait()
            self._news.clear()
            self._hurry.clear()
            now = time.monotonic()
            await self._write_all([each for each in self._changed() if each.retry_at <= now])
            if self._changed():
                self._news.set()

    async def flush(self) -> None:
        """Write what is new now. What cannot be written is told in the log."""
        await self._write_all(self._changed())

    async def append(self, session: str, title: str, text: str) -> None:
        """Append a page's text as it is, and return once it is safely on disk: all or nothing.

        Raises:
            ArchiveFailedError: it could not be written.

        """
        notebook = self._notebook(session)
        notebook.log.title = title
        whole = text.removesuffix("\n")
        lines = [guarded(line) for line in whole.split("\n")]
        self._check(await asyncio.shield(self._append(notebook, lines)))

    def forget(self, session: str) -> None:
        """Let go of a session's lines in memory, once they are on disk; its files stay."""
        found = self._notebooks.get(session)
        if found is not None and not found.log.changed and not found.turn.locked():
            del self._notebooks[session]

    def _notebook(self, session: str) -> _Notebook:
        found = self._notebooks.get(session)
        if found is None:

            async def kept() -> None:
                self._check(await self._write(notebook))

            desk = Desk(self._room, self._news.set, self._hurry.set, kept)
            notebook = _Notebook(Log(self._ansi, desk), DayFile(self._folder / session))
            found = self._notebooks[session] = notebook
        return found

    def _changed(self) -> list[_Notebook]:
        return [each for each in self._notebooks.values() if each.log.changed]

    async def _write_all(self, notebooks: list[_Notebook]) -> None:
        await asyncio.gather(*map(self._write, notebooks))

    async def _write(self, notebook: _Notebook) -> OSError | None:
        """Write what is new of a notebook, to the end even where nobody waits for it any more."""
        return await asyncio.shield(self._write_in_turn(notebook))

    async def _write_in_turn(self, notebook: _Notebook) -> OSError | None:
        async with notebook.turn:
            return await self._turn_page(notebook) or await self._hand_over(notebook)

    async def _append(self, notebook: _Notebook, lines: list[str]) -> OSError | None:
        async with notebook.turn:
            notebook.log.end_run()
            error = await self._turn_page(notebook)
            error = error or await self._hand_over(notebook, closing=True)
            if error is not None:
                return error
            text = encode([mark(notebook.log.title), *lines])
            error = await self._put(notebook, lambda: notebook.file.write(text, b""))
            if error is None:
                notebook.log.add_kept(lines)
            return error

    async def _turn_page(self, notebook: _Notebook) -> OSError | None:
        """Go on in another file at a day's end, or where one is full, with a whole line."""
        if not notebook.file.is_over:
            return None
        error = await self._hand_over(notebook, closing=True) if notebook.file.begun else None
        if error is None:
            notebook.file.turn()
        return error

    async def _hand_over(self, notebook: _Notebook, *, closing: bool = False) -> OSError | None:
        log, file = notebook.log, notebook.file
        batch = log.take(closing=closing)
        head = encode([mark(log.title)]) if log.title else b""
        error = await self._put(
            notebook, lambda: file.write(batch.settled(), batch.passing(), head)
        )
        if error is None:
            log.written(batch)
        else:
            log.take_back(batch)
        return error

    async def _put(self, notebook: _Notebook, write: Callable[[], int]) -> OSError | None:
        """Write in a thread, and say once in the log that it cannot be done, or can be again."""
        try:
            written_bytes = await self._pen.put(write)
        except OSError as error:
            notebook.retry_at = time.monotonic() + RETRY_EVERY_S
            if not self._failing:
                logger.warning("the archive cannot be written", reason=self._reason(error))
            self._failing.add(notebook)
            return error
        if notebook in self._failing:
            self._failing.remove(notebook)
            if not self._failing:
                logger.info("the archive can be written again", folder=str(self._folder))
        if written_bytes and self._pruning.is_due(written_bytes):
            await asyncio.to_thread(self._prune)
        return None

    def _prune(self) -> None:
        try:
            self._pruning.prune({each.file.path for each in list(self._notebooks.values())})
        except OSError as error:
            reason = error.strerror
            logger.warning("the archive cannot be pruned", file=error.filename, reason=reason)

    def _check(self, error: OSError | None) -> None:
        if error is not None:
            reason = self._reason(error)
            raise ArchiveFailedError(f"the archive cannot be written: {reason}") from error

    def _reason(self, error: OSError) -> str:
        return f"{error.filename or self._folder}: {error.strerror}"
