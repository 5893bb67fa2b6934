"""The journal: what happened in a night, as rows that `colab-cdp-agent report` is drawn from.

What is told to it waits in memory until its one writer puts it on disk, at most once a second. A
disk that is full, or a file that is locked or damaged, costs the journal, never the watch.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import structlog

from colab_cdp_agent.keep import journal_reader, statements
from colab_cdp_agent.keep.journal_file import JournalFailedError, JournalFile
from colab_cdp_agent.keep.journal_reader import (
    MOST_EVENTS_OF_HISTORY,
    JournalUnreadableError,
    NoJournalError,
)
from colab_cdp_agent.keep.record import MOST_METRICS, CurvePoint, Outcome, Run, progress_text
from colab_cdp_agent.keep.row_queue import RowQueue
from colab_cdp_protocols import mqtt

FLUSH_EVERY_S: Final = 1.0
RETRY_AFTER_S: Final = 10.0
ALIVE_EVERY_S: Final = 30.0
STOOD_STILL_S: Final = 120.0
"""After a jump of the clock beyond this the computer must have slept: nothing was watched."""
ROWS_AT_ONCE: Final = 250
"""In one transaction: however long their texts, they fit into what the file keeps free."""

T = TypeVar("T")

log = structlog.get_logger()


def journal_path(folder: Path, name: str) -> Path:
    """Return where the agent of that name keeps its journal in a state folder."""
    return folder / f"journal-{name}.sqlite"


class Journal:
    """What is remembered of the notebooks, over restarts.

    Whatever takes note returns at once, and never raises. Addresses are left out of texts.

    Args:
        path: the file; see `journal_path`.
        keep_s: rows that are older go.

    Attributes:
        trouble: why nothing is kept at present, or None.

    """

    def __init__(self, path: Path, keep_s: float) -> None:
        self.trouble: str | None = None
        self._path = path
        self._file = JournalFile(path, keep_s)
        self._queue = RowQueue()
        self._writing = threading.Lock()
        self._hurry = asyncio.Event()
        self._version: str | None = None
        self._seen_at = self._alive_at = datetime.now(UTC)

    @property
    def dropped(self) -> int:
        """How many rows were lost because too many waited."""
        return self._queue.dropped

    async def run(self) -> None:
        """Write what is told until cancelled, and then the rest."""
        try:
            while True:
                self._hurry.clear()
                self.tick(datetime.now(UTC))
                if len(self._queue):
                    await asyncio.to_thread(self._write)
                if self.trouble is not None:
                    await asyncio.sleep(RETRY_AFTER_S)
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FLUSH_EVERY_S):
                        await self._hurry.wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """Write what waits, as far as that is possible, and close the file."""
        await asyncio.to_thread(self._finish)

    def tick(self, now: datetime) -> None:
        """Take note that the agent is alive, and of a time in which it stood still before now."""
        if self._version is None:
            return
        seen_at, self._seen_at = self._seen_at, now
        if (now - seen_at).total_seconds() > STOOD_STILL_S:
            self._queue.put(statements.ALIVE, at=seen_at, version=self._version)
            self._queue.put(statements.RESUMED, at=now, version=self._version)
        elif 0 <= (now - self._alive_at).total_seconds() < ALIVE_EVERY_S:
            return
        else:
            self._queue.put(statements.ALIVE, at=now, version=self._version)
        self._alive_at = now

    def began(self, at: datetime, version: str) -> None:
        """Take note that the agent of this version began."""
        self._version, self._seen_at, self._alive_at = version, at, at
        self._queue.put(statements.BEGAN, at=at, version=version)

    def ended(self, at: datetime) -> None:
        """Take note that the agent ended as asked."""
        self._version = None
        self._queue.put(statements.ENDED, at=at)

    def session(self, session: str, title: str, site: str) -> None:
        """Take note of a session's title and site profile; the latest title counts."""
        now = datetime.now(UTC)
        self._queue.put(statements.SESSION, session=session, title=title, site=site, at=now)

    def phase(
        self,
        session: str,
        at: datetime,
        phase: mqtt.Phase,
        connection: mqtt.Connection,
        kernel: mqtt.Kernel,
    ) -> None:
        """Take note of the phase that a session is in from then on."""
        self._queue.put(
            statements.PHASE, session=session, at=at, phase=phase, connection=connection,
            kernel=kernel,
        )  # fmt: skip

    def event(self, session: str, happening: mqtt.Happening) -> None:
        """Take note of what is told of a session; the same event twice counts once."""
        self._queue.put(
            statements.EVENT, session=session, id=happening.id, at=happening.at,
            kind=happening.kind, severity=happening.severity, text=happening.text,
            cause=happening.cause, evidence=happening.evidence,
        )  # fmt: skip

    def run_began(self, session: str, run: str, at: datetime, cell: str | None) -> None:
        """Take note of a run; one that is known already, from before a restart, goes on."""
        self._queue.put(statements.RUN_BEGAN, session=session, run=run, at=at, cell=cell)

    def run_ended(  # noqa: PLR0913, PLR0917 - a row is as wide as it is
        self,
        session: str,
        run: str,
        at: datetime,
        outcome: Outcome,
        cause: str | None,
        evidence: str | None,
        progress: mqtt.Progress,
        lines: int,
    ) -> None:
        """Take note of a run's end, also of one whose beginning nobody told.

        It is written at once: an agent that is killed must not take it for one that goes on.
        """
        self._queue.put(
            statements.RUN_ENDED, session=session, run=run, at=at, outcome=outcome, cause=cause,
            evidence=evidence, progress=progress_text(progress), lines=lines,
        )  # fmt: skip
        self._hurry.set()

    def metric(  # noqa: PLR0913, PLR0917 - a row is as wide as it is
        self, session: str, run: str, at: datetime, name: str, value: float, step: int | None
    ) -> None:
        """Take note of one point of a run's metric; a long curve is kept with fewer points."""
        self._queue.put(
            statements.METRIC, session=session, run=run, at=at, name=name, value=value, step=step,
            most_names=MOST_METRICS,
        )  # fmt: skip

    def limit(  # noqa: PLR0913, PLR0917 - a row is as wide as it is
        self,
        at: datetime,
        session: str,
        kind: str,
        text: str,
        accelerator: str | None,
        sessions: int,
        after_s: float | None,
    ) -> None:
        """Take note that a limit showed: with how many sessions, after how many seconds of use."""
        self._queue.put(
            statements.LIMIT, session=session, kind=kind, at=at, text=text,
            accelerator=accelerator, sessions=sessions, after_s=after_s,
        )  # fmt: skip

    def limit_lifted(self, at: datetime, session: str, kind: str) -> None:
        """Take note that a limit no longer shows."""
        self._queue.put(statements.LIMIT_LIFTED, session=session, kind=kind, at=at)

    def attention_began(self, session: str, kind: str, since: datetime, occurrence: str) -> None:
        """Take note of what a person should look at; `occurrence` tells it from the last time.

        It is written at once: an agent that is killed must not raise it once more.
        """
        self._queue.put(
            statements.ATTENTION_BEGAN, session=session, kind=kind, since=since,
            occurrence=occurrence,
        )  # fmt: skip
        self._hurry.set()

    def attention_over(self, session: str, kind: str, at: datetime) -> None:
        """Take note that nobody needs to look at it any more; it is written at once too."""
        self._queue.put(statements.ATTENTION_OVER, session=session, kind=kind, at=at)
        self._hurry.set()

    def open_attentions(self) -> dict[tuple[str, str], tuple[datetime, str]]:
        """Return what was raised and not over when the agent last ran; blocks for a moment.

        By session and kind: since when, and its occurrence. Empty where the file cannot be read.
        """
        return self._read(lambda: journal_reader.open_attentions(self._path), {})

    def open_runs(self, since: datetime) -> list[Run]:
        """Return the runs that went on when the agent was last alive; blocks for a moment.

        Empty where that was before `since`, or where the file cannot be read.
        """
        return self._read(lambda: journal_reader.open_runs(self._path, since), [])

    def history(self, session: str, since: datetime) -> list[mqtt.Happening]:
        """Return a session's events since then, the latest thousand; blocks for a moment."""
        waiting = [
            msgspec.convert(row.values, mqtt.Happening)
            for row in self._queue.waiting(statements.EVENT)
            if row.values["session"] == session
        ]
        none: list[mqtt.Happening] = []
        found = self._read(lambda: journal_reader.history(self._path, session, since), none)
        events = {each.id: each for each in (*found, *waiting) if each.at >= since}
        return sorted(events.values(), key=lambda each: each.at)[-MOST_EVENTS_OF_HISTORY:]

    def curve(self, session: str, name: str, since: datetime) -> list[CurvePoint]:
        """Return what the file has of a metric since then; blocks for a moment."""
        return self._read(lambda: journal_reader.curve(self._path, session, name, since), [])

    def _read(self, look: Callable[[], T], none: T) -> T:
        """Return what is found in the file, or that there is none, where it cannot be read."""
        try:
            return look()
        except NoJournalError:
            return none
        except JournalUnreadableError as error:
            log.warning("the journal cannot be read", reason=str(error))
            return none

    def _write(self) -> None:
        """Put what waits into the file; for a thread of its own."""
        with self._writing:
            while rows := self._queue.take(ROWS_AT_ONCE):
                try:
                    self._file.write(rows, datetime.now(UTC))
                except JournalFailedError as error:
                    self._queue.give_back(rows)
                    self._note(str(error))
                    return
                self._note(None)

    def _finish(self) -> None:
        self._write()
        with self._writing:
            self._file.close()

    def _note(self, trouble: str | None) -> None:
        """Say once when the journal can no longer be written, and once when it can again."""
        before, self.trouble = self.trouble, trouble
        if trouble is not None and before is None:
            log.warning("nothing is kept in the journal; the watch goes on", reason=trouble)
        elif trouble is None and before is not None:
            log.info("the journal is written again", dropped=self.dropped)
