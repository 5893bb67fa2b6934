"""What stands in a journal, as values: one struct a table, its fields named as the columns."""

import math
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from colab_cdp_protocols import mqtt

Outcome = Literal["finished", "failed", "interrupted", "kernel_died", "lost", "unknown"]

LARGEST_INTEGER: Final = 2**63 - 1
"""SQLite's, and more than JSON needs."""
MOST_METRICS: Final = 32
"""Of one run: whatever has more prints names without end."""


class Watch(msgspec.Struct, frozen=True):
    """A stretch of time in which the agent ran: `alive` is when it last said so.

    `ended` is null where it was killed, or still runs. `resumed`: it had stood still before.
    """

    began: datetime
    alive: datetime
    ended: datetime | None = None
    version: str | None = None
    resumed: bool = False


class Session(msgspec.Struct, frozen=True):
    """A notebook."""

    id: str
    title: str
    site: str


class PhaseChange(msgspec.Struct, frozen=True):
    """The phase that a session was in from then on."""

    session: str
    at: datetime
    phase: str
    connection: str
    kernel: str


class Event(mqtt.Happening, frozen=True, kw_only=True):
    """What was told of a session."""

    session: str


class Run(msgspec.Struct, frozen=True):
    """A run of a cell, or of several: `seen` is when anything was last said of it."""

    session: str
    run: str
    seen: datetime
    cell: str | None = None
    began: datetime | None = None
    ended: datetime | None = None
    outcome: str | None = None
    cause: str | None = None
    evidence: str | None = None
    progress: mqtt.Progress = mqtt.Progress()
    lines: int | None = None


class Point(msgspec.Struct, frozen=True):
    """One value of a run's metric; null is not a number."""

    session: str
    run: str
    name: str
    at: datetime
    step: int | None
    value: float | None


class CurvePoint(msgspec.Struct, frozen=True):
    """One value of a curve; null is not a number."""

    at: datetime
    value: float | None


class Limit(msgspec.Struct, frozen=True):
    """A limit that showed, with how many sessions after how many seconds; and when it lifted."""

    session: str
    kind: str
    at: datetime
    text: str
    accelerator: str | None
    sessions: int
    after_s: float | None
    lifted: datetime | None = None


class Attention(msgspec.Struct, frozen=True):
    """What a person should have looked at, since when, and until when."""

    session: str
    kind: str
    since: datetime
    occurrence: str
    over: datetime | None = None


class Record(msgspec.Struct, frozen=True):
    """A part of a journal, in no particular order.

    Of each session the last phase before that part is in it too.
    """

    watches: tuple[Watch, ...] = ()
    sessions: tuple[Session, ...] = ()
    phases: tuple[PhaseChange, ...] = ()
    events: tuple[Event, ...] = ()
    runs: tuple[Run, ...] = ()
    points: tuple[Point, ...] = ()
    limits: tuple[Limit, ...] = ()
    attentions: tuple[Attention, ...] = ()


def progress_text(progress: mqtt.Progress) -> str:
    """Return progress as the JSON that stands in the journal; what is no number is left out."""
    numbers: dict[str, Any] = {
        name: value
        for name, value in msgspec.structs.asdict(progress).items()
        if isinstance(value, int | float) and _is_plain(value)
    }
    metrics = [(name, value) for name, value in progress.metrics.items() if _is_plain(value)]
    kept = mqtt.Progress(**numbers, metrics=dict(metrics[:MOST_METRICS]), at=progress.at)
    return mqtt.encode(kept).decode()


def _is_plain(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST_INTEGER
