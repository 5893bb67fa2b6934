"""When the agent watched, and which phase a notebook was in when: pure.

A phase holds until the next one, and no longer than the agent ran: what a notebook did while
nobody watched is not known, nor what it does after that until it is seen again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise, zip_longest
from typing import Final, Literal

import msgspec

from colab_cdp_agent.keep.record import PhaseChange, Watch

Why = Literal["not_running", "killed", "slept"]

UNKNOWN: Final = "unknown"
NOT_WATCHED: Final = "not_watched"
_NOT_RUNNING: Final[Why] = "not_running"
ALIVE_FOR: Final = timedelta(seconds=90)
"""An agent is taken to run for this long after it last said so: it says so every 30 seconds."""


class Span(msgspec.Struct, frozen=True):
    """A stretch of time."""

    began: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.ended - self.began).total_seconds()


class Stretch(Span, frozen=True):
    """A stretch of time in one phase, in `unknown`, or `not_watched`."""

    phase: str


class Gap(Span, frozen=True):
    """A stretch of time in which nothing was watched, and why."""

    why: Why


class Watching(msgspec.Struct, frozen=True):
    """When the agent watched: `shifts` in order, apart from each other, and the gaps of a span.

    `now`: it still does, as far as is known. `started`: when the last agent was.
    """

    span: Span
    shifts: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    now: bool
    started: datetime | None

    def shift(self, at: datetime) -> Span | None:
        """Return the shift in which a moment lies."""
        place = bisect_right(self.shifts, at, key=lambda shift: shift.began)
        last = self.shifts[place - 1] if place else None
        return last if last is not None and at <= last.ended else None


def watching(watches: Iterable[Watch], signs: Iterable[datetime], span: Span) -> Watching:
    """Return when the agent watched.

    Args:
        watches: in any order; they may overlap where the clock was set back.
        signs: when anything was noted: an agent that was killed lived until then at least.
        span: what is asked about; its end is the present.

    """
    known = sorted(watches, key=_order)
    noted = sorted(signs)
    now = bool(known) and known[-1].ended is None and span.ended < known[-1].alive + ALIVE_FOR
    shifts: list[Span] = []
    gaps: list[Gap] = []
    end, why = span.began, _NOT_RUNNING
    for watch, following in zip_longest(known, known[1:]):
        if watch.began > end:
            gaps.append(Gap(end, watch.began, "slept" if watch.resumed else why))
        lived = span.ended if now and following is None else _lived(watch, following, noted)
        if lived >= end:
            end, why = lived, _NOT_RUNNING if watch.ended else "killed"
        if shifts and watch.began <= shifts[-1].ended:
            shifts[-1] = Span(shifts[-1].began, max(shifts[-1].ended, lived))
        else:
            shifts.append(Span(watch.began, max(watch.began, lived)))
    gaps.append(Gap(end, span.ended, why))
    started = max((watch.began for watch in known if not watch.resumed), default=None)
    return Watching(span, tuple(shifts), tuple(_within(gaps, span)), now, started)


def _order(watch: Watch) -> tuple[datetime, datetime, bool, datetime, bool]:
    ended = watch.ended or watch.alive
    return watch.began, watch.alive, watch.ended is None, ended, watch.resumed


def stretches(changes: Iterable[PhaseChange], watched: Watching) -> tuple[Stretch, ...]:
    """Return one notebook's phases over the whole span, each stretch where the last one ended."""
    ordered = sorted(changes, key=lambda change: (change.at, change.phase))
    marks: list[tuple[datetime, str]] = [(watched.span.began, NOT_WATCHED)]
    for shift in watched.shifts:
        marks.append((shift.began, UNKNOWN))
        first = bisect_left(ordered, shift.began, key=lambda change: change.at)
        last = bisect_right(ordered, shift.ended, key=lambda change: change.at)
        marks += [(change.at, change.phase) for change in ordered[first:last]]
        marks.append((shift.ended, NOT_WATCHED))
    return tuple(_joined(marks, watched.span))


def _lived(watch: Watch, following: Watch | None, noted: Sequence[datetime]) -> datetime:
    """Return until when a shift lasted, as far as anything tells."""
    if watch.ended is not None:
        return watch.ended
    latest = bisect_right(noted, watch.alive + ALIVE_FOR)
    if following is not None:
        latest = min(latest, bisect_left(noted, following.began))
    return max([watch.alive, *noted[max(0, latest - 1) : latest]])


def _within(gaps: Iterable[Gap], span: Span) -> Iterator[Gap]:
    """Yield the parts of gaps that lie in a span."""
    for gap in gaps:
        began, ended = max(gap.began, span.began), min(gap.ended, span.ended)
        if began < ended:
            yield Gap(began, ended, gap.why)


def _joined(marks: Sequence[tuple[datetime, str]], span: Span) -> Iterator[Stretch]:
    """Yield the stretches between marks within a span; neighbours of one phase are one."""
    within = [(min(max(at, span.began), span.ended), phase) for at, phase in marks]
    parts = [
        Stretch(began, ended, phase)
        for (began, phase), (ended, _next) in pairwise([*within, (span.ended, "")])
        if began < ended
    ]
    for phase, group in groupby(parts, key=lambda part: part.phase):
        same = list(group)
        yield Stretch(same[0].began, same[-1].ended, phase)
