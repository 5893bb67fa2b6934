"""What of one notebook goes into the journal."""

import time
from datetime import UTC, datetime, timedelta

from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.keep.record import Outcome
from colab_cdp_agent.watch.attention import News
from colab_cdp_agent.watch.cause import Cause
from colab_cdp_agent.watch.finding import LIMITS
from colab_cdp_agent.watch.run import RunRecord
from colab_cdp_agent.watch.span import Span
from colab_cdp_protocols import mqtt

RESUMED_WITHIN = timedelta(hours=24)
"""So long a run that nobody watches is taken for one that may still go on."""


class RunsLeftOpen:
    """The runs that went on when their notebooks were last watched: nobody saw them end."""

    def __init__(self) -> None:
        self._runs: dict[str, Span] = {}

    def recall(self, journal: Journal, now: datetime) -> None:
        """Read them from the journal; blocks for a moment."""
        self._runs = {
            each.session: Span(each.run, each.cell, each.began or each.seen, None, each.seen)
            for each in journal.open_runs(now - RESUMED_WITHIN)
        }

    def take(self, session: str, now: datetime) -> Span | None:
        """Return a notebook's, once, while it may still go on."""
        run = self._runs.pop(session, None)
        if run is None or run.unseen_since is None or run.unseen_since < now - RESUMED_WITHIN:
            return None
        return run


class Diary:
    """Writes one session's part of the journal; nothing here waits.

    Args:
        session: whose.
        journal: where it goes.

    """

    def __init__(self, session: str, journal: Journal) -> None:
        self._session = session
        self._journal = journal
        self._phase: tuple[mqtt.Phase, mqtt.Connection, mqtt.Kernel] | None = None
        self._run: str | None = None

    def title(self, title: str, site: str) -> None:
        """Write what the notebook is called."""
        self._journal.session(self._session, title, site)

    def state(self, state: mqtt.State) -> None:
        """Write the phase where it is another than before."""
        now = (state.phase, state.connection, state.kernel)
        if now != self._phase:
            self._phase = now
            self._journal.phase(self._session, state.updated, *now)

    def event(self, happening: mqtt.Happening) -> None:
        """Write what is told of the notebook."""
        self._journal.event(self._session, happening)

    def run(self, run: Span, record: RunRecord) -> None:
        """Write that a run goes on, and how its metrics stand."""
        if run.id != self._run:
            self._run = run.id
            self._journal.run_began(self._session, run.id, run.started or run.met, run.cell)
        for name, value, step in record.new_metrics(time.monotonic()):
            moment = datetime.now(UTC)
            self._journal.metric(self._session, run.id, moment, name, value, step)

    def run_ended(
        self, run: Span, outcome: Outcome, cause: Cause, progress: mqtt.Progress, lines: int
    ) -> None:
        """Write how a run ended."""
        self._journal.run_ended(
            self._session, run.id, datetime.now(UTC), outcome, cause.kind, cause.evidence or None,
            progress, lines,
        )  # fmt: skip

    def limit(
        self, news: News, runtime: mqtt.Runtime, sessions: int, since: datetime | None
    ) -> None:
        """Write that a limit shows, or no longer does; other news is passed over."""
        moment = datetime.now(UTC)
        if news.kind not in LIMITS:
            return
        if news.severity != "alert":
            self._journal.limit_lifted(moment, self._session, news.kind)
            return
        after_s = (moment - since).total_seconds() if since is not None else None
        self._journal.limit(
            moment, self._session, news.kind, news.text, runtime.accelerator, sessions, after_s
        )
