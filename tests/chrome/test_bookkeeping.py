"""What is remembered of tabs and sessions, event by event; nothing outlives what it is about."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from colab_cdp_agent.chrome.browser import Browser, SessionLostError
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.chrome.tabs import Tabs
from colab_cdp_agent.watch import roster as roster_module
from colab_cdp_agent.watch.detector import Detector
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.roster import Roster
from colab_cdp_agent.watch.session import Session
from colab_cdp_protocols import cdp

NOTE = "http://notes/a"
SIGN = (Detector(css="#control"),)
PROFILE = Profile("notes", ("http://notes/[a-z]+",), {"control": SIGN, "connected": SIGN})


def event(method: str, session: str | None = None, **params: Any) -> cdp.Event:
    frame = {"method": method, "params": params} | ({"sessionId": session} if session else {})
    return cast(cdp.Event, cdp.decode(json.dumps(frame)))


def info(target: str, url: str, title: str = "a", *, attached: bool = False) -> dict[str, Any]:
    page = {"targetId": target, "type": "page", "title": title, "url": url}
    return page | {"attached": attached, "canAccessOpener": False}


class Silent:
    """A socket that takes everything and never answers."""

    async def send(self, _text: str) -> None:
        """Take it."""


def in_a_loop(story: Callable[[Tabs, Browser], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        tabs = Tabs(lambda url: url if url.startswith("http://notes/") else None)
        browser = Browser(cast(Any, Silent()), tabs.take)
        tabs._browser = browser
        async with asyncio.timeout(5):
            await story(tabs, browser)

    asyncio.run(run())


async def open_tab(tabs: Tabs, url: str = NOTE) -> Tab:
    tabs.take(event("Target.targetCreated", targetInfo=info("T", url)))
    return await anext(tabs.arrivals())


def test_a_frame_that_goes_takes_its_world_and_its_calls_with_it() -> None:
    async def story(tabs: Tabs, browser: Browser) -> None:
        tab = await open_tab(tabs)
        tab.session = "S"
        frame = info("F", "http://frame/") | {"type": "iframe"}
        opened = {"sessionId": "SF", "targetInfo": frame, "waitingForDebugger": False}
        tabs.take(event("Target.attachedToTarget", "S", **opened))
        tab._worlds._made.update({None: 3, "SF": 4})
        asked = asyncio.ensure_future(tab.run("now", {}, object, frame="SF"))
        await asyncio.sleep(0)
        tabs.take(event("Target.detachedFromTarget", "S", sessionId="SF"))
        with pytest.raises(SessionLostError):
            await asked
        assert (tab.children, tab._worlds._made) == ({}, {None: 3})
        assert not browser._waiting

    in_a_loop(story)


def test_a_session_that_ends_takes_its_frames_with_it() -> None:
    async def story(tabs: Tabs, _browser: Browser) -> None:
        tab = await open_tab(tabs)
        frame = cdp.TargetInfo("F", "iframe", "http://frame/", "")
        tab.session, tab.children = "S", {"SF": frame}
        tab._worlds._made.update({None: 3, "SF": 4})
        tabs.take(event("Target.detachedFromTarget", sessionId="S"))
        assert not tab.session
        assert not tab.children
        assert not tab._worlds._made
        assert tab.stirred.is_set()

    in_a_loop(story)


def ended_by_chrome(tabs: Tabs, _tab: Tab) -> None:
    tabs.take(event("Target.detachedFromTarget", sessionId="S"))


def left_by_us(tabs: Tabs, tab: Tab) -> None:
    tab.end_session("detached")
    tabs.take(event("Target.detachedFromTarget", sessionId="S"))


def closed(tabs: Tabs, _tab: Tab) -> None:
    tabs.take(event("Target.targetDestroyed", targetId="T"))


def navigated(tabs: Tabs, _tab: Tab) -> None:
    tabs.take(event("Target.targetInfoChanged", targetInfo=info("T", "http://elsewhere/")))


def browser_lost(tabs: Tabs, _tab: Tab) -> None:
    tabs.lose_all("chrome_gone")


@pytest.mark.parametrize("ends", [ended_by_chrome, left_by_us, closed, navigated, browser_lost])
def test_no_session_of_a_tab_or_its_frames_is_remembered_once_it_is_over(
    ends: Callable[[Tabs, Tab], None],
) -> None:
    async def story(tabs: Tabs, _browser: Browser) -> None:
        tab = await open_tab(tabs)
        tab.session = "S"
        tab.children = {"SF": cdp.TargetInfo("F", "iframe", "http://frame/", "")}
        for session in ("S", "SF"):
            tabs.take(event("Network.webSocketClosed", session, requestId="1"))
        assert set(tabs._owners) == {"S", "SF"}
        ends(tabs, tab)
        assert not tabs._owners

    in_a_loop(story)


def test_our_own_attaching_does_not_stir_a_tab() -> None:
    async def story(tabs: Tabs, _browser: Browser) -> None:
        tab = await open_tab(tabs)
        tabs.take(event("Target.targetInfoChanged", targetInfo=info("T", NOTE, attached=True)))
        assert not tab.stirred.is_set()
        tabs.take(event("Target.targetInfoChanged", targetInfo=info("T", NOTE, "b")))
        assert tab.stirred.is_set()
        assert tab.title == "b"

    in_a_loop(story)


@pytest.mark.parametrize(
    "strange",
    [
        event("Target.targetCreated", targetInfo={"targetId": 5}),
        event("Target.targetDestroyed"),
        event("Target.targetCrashed", targetId="unknown", status="crashed", errorCode=5),
        event("Target.detachedFromTarget", sessionId="unknown"),
        event("Inspector.targetReloadedAfterCrash", "unknown"),
        event("Something.new", "S", at=1),
    ],
    ids=lambda strange: strange.method,
)
def test_a_strange_event_changes_nothing(strange: cdp.Event) -> None:
    async def story(tabs: Tabs, _browser: Browser) -> None:
        tab = await open_tab(tabs)
        tab.session = "S"
        tabs.take(strange)
        assert (tab.session, tab.gone.done(), tab.crashed) == ("S", False, False)

    in_a_loop(story)


class Watched:
    """Stands in for a session: it is watched until its tab is gone, and says how it ended."""

    def __init__(self, number: str, _profile: Profile) -> None:
        self.id = number
        self.tabs: list[Tab] = []
        self.lost: list[str] = []

    async def watch(self, tab: Tab) -> None:
        self.tabs.append(tab)
        await tab.gone
        await asyncio.sleep(0.01)  # its duties are still ending

    def lose(self, reason: str) -> None:
        self.lost.append(reason)


class Household:
    """A roster, its stand-in sessions, and tabs that are watched."""

    def __init__(self, browser: Browser) -> None:
        self.sessions: dict[str, Watched] = {}
        self.roster = Roster((PROFILE,), self._enrol)
        self._browser = browser

    def _enrol(self, number: str, profile: Profile) -> Session:
        self.sessions[number] = Watched(number, profile)
        return cast(Session, self.sessions[number])

    async def open(self, target: str) -> tuple[Tab, asyncio.Task[None]]:
        tab = Tab(self._browser, cdp.TargetInfo(target, "page", "a", NOTE))
        task = asyncio.ensure_future(self.roster.watch(tab))
        await asyncio.sleep(0)
        return tab, task


def test_a_successor_takes_over_the_session_without_its_being_gone() -> None:
    async def story(_tabs: Tabs, browser: Browser) -> None:
        house = Household(browser)
        old, old_task = await house.open("old")
        new, new_task = await house.open("new")
        old.lose("closed")
        await old_task
        await asyncio.sleep(0.01)
        (session,) = house.sessions.values()
        assert session.tabs == [old, new]
        assert session.lost == []
        new.lose("closed")
        await new_task
        assert session.lost == ["gone"]
        assert not house.roster._left
        assert not house.roster._heirs

    in_a_loop(story)


def test_a_successor_that_leaves_too_lets_the_session_go() -> None:
    async def story(_tabs: Tabs, browser: Browser) -> None:
        house = Household(browser)
        old, old_task = await house.open("old")
        new, new_task = await house.open("new")
        new.lose("closed")
        old.lose("closed")
        await asyncio.gather(old_task, new_task)
        (session,) = house.sessions.values()
        assert session.tabs == [old]
        assert session.lost == ["gone"]

    in_a_loop(story)


def test_a_tab_that_is_gone_before_its_turn_leaves_no_session() -> None:
    async def story(_tabs: Tabs, browser: Browser) -> None:
        house = Household(browser)
        tab = Tab(browser, cdp.TargetInfo("T", "page", "a", NOTE))
        tab.lose("closed")
        await house.roster.watch(tab)
        assert house.sessions == {}

    in_a_loop(story)


def test_sessions_that_chrome_took_along_are_forgotten_after_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(_tabs: Tabs, browser: Browser) -> None:
        house = Household(browser)
        tab, task = await house.open("T")
        tab.lose("closed")
        await task
        house.roster.lose_chrome()
        (session,) = house.sessions.values()
        assert session.lost == ["gone", "chrome_gone"]
        assert house.roster.forget_old() == []
        monkeypatch.setattr(roster_module, "FORGET_AFTER_S", -1.0)
        assert house.roster.forget_old() == [session.id]
        assert not house.roster._sessions

    in_a_loop(story)
