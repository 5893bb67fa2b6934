"""What is remembered of a run that an earlier run of the agent saw no end of."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch.diary import RESUMED_WITHIN, RunsLeftOpen
from colab_cdp_agent.watch.history import History
from colab_cdp_agent.watch.profile import StateName
from colab_cdp_agent.watch.seen import PageReading, Seen
from colab_cdp_agent.watch.sites import load_site
from colab_cdp_agent.watch.span import Span
from colab_cdp_agent.watch.verdict import verdict
from colab_cdp_agent.watch.wanted import Wanted

MOMENT = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
LEFT = Span("r", "[1]", MOMENT - timedelta(hours=1), None, MOMENT)


def looked(history: History, *states: StateName) -> Span | None:
    """Look at a page of these states; return the run that this look ends."""
    page = PageReading(
        version=1, language="en", loading=False, hidden=False, states=dict.fromkeys(states, 0),
        alarms=(), values={}, dialogs=(), cell=None, broken=(),
    )  # fmt: skip
    seen = Seen(
        "attached", page, None, loaded_s=20, page_since_s=20, had_runtime=history.had_runtime,
        run_interrupted=history.run_interrupted,
    )  # fmt: skip
    return history.remember(verdict(seen, load_site("colab")), seen)


def test_a_run_whose_page_lost_its_connection_meanwhile_is_not_over() -> None:
    history = History(Wanted(Duties()), LEFT)
    assert [looked(history, "control", "press_connect", "running") for _ in range(3)] == [None] * 3
    assert history.run == LEFT


def test_a_run_whose_page_shows_no_runtime_is_over() -> None:
    history = History(Wanted(Duties()), LEFT)
    assert looked(history, "control", "press_connect") == LEFT
    assert history.run is None


@pytest.mark.parametrize(("met_after", "run"), [(0, "r"), (1, None)])
def test_a_notebook_that_is_opened_too_late_has_no_run_of_then(
    tmp_path: Path, met_after: int, run: str | None
) -> None:
    journal = Journal(journal_path(tmp_path, "a"), 1e9)
    journal.began(MOMENT, "1")
    journal.run_began("0123456789", "r", MOMENT, None)
    asyncio.run(journal.close())
    left = RunsLeftOpen()
    left.recall(journal, MOMENT)
    found = left.take("0123456789", MOMENT + RESUMED_WITHIN + timedelta(seconds=met_after))
    assert (found.id if found is not None else None) == run
    assert left.take("0123456789", MOMENT) is None
