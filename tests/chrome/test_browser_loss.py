"""A browser that freezes, dies, restarts or is not there, under the real command line."""

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium, free_port
from colab_cdp_agent.chrome.browser import NoAnswerError, connect_browser
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.tabs import Tabs
from colab_cdp_protocols import cdp
from night import Night
from notes import Notes
from person import Person, eventually
from scene import needs_chromium_and_mosquitto, set_scene
from xserver import Screen, why_no_screen

pytestmark = needs_chromium_and_mosquitto

SLACK_S = 2.0
"""What a loaded machine may add to a time that is promised."""
FROZEN_S = 10.0
BACK_S = 3.0
REPLACED_S = 16.0
LOST_S = 2.0
FOUND_S = 2.0


def chrome_is(night: Night, state: str, limit: float) -> dict[str, Any]:
    """Return how it stands with Chrome as soon as it is said to be so."""

    def reached() -> dict[str, Any] | None:
        chrome: dict[str, Any] = night.info()["chrome"]
        return chrome if chrome["state"] == state else None

    return night.until(reached, limit) or {}


def read(night: Night, notes: Notes, name: str, limit: float) -> None:
    """Wait until a notebook is read."""
    night.until(lambda: night.session(notes.url(name))["phase"] == "idle", limit)


def test_a_frozen_browser_is_told_and_held_until_it_goes_on(tmp_path: Path) -> None:
    with set_scene(tmp_path) as scene:
        target = scene.open("held")
        scene.chromium.freeze()
        try:
            chrome = chrome_is(scene.night, "frozen", FROZEN_S + SLACK_S)
            assert "does not answer" in chrome["reason"]
        finally:
            scene.chromium.thaw()
        chrome_is(scene.night, "connected", BACK_S + SLACK_S)
        scene.follows("held", target)
        assert scene.wiretap.methods["Target.setDiscoverTargets of the browser"] == 1, (
            "a second connection"
        )
        assert "gone" not in scene.night.phases(scene.notes.url("held"))


def test_a_connection_that_is_half_open_is_given_up_once_chrome_answers_another(
    tmp_path: Path,
) -> None:
    with set_scene(tmp_path) as scene:
        target = scene.open("followed")
        scene.wiretap.silence()
        chrome_is(scene.night, "frozen", FROZEN_S + SLACK_S)
        scene.wiretap.restore()
        chrome_is(scene.night, "connected", REPLACED_S + SLACK_S)
        scene.follows("followed", target)
        assert scene.wiretap.methods["Target.setDiscoverTargets of the browser"] == 2


def test_a_browser_that_is_killed_and_started_again_has_its_sessions_back(tmp_path: Path) -> None:
    names = ("left", "right")
    with (
        Notes(tmp_path) as notes,
        Chromium() as chromium,
        Night(chromium.port, sites=[str(notes.profile)]) as night,
    ):
        for name in names:
            chromium.open(notes.url(name))
            read(night, notes, name, 20)
        before = set(night.sessions())

        chromium.kill()
        assert chrome_is(night, "waiting", LOST_S + SLACK_S)["reason"]
        for name in names:
            night.until(lambda name=name: is_gone_with_chrome(night, notes.url(name)))

        chromium.start(notes.url("left"))
        chrome_is(night, "connected", FOUND_S + SLACK_S)
        read(night, notes, "left", 20)
        chromium.open(notes.url("right"))
        read(night, notes, "right", 20)
        assert set(night.sessions()) == before


def is_gone_with_chrome(night: Night, url: str) -> bool:
    state = night.session(url)
    return state["phase"] == "gone" and (state["attention"] or {}).get("kind") == "chrome_gone"


def test_a_browser_that_the_person_closes_is_waited_for(tmp_path: Path) -> None:
    with (
        Notes(tmp_path) as notes,
        Chromium() as chromium,
        Night(chromium.port, sites=[str(notes.profile)]) as night,
    ):
        chromium.open(notes.url("closing"))
        read(night, notes, "closing", 20)
        with Person(chromium) as person:
            person.call("Browser.close")
        chrome_is(night, "waiting", LOST_S + SLACK_S)
        night.until(lambda: is_gone_with_chrome(night, notes.url("closing")))
        night.until(lambda: "nothing listens" in night.info()["chrome"]["reason"])


def test_a_browser_that_starts_after_the_agent_is_found_and_each_reason_is_said_once(
    tmp_path: Path,
) -> None:
    port = free_port()
    with Notes(tmp_path) as notes, Night(port, sites=[str(notes.profile)]) as night:
        reason = chrome_is(night, "waiting", 5)["reason"]
        night.until(lambda: len(night.logged("waiting for Chrome")) > 0)
        with Chromium(port=port) as chromium:
            chrome_is(night, "connected", FOUND_S + SLACK_S)
            chromium.open(notes.url("late"))
            read(night, notes, "late", 20)
            said = night.logged("waiting for Chrome")
        reasons = [each["reason"] for each in said]
        assert reasons[0] == reason
        assert len({*reasons}) == len(reasons)
        assert reason.startswith(f"nothing listens on 127.0.0.1:{port}")


