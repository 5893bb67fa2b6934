"""Two browsers at once, each with an account of its own: neither knows of the other."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from asker import Asker
from chromium import Chromium
from colab_sim import Notebook
from night import Night
from scene import needs_chromium_and_mosquitto
from stage import Stage

pytestmark = needs_chromium_and_mosquitto

OFF = {"on": False}
NOTHING = {"keep_alive": OFF, "reconnect": OFF, "clear": OFF}
KEEP_ALIVE_ONLY = {"keep_alive": {"every": "10s"}, "reconnect": OFF, "clear": OFF}
RECONNECT_ONLY = {"keep_alive": OFF, "clear": OFF}
ROUND_LIMIT_S = 60


@dataclass
class Account:
    """One browser with one account; the pages of another are not known there."""

    stage: Stage
    chromium: Chromium

    @property
    def browser(self) -> str:
        """What the agent calls the browser."""
        return str(self.chromium.port)

    def running(self, name: str, like: Notebook | None = None) -> Notebook:
        """Open a notebook whose cell runs; one like another's has the same address."""
        notebook = self.stage.notebook(name)
        if like is not None:
            notebook.id, notebook.url = like.id, like.url
        self.chromium.open(notebook.url)
        self.stage.do(notebook.opened())
        self.stage.do(notebook.cell("running"))
        self.chromium.open("about:blank")
        return notebook

    def clicks(self, notebook: Notebook) -> int:
        """Return how often a page of it had its connect control clicked, by its own record."""
        clicks: int = self.stage.do(notebook.read())["connect_clicks"]
        return clicks

    def told(self, night: Night, notebook: Notebook) -> dict[str, Any]:
        """Return what is published of a notebook in this browser."""
        title = notebook.name
        for state in night.sessions().values():
            if (state["browser"], state["title"]) == (self.browser, title):
                return state
        raise LookupError(title)

    def until(self, night: Night, notebook: Notebook, **wanted: Any) -> dict[str, Any]:
        """Return what is published of a notebook as soon as it holds these values."""

        def reached() -> dict[str, Any]:
            state = self.told(night, notebook)
            return state if wanted.items() <= state.items() else {}

        return night.until(reached, ROUND_LIMIT_S)

    def info(self, night: Night) -> dict[str, Any]:
        """Return what is published of this browser."""
        info: dict[str, Any] = next(
            each for each in night.info()["browsers"] if each["name"] == self.browser
        )
        return info


@pytest.fixture(scope="module")
def stages() -> Iterator[tuple[Stage, Stage]]:
    with Stage() as one, Stage() as other:
        yield one, other


@pytest.fixture
def accounts(stages: tuple[Stage, Stage]) -> Iterator[tuple[Account, Account]]:
    one, other = stages
    with (
        Chromium(one.sim.chromium_flags) as work,
        Chromium(other.sim.chromium_flags) as home,
    ):
        yield Account(one, work), Account(other, home)


