"""Duties in a real page, and what comes of each where something is in its way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import structs

from chromium import Chromium
from colab_cdp_agent.chrome.browser import connect_browser
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.tabs import Tabs
from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.settings.duties import Duties, KeepAlive
from colab_cdp_agent.watch import acts
from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.history import History
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import Kept
from colab_cdp_agent.watch.profile import Actions, Method, Step
from colab_cdp_agent.watch.rounds import Rounds
from colab_cdp_agent.watch.sites import load_site
from colab_cdp_agent.watch.wanted import Wanted
from colab_sim import Notebook
from mosquitto import HOST
from stage import Stage
from troubles.register import Place, played, says

COLAB = load_site("colab")
NOWHERE = Method((Step(click="#nothing-of-that-name"),))
LINES = ["one", "two", "three"]

Act = Callable[[PageWitness], Awaitable[Outcome]]


@asynccontextmanager
async def watched(port: int, actions: Actions) -> AsyncIterator[PageWitness]:
    """Watch the one open notebook of a Chromium, by a profile that acts like this."""
    profile = structs.replace(COLAB, actions=actions)
    tabs = Tabs(profile.notebook)
    endpoint = await locate(HOST, port, None)
    async with connect_browser(endpoint.address, tabs.take, patience=10) as browser:
        reading = asyncio.create_task(browser.read())
        await tabs.discover(browser)
        tab = await anext(tabs.arrivals())
        page = PageWitness(tab, profile, lambda: None)
        watching = asyncio.create_task(page.run())
        await page.until(lambda seen: bool(seen.states), 20)
        yield page
        for task in (watching, reading):
            task.cancel()
        await asyncio.wait({watching, reading})


def acted(act: Act, notebook: str, actions: Actions = COLAB.actions, **to: Any) -> str:
    """Return what comes of a duty in a notebook of the stand-in, which was brought so far."""
    with Stage() as stage, Chromium(stage.sim.chromium_flags) as chromium:
        page = stage.notebook(notebook, cells=2, generation=to.pop("generation", 2025))
        page.when_connect = to.pop("when_connect", "same")
        chromium.open(page.url)
        stage.do(page.opened())
        for name, value in to.items():
            prepare(stage, page, name, value)

        async def story() -> str:
            async with watched(chromium.port, actions) as witness:
                return (await act(witness)).result

        return played(story())


def prepare(stage: Stage, page: Notebook, name: str, value: Any) -> None:
    """Bring a notebook into a state."""
    if name == "printed":
        stage.do(page.print(LINES, where=value))
    else:
        stage.do(getattr(page, name)(value))


async def keep_alive(page: PageWitness) -> Outcome:
    return await acts.keep_alive(page, KeepAlive())


async def look_only(page: PageWitness) -> Outcome:
    return await acts.keep_alive(page, KeepAlive(connect=False))


async def clear(page: PageWitness) -> Outcome:
    async def keep(_text: str) -> None:
        """Keep it nowhere."""

    return await acts.clear(page, Kept(keep))


@says("nothing to clear: no cell runs")
def no_cell_runs(_place: Place) -> str:
    return acted(clear, "at rest")


@says("nothing to clear")
def nothing_printed(_place: Place) -> str:
    said = acted(clear, "silent", cell="running")
    assert "no cell runs" not in said
    return said


@says("clear has no effect here")
def no_effect(_place: Place) -> str:
    actions = structs.replace(COLAB.actions, clear=(NOWHERE,))
    return acted(clear, "stubborn", actions, cell="running", printed="page")


@says("not cleared: the page's output cannot be read")
def unreadable_output(_place: Place) -> str:
    """Let it print into a frame of another site, to which nobody is attached."""
    return acted(clear, "in a frame", generation=2020, cell="running", printed="frame")


@says("the connect control was not found")
def no_control(_place: Place) -> str:
    actions = structs.replace(COLAB.actions, connect=(NOWHERE,), keep_alive=())
    return acted(keep_alive, "without a control", actions)


@says("still connected")
def kept_alive(_place: Place) -> str:
    return acted(keep_alive, "connected")


@says("but the page is not connected")
def not_connected(place: Place) -> str:
    place.patch.setattr(acts, "EFFECT_LIMIT_S", 0.2)
    return acted(look_only, "lost", connection="reconnect")


@says("reconnected")
def reconnected(_place: Place) -> str:
    return acted(acts.reconnect, "comes back", connection="reconnect")


@says("clicked connect, and the page did not react")
def no_reaction(place: Place) -> str:
    place.patch.setattr(acts, "EFFECT_LIMIT_S", 0.2)
    return acted(acts.reconnect, "deaf", when_connect="ignored", connection="reconnect")


@says("still not connected after … s")
def never_connects(place: Place) -> str:
    place.patch.setattr(acts, "CONNECT_LIMIT_S", 0.2)
    return acted(acts.reconnect, "stuck", when_connect="stuck", connection="reconnect")


@says("stopped: …")
def stopped(_place: Place) -> str:
    return acted(acts.reconnect, "limited", when_connect="limit", connection="reconnect")


def rounds(folder: Path) -> Rounds:
    """Return what carries out the duties of one session, with its archive in a folder."""
    wanted = Wanted(Duties())
    archive = Archive(folder, 10**9, 1e9)
    return Rounds(
        "0123456789", wanted, archive,
        heard=lambda: False, hear=lambda: None, history=History(wanted),
        did=lambda _duty, _outcome: None, observe=False,
    )  # fmt: skip


@says("not cleared: the archive cannot be written: …")
def not_archived(place: Place) -> str:
    (place.folder / "archive").write_text("in the way", encoding="ascii")

    async def act(page: PageWitness) -> Outcome:
        return await rounds(place.folder / "archive").do("clear", page)

    return acted(act, "not kept", cell="running", printed="page")


@says("the tab did not follow: …")
def gone_tab(place: Place) -> str:
    async def act(page: PageWitness) -> Outcome:
        page.tab.lose("closed")
        return await rounds(place.folder).do("keep_alive", page)

    return acted(act, "closed")
