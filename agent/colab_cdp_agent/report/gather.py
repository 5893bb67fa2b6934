"""Gathers a night out of the journal's rows, in whatever order they are: pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Any, Final

from colab_cdp_agent.keep import record
from colab_cdp_agent.keep.record import Record
from colab_cdp_agent.report.night import Counts, Curve, Limit, Moment, Need, Night, Notebook, Run
from colab_cdp_agent.report.timeline import (
    NOT_WATCHED,
    UNKNOWN,
    Span,
    Watching,
    stretches,
    watching,
)
from colab_cdp_agent.watch.finding import SENTENCES

NOT_KNOWN: Final = frozenset({NOT_WATCHED, UNKNOWN})
TELL_NOTHING: Final = NOT_KNOWN | {"gone"}
COUNTED: Final = frozenset({"keep_alive", "clear"})
OBSERVED: Final = "observing:"
"""How the result of a duty begins that was not done, because the agent only observed."""


def gather(kept: Record, agent: str, span: Span, archives: Mapping[str, tuple[str, ...]]) -> Night:
    """Return the night.

    Args:
        kept: what the journal holds of that span.
        agent: the agent's name.
        span: from the moment that was asked for to the present.
        archives: the files of each session that were written in this span.

    """
    signs = [
        *(change.at for change in kept.phases), *(event.at for event in kept.events),
        *(run.seen for run in kept.runs),
    ]  # fmt: skip
    watched = watching(kept.watches, signs, span)
    rows = _by_session(kept)
    known = {session.id: session for session in kept.sessions}
    notebooks = [
        _notebook(known.get(each, record.Session(each, each, "")), rows[each], watched, archives)
        for each in rows
        if each  # what was asked of the agent itself is of no notebook
    ]
    told = [notebook for notebook in notebooks if _is_worth_telling(notebook, span)]
    limits = sorted(
        _limits(kept.limits, frozenset(notebook.id for notebook in told), span),
        key=lambda limit: (limit.at, limit.session, limit.kind),
    )
    return Night(
        agent=agent,
        span=span,
        watched=any(shift.ended > span.began for shift in watched.shifts),
        watching_now=watched.now,
        gaps=watched.gaps,
        notebooks=tuple(sorted(told, key=_urgency)),
        limits=tuple(
            Limit(known[row.session].title if row.session in known else row.session, row)
            for row in limits
        ),
    )


def _by_session(kept: Record) -> dict[str, Record]:
    """Return the rows of each session by themselves."""
    parts: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for name in ("phases", "events", "runs", "points", "attentions"):
        for row in getattr(kept, name):
            parts[row.session][name].append(row)
    return {
        session: Record(**{name: tuple(rows) for name, rows in part.items()})
        for session, part in parts.items()
    }


def _notebook(
    session: record.Session,
    rows: Record,
    watched: Watching,
    archives: Mapping[str, tuple[str, ...]],
) -> Notebook:
    phases = stretches(rows.phases, watched)
    known = [stretch.phase for stretch in phases if stretch.phase not in NOT_KNOWN]
    span = watched.span
    events = sorted(
        (event for event in rows.events if span.began <= event.at <= span.ended),
        key=lambda event: (event.at, event.id),
    )
    return Notebook(
        id=session.id,
        title=session.title,
        site=session.site,
        phase=known[-1] if known else UNKNOWN,
        seen_now=bool(phases) and phases[-1].phase not in NOT_KNOWN,
        stretches=phases,
        runs=tuple(_runs(rows, watched)),
        moments=tuple(_moments(event for event in events if not _is_routine(event))),
        needs=tuple(_needs(rows.attentions, events, span)),
        counts=_counts(events),
        archive=archives.get(session.id, ()),
    )


def _is_worth_telling(notebook: Notebook, span: Span) -> bool:
    """Say whether anything is known of a notebook's night but that it was not there.

    What a person once should have looked at, in a notebook that nobody opened again, is no news.
    """
    if notebook.runs or notebook.moments:
        return True
    news = any(max(need.since, need.over or need.since) >= span.began for need in notebook.needs)
    return news or any(each.phase not in TELL_NOTHING for each in notebook.stretches)


def _limits(
    rows: Iterable[record.Limit], told: frozenset[str], span: Span
) -> Iterator[record.Limit]:
    """Yield the limits that showed or lifted in the span, or hold for a notebook that is told."""
    for row in rows:
        latest = max(row.at, row.lifted or row.at)
        if row.at <= span.ended and (latest >= span.began or row.session in told):
            yield row


def _urgency(notebook: Notebook) -> tuple[bool, bool, str, str]:
    """Return what a person wants to read first: who needs them, what failed, then by title."""
    failed = any(run.outcome not in {"finished", "running"} for run in notebook.runs)
    return not notebook.open_needs, not failed, notebook.title, notebook.id


def _runs(rows: Record, watched: Watching) -> Iterator[Run]:
    """Yield the runs that went on within the span, by their beginning."""
    ordered = sorted(rows.runs, key=lambda run: (run.began or run.seen, run.run))
    for run, following in zip_longest(ordered, ordered[1:]):
        outcome, until = _end(run, following, watched)
        if until < watched.span.began or (run.began or until) > watched.span.ended:
            continue
        points = [point for point in rows.points if point.run == run.run]
        steps = [(point.at, point.step) for point in points if point.step is not None]
        yield Run(
            id=run.run,
            cell=run.cell,
            began=run.began,
            ended=run.ended,
            until=until,
            outcome=outcome,
            cause=run.cause,
            evidence=run.evidence,
            progress=run.progress,
            lines=run.lines,
            step=max(steps)[1] if steps else None,
            curves=tuple(_curves(points)),
        )


def _end(run: record.Run, following: record.Run | None, watched: Watching) -> tuple[str, datetime]:
    """Return how a run ended, and until when it went on as far as anybody saw."""
    if run.ended is not None:
        return run.outcome or "unknown", run.ended
    started = watched.started
    if following is None and watched.now and started is not None and run.seen >= started:
        return "running", watched.span.ended
    shift = watched.shift(run.seen)
    until = shift.ended if shift is not None else run.seen
    if following is not None and following.began is not None:
        until = max(run.seen, min(until, following.began))
    return "unknown", until


def _curves(points: Iterable[record.Point]) -> Iterator[Curve]:
    """Yield a run's metrics, losses first."""
    named: dict[str, list[tuple[datetime, int, float | None]]] = defaultdict(list)
    for point in points:
        named[point.name].append((point.at, point.step or 0, _finite(point.value)))
    for name in sorted(named, key=lambda name: ("loss" not in name.lower(), name)):
        ordered = sorted(named[name], key=_place)
        yield Curve(name, tuple((at, value) for at, _step, value in ordered))


