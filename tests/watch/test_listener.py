"""Who is told of a session hears of each event, and of its state where there is something new."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

import samples
from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.watch.attention import News
from colab_cdp_agent.watch.diary import Diary
from colab_cdp_agent.watch.listener import Audience, Listener
from colab_cdp_protocols import mqtt

SESSION = "0123456789"
EVER = datetime(1, 1, 1, tzinfo=UTC)


class Heard:
    """Whoever listens."""

    def __init__(self, folder: Path) -> None:
        self.states: list[mqtt.State] = []
        self.events: list[mqtt.Happening] = []
        self.lines: list[tuple[list[str], int]] = []
        self.journal = Journal(journal_path(folder, "night"), 1e12)
        listener = Listener(
            self.states.append,
            lambda _session, event: self.events.append(event),
            lambda _session, lines, skipped: self.lines.append((lines, skipped)),
        )
        self.audience = Audience(SESSION, Diary(SESSION, self.journal), listener)


def test_a_state_is_told_when_more_than_its_clock_has_changed(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    first = samples.state(SESSION)
    later = replace(first, updated=first.updated + timedelta(seconds=1))
    elapsed = replace(later, run=replace(later.run, elapsed_s=7.0))
    other = replace(elapsed, title=f"{first.title} 2")
    for state in (first, later, elapsed, other, other):
        heard.audience.stands(state)
    assert heard.states == [first, other]


def test_an_event_is_told_and_kept_as_one(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    heard.audience.happened(News("diverged", "warning", "The loss is not a number any more."))
    asyncio.run(heard.journal.close())
    assert heard.journal.history(SESSION, EVER) == heard.events
    assert [event.kind for event in heard.events] == ["diverged"]


def test_nothing_printed_is_no_news(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    heard.audience.printed([], 0)
    heard.audience.printed(["epoch 1"], 2)
    assert heard.lines == [(["epoch 1"], 2)]