def events(night: Night, state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every event of a session since that state of it."""
    topic, since = f"/session/{state['id']}/event", moment(state["updated"])
    told = [json.loads(body) for at, body in night.heard.messages if at.endswith(topic)]
    return [each for each in told if moment(each["at"]) > since]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def info_once(night: Night, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the agent's `info` as soon as it holds."""

    def reached() -> dict[str, Any]:
        info = night.info()
        return info if holds(info) else {}

    return night.until(reached, ROUND_LIMIT_S)


def test_a_notebook_in_two_browsers_is_two_sessions_whatever_their_order(
    accounts: tuple[Account, Account],
) -> None:
    work, home = accounts
    mine = work.running("shared")
    theirs = home.running("shared", like=mine)
    with Night(work.chromium.port, home.chromium.port, config={"duties": NOTHING}) as night:
        first = work.until(night, mine, phase="running")
        second = home.until(night, theirs, phase="running")
        assert first["id"] == night.id_of(mine.url), "alone it had the same id"
        assert second["id"] != first["id"]
        assert second["witnesses"]["page"] == "busy"
        info = info_once(night, lambda info: info["chrome"]["state"] == "connected")
        assert [each["name"] for each in info["browsers"]] == [work.browser, home.browser]
        assert {each["state"] for each in info["browsers"]} == {"connected"}
        assert info["policy"][0].endswith(
            f"in the browsers {work.browser}, {home.browser}, each for itself"
        )
        screen = night.home / "screen"
        night.until(lambda: f'"browser":"{home.browser}"' in screen.read_text("utf-8"))

        asker = Asker(night)
        assert asker.ask("pause")["status"] == "ok"
        for account, notebook in ((work, mine), (home, theirs)):
            account.until(night, notebook, phase="paused")
        found = asker.ask("doctor")["data"]
        assert [each["what"].split(":")[0] for each in found if "Chrome/" in each["what"]] == [
            work.browser,
            home.browser,
        ]

        night.stop()
        night.ports = night.ports[::-1]
        night.start()
        night.until(lambda: night.value("status") == "online")
        for account, notebook in ((work, mine), (home, theirs)):
            account.until(night, notebook, phase="paused")  # as it was asked before
        assert asker.ask("resume")["status"] == "ok"
        assert work.until(night, mine, phase="running")["id"] == first["id"]
        assert home.until(night, theirs, phase="running")["id"] == second["id"]
        assert night.sessions().keys() == {first["id"], second["id"]}

        night.stop()
        night.ports = (work.chromium.port,)
        night.start()
        night.until(lambda: night.value("status") == "online" and "browsers" not in night.info())
        night.until(lambda: "browser" not in night.session(first["id"]))
        assert night.session(first["id"])["phase"] == "running"
        night.until(lambda: second["id"] not in night.sessions(), ROUND_LIMIT_S)


def test_of_two_browsers_one_is_killed_and_the_other_notices_nothing(
    accounts: tuple[Account, Account],
) -> None:
    work, home = accounts
    lost, kept = work.running("lost"), home.running("kept")
    config = {"duties": KEEP_ALIVE_ONLY}
    with Night(work.chromium.port, home.chromium.port, config=config) as night:
        before = work.until(night, lost, phase="running")
        other = home.until(night, kept, phase="running")
        night.until(lambda: home.clicks(kept) >= 1, ROUND_LIMIT_S)
        since = home.info(night)["since"]
        work.chromium.kill()
        state = work.until(night, lost, phase="gone")
        assert state["attention"]["kind"] == "chrome_gone"
        assert state["attention"]["text"] == (
            f"The browser '{work.browser}' does not run, or cannot be reached."
        )
        gone = info_once(night, lambda info: info["chrome"]["state"] == "waiting")
        assert gone["chrome"]["reason"].startswith(f"{work.browser}: ")
        assert home.browser not in gone["chrome"]["reason"]
        assert work.info(night)["state"] == "waiting"
        assert (home.info(night)["state"], home.info(night)["since"]) == ("connected", since)

        clicks = home.clicks(kept)
        night.until(lambda: home.clicks(kept) > clicks, ROUND_LIMIT_S)
        after = home.told(night, kept)
        assert (after["phase"], after["since"]) == ("running", other["since"])
        assert after["attention"] is None
        assert {each["kind"] for each in events(night, other)} == {"keep_alive"}

        work.chromium.start(lost.url)
        back = work.until(night, lost, phase="running", attention=None)
        assert back["id"] == before["id"]
        rings = [each["kind"] for each in events(night, before) if each["severity"] == "alert"]
        assert rings == ["chrome_gone"]
        assert night.until(lambda: night.info()["chrome"]["state"] == "connected")


def test_a_duty_in_one_browser_touches_no_page_of_the_other(
    accounts: tuple[Account, Account],
) -> None:
    work, home = accounts
    mine = work.running("apart")
    theirs = home.running("apart", like=mine)
    with Night(work.chromium.port, home.chromium.port, config={"duties": RECONNECT_ONLY}) as night:
        work.until(night, mine, phase="running")
        there = home.until(night, theirs, phase="running")
        work.stage.do(mine.connection("reconnect"))
        night.until(lambda: work.told(night, mine)["duties"]["reconnect"]["count"] == 1)
        work.until(night, mine, phase="running", connection="connected")
        assert work.clicks(mine) == 1
        assert home.clicks(theirs) == 0
        assert home.stage.do(theirs.touched()) == []
        assert events(night, there) == []

        mine.when_connect = "limit"
        work.stage.do(mine.connection("reconnect"))
        work.until(night, mine, phase="limited")
        home.stage.do(theirs.connection("reconnect"))
        night.until(lambda: home.told(night, theirs)["duties"]["reconnect"]["count"] == 1)
        assert (work.clicks(mine), home.clicks(theirs)) == (2, 1)


def test_a_browser_that_is_configured_by_port_and_by_folder_is_attached_to_once(
    accounts: tuple[Account, Account],
) -> None:
    work, home = accounts
    notebook = work.running("twice")
    path = work.chromium.get("/json/version")["webSocketDebuggerUrl"].partition("/devtools")[2]
    port_file = work.chromium.profile / "DevToolsActivePort"
    port_file.write_text(f"{work.chromium.port}\n/devtools{path}\n", encoding="ascii")
    config = {
        "duties": NOTHING,
        "chrome": [
            {"port": work.chromium.port, "name": work.browser},
            {"profile_dir": str(work.chromium.profile), "name": "again"},
            {"port": home.chromium.port},
        ],
    }
    with Night(config=config) as night:
        both = {work.browser, "again"}
        info = info_once(
            night,
            lambda info: (
                "is watched as" in (info["chrome"]["reason"] or "")
                and sum(each["state"] == "connected" for each in info["browsers"]) == len(both)
            ),
        )
        (watched,) = {each["name"] for each in info["browsers"] if each["product"]} & both
        reason = f"this is the browser that is watched as '{watched}' already"
        assert info["chrome"]["reason"].endswith(reason)
        (session,) = night.until(night.sessions).values()
        assert (session["title"], session["browser"]) == (notebook.name, watched)