def _place(point: tuple[datetime, int, float | None]) -> tuple[datetime, int, bool, float]:
    """Return what points are ordered by; several may be of one moment."""
    at, step, value = point
    return at, step, value is None, value or 0.0


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _is_routine(event: record.Event) -> bool:
    """Say whether an event is told elsewhere: as a stretch of the timeline, or as a count."""
    return event.kind == "phase" or (event.kind in COUNTED and event.severity == "info")


def _moments(events: Iterable[record.Event]) -> Iterator[Moment]:
    """Yield what happened; the same again and again is one moment that lasts."""
    said = attrgetter("kind", "severity", "text", "cause", "evidence")
    for _key, group in groupby(events, key=said):
        same = list(group)
        first = same[0]
        yield Moment(
            at=first.at,
            until=same[-1].at,
            times=len(same),
            kind=first.kind,
            severity=first.severity,
            text=first.text,
            cause=first.cause,
            evidence=first.evidence,
        )


def _needs(
    attentions: Iterable[record.Attention], events: Iterable[record.Event], span: Span
) -> Iterator[Need]:
    """Yield what a person should look at, or should have, as it was last told."""
    said = {event.kind: event.text for event in events if event.severity == "alert"}
    for need in sorted(attentions, key=lambda each: (each.since, each.kind, each.occurrence)):
        if need.since <= span.ended and (need.over is None or need.over >= span.began):
            text = said.get(need.kind) or SENTENCES.get(need.kind) or need.kind
            yield Need(need.kind, need.since, need.over, text)


def _counts(events: Sequence[record.Event]) -> Counts:
    done = Counter(
        "observed" if event.text.startswith(OBSERVED) else event.kind
        for event in events
        if event.severity == "info"
    )
    return Counts(done["keep_alive"], done["clear"], done["observed"])
