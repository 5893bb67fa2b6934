"""A night, as it is told: what each notebook did, and what came of it."""

from datetime import datetime

import msgspec

from colab_cdp_agent.keep import record
from colab_cdp_agent.report.timeline import Gap, Span, Stretch
from colab_cdp_protocols import mqtt


class Curve(msgspec.Struct, frozen=True):
    """A metric of a run, in order of time; a value that is null is not finite."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]

    @property
    def numbers(self) -> list[float]:
        """The values that are finite."""
        return [value for _at, value in self.points if value is not None]


class Run(msgspec.Struct, frozen=True):
    """A run: `ended` is null where it still runs or nobody saw its end; it was seen `until` then.

    `outcome` is `running`, or one of the journal's; `step` is the last one that was told.
    """

    id: str
    cell: str | None
    began: datetime | None
    ended: datetime | None
    until: datetime
    outcome: str
    cause: str | None
    evidence: str | None
    progress: mqtt.Progress
    lines: int | None
    step: int | None
    curves: tuple[Curve, ...]


class Moment(msgspec.Struct, frozen=True):
    """What happened, once or several times in a row until `until`."""

    at: datetime
    until: datetime
    times: int
    kind: str
    severity: str
    text: str
    cause: str | None = None
    evidence: str | None = None


class Need(msgspec.Struct, frozen=True):
    """What a person should look at, or should have; `over` is null where it still stands."""

    kind: str
    since: datetime
    over: datetime | None
    text: str


class Counts(msgspec.Struct, frozen=True):
    """How often a duty had its effect, and how often it would have been done by an observer."""

    kept_alive: int = 0
    cleared: int = 0
    only_observed: int = 0


class Notebook(msgspec.Struct, frozen=True):
    """One notebook's night. `stretches` cover all of it; `archive` are the files of its text.

    `phase` is the last one that is known; `seen_now`: it is in it at the end of the night.
    """

    id: str
    title: str
    site: str
    phase: str
    seen_now: bool
    stretches: tuple[Stretch, ...]
    runs: tuple[Run, ...]
    moments: tuple[Moment, ...]
    needs: tuple[Need, ...]
    counts: Counts
    archive: tuple[str, ...] = ()

    @property
    def open_needs(self) -> list[Need]:
        """What still stands."""
        return [need for need in self.needs if need.over is None]


class Limit(msgspec.Struct, frozen=True):
    """A row of the limits ledger, with the notebook's title."""

    title: str
    row: record.Limit


class Night(msgspec.Struct, frozen=True):
    """Everything that is told of a stretch of time; `watched`: in some of it at least."""

    agent: str
    span: Span
    watched: bool
    watching_now: bool
    gaps: tuple[Gap, ...]
    notebooks: tuple[Notebook, ...]
    limits: tuple[Limit, ...]
