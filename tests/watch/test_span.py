"""How a run's end is told: what was seen of it, how long it went on, and why it ended."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.keep.record import Outcome
from colab_cdp_agent.watch.cause import Cause
from colab_cdp_agent.watch.span import Span

MET = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
BY_HAND = Cause("by_hand", "somebody stopped it")
TOLD = {
    "finished": ("run_finished", "info", "finished"),
    "interrupted": ("run_interrupted", "info", "by_hand"),
    "lost": ("run_ended", "warning", "by_hand"),
    "unknown": ("run_ended", "warning", "by_hand"),
}
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@given(st.sampled_from(OUTCOMES), st.none() | st.integers(0, 10**6), st.integers(-9, 10**6))
def test_every_end_is_told_but_that_of_which_a_person_is_told_by_what_is_found(
    outcome: Outcome, began_before_s: int | None, lasts_s: int
) -> None:
    began = None if began_before_s is None else MET - timedelta(seconds=began_before_s)
    news = Span("1", None, MET, began).ended(outcome, BY_HAND, MET + timedelta(seconds=lasts_s))
    if outcome in {"failed", "kernel_died"}:
        assert news is None
        return
    assert news is not None
    assert (news.kind, news.severity, news.cause) == TOLD[outcome]
    assert news.evidence == BY_HAND.evidence
    assert news.run_s == max(0, lasts_s + (began_before_s or 0))


@pytest.mark.parametrize(
    ("started", "lasts_s", "text"),
    [
        (MET, 0.9, "The run finished."),
        (MET, 120, "The run finished after 2 min."),
        (None, 0.9, "The run finished."),
        (None, 120, "The run finished, after more than 2 min."),
    ],
)
def test_how_long_it_took_is_said_as_far_as_it_was_seen(
    started: datetime | None, lasts_s: float, text: str
) -> None:
    run = Span("1", None, MET, started)
    news = run.ended("finished", Cause("finished"), MET + timedelta(seconds=lasts_s))
    assert news is not None
    assert (news.text, news.evidence) == (text, None)


def test_a_run_that_ended_while_the_agent_was_away_took_at_least_until_it_went() -> None:
    run = Span("1", None, MET, None, MET + timedelta(hours=2))
    news = run.ended("finished", Cause("finished"), MET + timedelta(hours=9))
    assert news is not None
    assert (news.text, news.run_s) == ("The run finished, after more than 2 h 00 min.", 7200)
