"""The rounds: what is due is done, and a page's text is cleared once it is known who keeps it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch import rounds
from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.duties import HEARING_S, Past
from colab_cdp_agent.watch.history import History
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.rounds import Rounds
from colab_cdp_agent.watch.verdict import Verdict
from colab_cdp_agent.watch.wanted import Wanted

pytestmark = pytest.mark.pure

RUNNING = Verdict("running", "connected", "busy", detector="connected")
LONG_S = 1e6


class Page:
    """A page that can be read."""

    state = "attached"


class Night:
    """One notebook that runs for long, without a round so far at each look."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.moment = 1_000.0
        self.heard = False
        self.done: list[str] = []
        self.page = Page()
        wanted = Wanted(Duties())
        self._history = History(wanted)
        self._rounds = Rounds(
            "0123456789", wanted, Archive(folder, 10**9, 1e9),
            heard=lambda: self.heard, hear=lambda: None, history=self._history,
            did=lambda duty, _outcome: self.done.append(duty), observe=False,
        )  # fmt: skip

        async def attempt(_duty: str, _page: object) -> Outcome:
            return Outcome(done=True, result="done")

        async def measure(_page: object) -> None:
            return None

        patch.setattr(rounds, "time", SimpleNamespace(monotonic=lambda: self.moment))
        patch.setattr(rounds, "measure", measure)
        patch.setattr(self._rounds, "_attempt", attempt)

    def look(self, after_s: float = 0.0) -> list[str]:
        """Return what is done at a look, so much later."""
        self.moment += after_s
        self.done.clear()
        self._history.past = Past(keep_alive_at=-LONG_S, clear_at=-LONG_S)

        async def story() -> None:
            async with asyncio.TaskGroup() as tasks:
                page = cast(PageWitness, cast(Any, self.page))
                self._rounds.begin(page, RUNNING, tasks)

        asyncio.run(story())
        return list(self.done)


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    return Night(tmp_path, monkeypatch)


def test_a_page_that_was_just_met_is_not_cleared_until_its_kernel_is_heard(night: Night) -> None:
    assert night.look() == ["keep_alive"]
    night.heard = True
    assert night.look(after_s=1) == ["keep_alive", "clear"]


def test_a_page_whose_kernel_is_never_heard_is_cleared_a_little_later(night: Night) -> None:
    assert night.look() == ["keep_alive"]
    assert night.look(after_s=HEARING_S) == ["keep_alive", "clear"]


def test_it_counts_anew_from_the_last_word_of_the_kernel_and_in_another_page(night: Night) -> None:
    night.heard = True
    assert night.look() == ["keep_alive", "clear"]
    night.heard = False
    assert night.look(after_s=HEARING_S / 2) == ["keep_alive"]
    assert night.look(after_s=HEARING_S / 2) == ["keep_alive", "clear"]
    night.page = Page()
    assert night.look() == ["keep_alive"]


def test_it_counts_from_when_the_page_can_be_read_again(night: Night) -> None:
    night.look()
    night.page.state = "sleeping"
    assert night.look(after_s=HEARING_S) == []
    night.page.state = "attached"
    assert night.look(after_s=HEARING_S / 2) == ["keep_alive"]