@pytest.mark.skipif(why_no_screen() is not None, reason=str(why_no_screen()))
def test_of_a_silent_port_is_said_which_browser_runs_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    with Screen() as screen, Notes(tmp_path) as notes:
        monkeypatch.setenv("DISPLAY", screen.name)
        with Chromium(headless=False), Night(port, sites=[str(notes.profile)]) as night:
            reason = chrome_is(night, "waiting", 5)["reason"]
            night.until(lambda: len(night.logged("waiting for Chrome")) > 0)
            said = night.logged("waiting for Chrome")[0]
        assert (said["reason"], bool(said["remedy"])) == (reason, True)
        assert re.match(rf"nothing listens on 127.0.0.1:{port}: Chrom\w+ \(process \d+\) ", reason)


def test_the_tabs_are_not_touched_by_being_watched(tmp_path: Path) -> None:
    watch = """
      window.shown = [];
      document.addEventListener(
        "visibilitychange", () => window.shown.push(document.visibilityState));
      document.visibilityState
    """
    with Notes(tmp_path) as notes, Chromium() as chromium, Person(chromium) as person:
        targets = {name: chromium.open(notes.url(name)) for name in ("behind", "before")}
        sessions = {name: person.attach(target) for name, target in targets.items()}
        for session in sessions.values():
            eventually(lambda session=session: is_loaded(person, session))
        seen = {name: person.evaluate(session, watch) for name, session in sessions.items()}
        loads = dict(notes.loads)

        with Night(chromium.port, sites=[str(notes.profile)]) as night:
            for name in targets:
                read(night, notes, name, 20)
            opened = person.evaluate(
                sessions["before"], f"!!window.open({notes.url('popup')!r}, '', 'popup')"
            )
            assert opened, "the person's pop-up did not open"
            read(night, notes, "popup", 20)
            assert set(targets.values()) <= set(person.targets())

        for name, session in sessions.items():
            state = person.evaluate(session, "[document.visibilityState, window.shown]")
            popup_took_the_front = name == "before" and state[1] in ([], ["hidden"])
            assert state == [seen[name], []] or popup_took_the_front, (name, state)
        assert {**notes.loads, "/favicon.ico": 1} == {**loads, "/favicon.ico": 1, "/note/popup": 1}


def is_loaded(person: Person, session: str) -> bool:
    has_cell = "document.readyState === 'complete' && document.querySelector('#cell') !== null"
    loaded: bool = person.evaluate(session, has_cell)
    return loaded


def test_an_attach_that_is_answered_too_late_leaves_no_session_behind() -> None:
    async def story(chromium: Chromium) -> None:
        tabs = Tabs(lambda url: url.startswith("data:"))
        address = (await locate("127.0.0.1", chromium.port, None)).address
        async with (
            connect_browser(address, tabs.take, patience=5) as browser,
            asyncio.TaskGroup() as tasks,
        ):
            work = [tasks.create_task(browser.read()), tasks.create_task(browser.run_errands())]
            await tabs.discover(browser)
            tab = await anext(tabs.arrivals())
            hasty = asyncio.create_task(tab.attach())
            await asyncio.sleep(0)  # sent, and given up before the answer
            hasty.cancel()
            chromium.freeze()
            try:
                with pytest.raises(NoAnswerError):
                    await tab.attach()
            finally:
                chromium.thaw()
            await tab.attach()
            await tab.detach()
            await asyncio.to_thread(until_left_alone, chromium, tab.target)
            assert not browser._waiting
            assert not browser._undos
            for task in work:
                task.cancel()

    with Chromium() as chromium:
        chromium.open("data:text/html,late")
        asyncio.run(story(chromium))


def until_left_alone(chromium: Chromium, target: str) -> None:
    with Person(chromium) as person:
        eventually(lambda: not person.targets()[target]["attached"], 5)


def test_an_answer_of_three_megabytes_is_taken() -> None:
    async def story(chromium: Chromium) -> int:
        tabs = Tabs(lambda url: url.startswith("data:"))
        address = (await locate("127.0.0.1", chromium.port, None)).address
        async with connect_browser(address, tabs.take, patience=5) as browser:
            reading = asyncio.create_task(browser.read())
            await tabs.discover(browser)
            tab = await anext(tabs.arrivals())
            await tab.attach()
            world = cdp.create_isolated_world(tab.target, "test")
            context = (await tab.call(world)).execution_context_id
            text = "function () { return 'x'.repeat(3 * 2 ** 20); }"
            call = cdp.call_function(text, context, {}, group="test", wait=False)
            answer = await tab.call(call)
            await tab.detach()
            reading.cancel()
            return len(answer.read(str))

    with Chromium() as chromium:
        chromium.open("data:text/html,large")
        assert asyncio.run(story(chromium)) == 3 * 2**20


def test_the_agent_leaves_at_once_although_a_tab_and_the_browser_hang(tmp_path: Path) -> None:
    with set_scene(tmp_path) as scene:
        scene.open("hanging")
        scene.chromium.freeze()
        try:
            scene.night.agent.send_signal(signal.SIGTERM)
            assert scene.night.agent.wait(5) == 0
        finally:
            scene.chromium.thaw()
