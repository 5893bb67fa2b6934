"""Rows of a journal as hypothesis draws them, within and around one night."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import samples
from colab_cdp_agent.keep import record
from colab_cdp_agent.keep.record import PhaseChange, Record, Watch
from colab_cdp_agent.report.timeline import Span
from colab_cdp_protocols import mqtt

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A whole night takes its time to draw, on a computer that is busy with more."""

BEGAN = datetime(2026, 11, 24, 22, tzinfo=UTC)
SPAN = Span(BEGAN, BEGAN + timedelta(hours=10))
SESSION, OTHER = "0123456789", "9876543210"


def at(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def watch(began: float, alive: float, ended: float | None = None, **changes: Any) -> Watch:
    return Watch(at(began), at(alive), None if ended is None else at(ended), "1", **changes)


ALL_NIGHT = watch(-60, 600)


def phase(minutes: float, name: str, session: str = SESSION) -> PhaseChange:
    return PhaseChange(session, at(minutes), name, "connected", "busy")


def event(minutes: float, kind: str, severity: mqtt.Severity = "info", **more: Any) -> record.Event:
    name = more.pop("id", f"{kind} {minutes}")
    plain: dict[str, Any] = {"text": "It did.", "session": SESSION}
    return record.Event(name, at(minutes), kind, severity, **(plain | more))


def run(name: str, began: float | None, seen: float, **more: Any) -> record.Run:
    return record.Run(SESSION, name, at(seen), None, None if began is None else at(began), **more)


minutes = st.integers(-120, 700)
watches = st.builds(
    lambda began, lived, ended, resumed: watch(
        began, began + lived, began + lived if ended else None, resumed=resumed
    ),
    minutes,
    st.integers(0, 300),
    st.booleans(),
    st.booleans(),
)
changes = st.builds(phase, minutes, st.sampled_from(["running", "idle", "needs_you", "gone"]))
records = st.builds(
    Record,
    watches=st.lists(watches, max_size=4).map(tuple),
    sessions=st.just((record.Session(SESSION, "train", "colab"),)),
    phases=st.lists(changes | st.builds(phase, minutes, st.just("idle"), st.just(OTHER))).map(
        tuple
    ),
    events=st.lists(
        st.builds(
            event,
            minutes,
            st.sampled_from(["captcha", "keep_alive", "phase"]),
            st.sampled_from(["info", "warning", "alert"]),
            id=st.uuids().map(str),
            text=st.sampled_from(["It did.", "It did not."]),
        )
    ).map(tuple),
    runs=st.lists(
        st.builds(
            run,
            st.sampled_from("abcdef"),
            st.none() | minutes,
            minutes,
            ended=st.none() | minutes.map(at),
            outcome=st.none() | st.just("finished"),
            progress=samples.progresses,
        ),
        unique_by=lambda each: each.run,
    ).map(tuple),
    points=st.lists(
        st.builds(
            lambda name, when, value: record.Point(SESSION, name, "loss", at(when), None, value),
            st.sampled_from("abcdef"),
            minutes,
            st.none() | st.floats(),
        )
    ).map(tuple),
    attentions=st.lists(
        st.builds(
            lambda since, over, name: record.Attention(
                SESSION, "captcha", at(since), name, None if over is None else at(over)
            ),
            minutes,
            st.none() | minutes,
            st.uuids().map(str),
        )
    ).map(tuple),
)
