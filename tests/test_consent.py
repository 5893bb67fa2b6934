"""A browser that lets nobody in without a click, and a person who clicks, refuses, or does not."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asker import Asker
from colab_cdp_agent.chrome.attached import Attached
from colab_cdp_agent.settings.tree import Chrome
from colab_cdp_agent.watch import consent
from colab_cdp_agent.watch.chrome_watch import ChromeWatch
from colab_cdp_agent.watch.roster import Roster
from everyday import ALLOW, REFUSE, EverydayBrowser, why_no_everyday_browser
from mosquitto import find_mosquitto
from night import Night
from notes import Notes
from receivers import WebReceiver
from stranger import stranger
from xserver import Screen

USUAL_PORT = 9222
FROZEN_S = 12.0
IGNORED_S = 4.0
LIMIT_S = 30.0
FAR_LESS_THAN_ITS_PATIENCE_S = 20.0

pytestmark = pytest.mark.skipif(
    (why := why_no_everyday_browser() or ("" if find_mosquitto() else "no mosquitto")) != "",
    reason=why,
)


@dataclass
class Evening:
    """A person's screen with their everyday browser on it, and the agent."""

    screen: Screen
    browser: EverydayBrowser
    night: Night
    notes: Notes

    def chrome(self, state: str, says: str = "", limit: float = 20.0) -> dict[str, Any]:
        """Return how it stands with the browser as soon as it is said to be so."""

        def reached() -> dict[str, Any] | None:
            chrome: dict[str, Any] = self.night.info()["chrome"]
            right = chrome["state"] == state and says in (chrome["reason"] or "")
            return chrome if right else None

        return self.night.until(reached, limit) or {}

    def needs_you(self, number: int) -> None:
        """Wait until so many things need a person."""
        self.night.until(lambda: self.night.value("needs_you") == str(number))

    def questions(self) -> int:
        """Return how often the agent has asked for consent."""
        return sum(
            "click Allow" in each["reason"] for each in self.night.logged("Chrome needs you")
        )

    def allow(self) -> None:
        """Click Allow, as a person does, once: behind that question there is no other."""
        self.screen.until_it_asks()
        self.screen.press(*ALLOW)
        self.chrome("connected")
        self.screen.until_it_is_empty()

    def refresh(self) -> str:
        """Ask the agent to refresh, and return its answer."""
        return str(Asker(self.night).ask("refresh")["data"]["result"])


@contextmanager
def an_evening(folder: Path, *, named: bool = True, **config: Any) -> Iterator[Evening]:
    """Let the browser be open with a notebook in the background, and the agent be started."""
    with Screen() as screen, Notes(folder) as notes, EverydayBrowser(screen) as browser:
        browser.open(notes.url("note"))
        ports = [browser.port] if named else []
        sites = [str(notes.profile)]
        with Night(*ports, config=config, sites=sites, environment=browser.environment) as night:
            yield Evening(screen, browser, night, notes)


def test_a_night_in_the_browser_that_is_open(tmp_path: Path) -> None:
    with (
        WebReceiver() as phone,
        an_evening(tmp_path, alerts={"apprise": [phone.json], "ring": ["needs_you"]}) as evening,
    ):
        evening.chrome("needs_you", "consent: click Allow in Chromium")
        evening.needs_you(1)
        phone.until(lambda: phone.heard)
        assert phone.titles == ["Chrome: asks for your consent"]
        evening.allow()
        evening.needs_you(0)
        evening.night.until(lambda: evening.night.session("note")["phase"] == "idle")

        evening.browser.freeze()
        try:
            evening.chrome("frozen", limit=FROZEN_S)
        finally:
            evening.browser.thaw()
        evening.chrome("connected")
        assert evening.questions() == 1
        assert not evening.screen.shows_a_question()

        evening.browser.kill()
        evening.chrome("waiting", "nothing listens")
        evening.browser.start(evening.notes.url("note"))
        evening.chrome("needs_you", "consent: Chromium asks anew for each connection; to be asked")
        evening.needs_you(1)
        phone.until(lambda: len(phone.heard) == 2)
        assert not evening.screen.shows_a_question()
        assert evening.questions() == 1

        assert "Chrome asks once more: click Allow in it" in evening.refresh()
        evening.allow()
        evening.night.until(lambda: evening.night.session("note")["phase"] == "idle")
        assert evening.questions() == 2
        assert evening.refresh() == "everything is published anew"


def test_a_refusal_stands_until_a_person_says_otherwise(tmp_path: Path) -> None:
    with an_evening(tmp_path) as evening:
        evening.screen.until_it_asks()
        evening.screen.press(*REFUSE)
        evening.chrome("needs_you", "consent: it was refused in Chromium; to be asked again")
        assert not evening.screen.shows_a_question()
        evening.refresh()
        evening.allow()
        assert evening.questions() == 2


def test_a_question_that_is_ignored_stays_on_the_screen_and_no_other_is_put_over_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consent, "PATIENCE_S", IGNORED_S)
    with Screen() as screen, EverydayBrowser(screen) as browser:
        for name, value in browser.environment.items():
            monkeypatch.setenv(name, value)
        asyncio.run(_ignore_it_once(screen, browser))


async def _ignore_it_once(screen: Screen, browser: EverydayBrowser) -> None:
    def enrol(*_: Any) -> Any:
        raise AssertionError("no notebook is open")

    watch = ChromeWatch(
        Chrome(port=browser.port),
        Roster((), enrol),
        lambda: None,
        lambda _happening: None,
        "",
        Attached(),
    )
    watching = asyncio.create_task(watch.run())
    await _until(lambda: "nobody clicked Allow" in (watch.info.reason or ""))
    assert watch.info.state == "needs_you"
    assert screen.shows_a_question()
    screen.press(*REFUSE)  # the old question: nobody hears of it any more
    await asyncio.to_thread(screen.until_it_is_empty)
    assert watch.ask_again()
    await asyncio.to_thread(screen.until_it_asks)
    screen.press(*ALLOW)
    await _until(lambda: watch.info.state == "connected")
    watching.cancel()
    await asyncio.wait({watching})


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)


def test_an_agent_that_is_stopped_before_the_click_ends_at_once(tmp_path: Path) -> None:
    with an_evening(tmp_path) as evening:
        evening.screen.until_it_asks()
        began = time.monotonic()
        evening.night.stop()
        assert time.monotonic() - began < FAR_LESS_THAN_ITS_PATIENCE_S
        assert evening.night.logged("a question is left open in Chrome: close it there")


def test_without_an_argument_the_browser_is_found(tmp_path: Path) -> None:
    try:
        usual = stranger(b"no HTTP", USUAL_PORT)
        with usual, an_evening(tmp_path, named=False) as evening:
            evening.allow()
            assert evening.browser.port != USUAL_PORT
            evening.night.until(lambda: evening.night.session("note")["phase"] == "idle")
            assert evening.questions() == 1
    except OSError as error:
        pytest.skip(f"port {USUAL_PORT} is somebody's: {error}")
