"""What is remembered of one notebook, which later verdicts and duties rest on."""

import sys
import time
import uuid
from datetime import UTC, datetime

import msgspec

from colab_cdp_agent.watch import duties
from colab_cdp_agent.watch.seen import PageReading, Seen
from colab_cdp_agent.watch.span import Span
from colab_cdp_agent.watch.verdict import Verdict
from colab_cdp_agent.watch.wanted import Wanted


class History:
    """One notebook's past.

    Args:
        wanted: which duties are done.
        run: the run that went on when the agent was last alive.

    Attributes:
        past: what was done, and when.
        load: how much of the running cell's output the page holds.
        had_runtime: the page was seen connected, or says itself that it was.
        run_interrupted: the connection was lost while a cell ran.
        run: the run that goes on, over a lost connection too.
        runtime_started: when the runtime was seen to begin.
        page_since: when the page began to show what it shows now, on the monotonic clock.

    """

    def __init__(self, wanted: Wanted, run: Span | None = None) -> None:
        self.past = duties.Past()
        self.load = duties.Load()
        self.had_runtime = False
        self.run_interrupted = False
        self.run = run
        self.runtime_started: datetime | None = None
        self.page_since = time.monotonic()
        self._wanted = wanted
        self._before: Verdict | None = None
        self._rested_at: float | None = None
        self._running = False
        self._page_word: str | None = None
        self._failures_before = sys.maxsize  # no run was seen yet: no failure is of one

    def shows_failure(self, page: PageReading | None) -> bool:
        """Return whether the page shows a failure that it did not show while the last run went."""
        return page is not None and page.failures > self._failures_before

    def idle_s(self, clock: float) -> float | None:
        """Return how long nothing has run, in seconds; None where nobody saw anything run."""
        if self.run is not None:
            return 0.0
        return None if self._rested_at is None else clock - self._rested_at

    def shows(self, word: str) -> None:
        """Take note of what the page shows of the kernel, or of its connection."""
        if word != self._page_word:
            self._page_word, self.page_since = word, time.monotonic()

    def situation(self, now: Verdict, unheard_s: float | None = None) -> duties.Situation:
        """Return what a decision about the duties rests on."""
        return duties.Situation(
            now,
            self.load,
            run_interrupted=self.run_interrupted,
            had_runtime=self.had_runtime,
            paused=self._wanted.paused,
            unheard_s=unheard_s,
        )

    def remember(self, now: Verdict, seen: Seen) -> Span | None:
        """Take note of a verdict; return the run that it ends, None where none ended."""
        self._remember_connection(now, seen.page)
        ended = self._remember_run(now, seen.page)
        self._remember_rounds(now, seen.page)
        self._before = now
        return ended

    def _remember_connection(self, now: Verdict, page: PageReading | None) -> None:
        before = self._before.connection if self._before is not None else None
        if now.connection == "connected":
            if before in {"no_runtime", "connecting"} and not self.had_runtime:
                self.runtime_started = datetime.now(UTC)
            self.had_runtime = True
            self.past.reconnect_tries, self.past.reconnect_at = 0, None
            self.run_interrupted = now.running
        elif page is not None and "running" in page.states:
            self.had_runtime = self.run_interrupted = True
        elif now.connection == "no_runtime":
            self.runtime_started = None
        if now.kernel == "dead":
            self.run_interrupted = False  # the run is over with its kernel, whatever the page lost

    def _remember_run(self, now: Verdict, page: PageReading | None) -> Span | None:
        if now.running and page is not None:
            lowest = self._failures_before if self._running else sys.maxsize
            self._failures_before = min(lowest, page.failures)
        self._running = now.running
        if now.kernel == "busy":
            if self.run is None:
                # A run that was met on the way has begun before; nobody saw when.
                rested = self._before is not None and self._before.kernel == "idle"
                moment = datetime.now(UTC)
                cell = page.cell if page is not None else None
                self.run = Span(uuid.uuid4().hex, cell, moment, moment if rested else None)
            elif self.run.cell is None or self.run.unseen_since is not None:
                cell = self.run.cell or (page.cell if page is not None else None)
                self.run = msgspec.structs.replace(self.run, cell=cell, unseen_since=None)
            return None
        rests = now.kernel in {"idle", "dead"} or now.phase in {"ended", "gone"}
        anew = now.kernel == "starting" and now.connection == "connected"
        # At the first look the page alone may tell of a runtime: then the next look decides.
        unused = now.connection == "no_runtime" and not self.had_runtime
        if rests or anew or unused:
            ended, self.run = self.run, None
            if ended is not None:
                self._rested_at = time.monotonic()
            return ended
        return None

    def _remember_rounds(self, now: Verdict, page: PageReading | None) -> None:
        """Let the clock of each duty run only while the duty is wanted."""
        clock, past = time.monotonic(), self.past
        if page is not None and not now.running and now.connection == "connected":
            past.clear_at = None
            self.load = duties.Load()
        elif now.running and past.clear_at is None:
            past.clear_at = clock
        if not duties.keep_alive_wanted(self.situation(now), self._wanted.duties):
            if now.connection in {"connected", "no_runtime"}:
                past.keep_alive_at = None
        elif past.keep_alive_at is None:
            past.keep_alive_at = clock
