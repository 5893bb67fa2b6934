"""One run, from its begin until the kernel rests; what is told of its end. Pure."""

from datetime import datetime

import msgspec

from colab_cdp_agent.keep.record import Outcome
from colab_cdp_agent.spoken import duration
from colab_cdp_agent.watch.attention import News
from colab_cdp_agent.watch.cause import Cause


class Span(msgspec.Struct, frozen=True):
    """One run: from its begin until the kernel rests. `started` is None where nobody saw it.

    `unseen_since` is when an earlier run of the agent saw it last, where this one never did.
    """

    id: str
    cell: str | None
    met: datetime
    started: datetime | None
    unseen_since: datetime | None = None

    def lasted_s(self, until: datetime) -> float:
        """Return how long it went on, in seconds; where nobody saw it begin, how long at least."""
        until = self.unseen_since or until
        return max(0.0, (until - (self.started or self.met)).total_seconds())

    def ended(self, outcome: Outcome, cause: Cause, at: datetime) -> News | None:
        """Return what is told of its end, None where what is found of it tells: it failed."""
        evidence, lasted_s = cause.evidence or None, self.lasted_s(at)
        if outcome == "finished":
            text = self._finished(lasted_s)
            return News("run_finished", "info", text, "finished", evidence, lasted_s)
        if outcome == "interrupted":
            text = "The run was stopped before its end."
            return News("run_interrupted", "info", text, cause.kind, evidence, lasted_s)
        if outcome in {"lost", "unknown"}:
            text = "Nobody saw how the run ended, or whether it did."
            return News("run_ended", "warning", text, cause.kind, evidence, lasted_s)
        return None

    def _finished(self, lasted_s: float) -> str:
        """Return that it finished, and how long it took where that is worth a word."""
        if lasted_s < 1:
            return "The run finished."
        if self.started is None:
            return f"The run finished, after more than {duration(lasted_s)}."
        return f"The run finished after {duration(lasted_s)}."
