"""The agent: its own link to attach and evaluate, its own watch to notice changes.

The link does more for each tab than the floor: it follows the tabs by Chrome's events, probes that
the page answers, runs in an isolated world, gives every call a deadline. The watch connects again
by itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import colab_cdp_agent.chrome.tab as tab_module
from colab_cdp_agent.chrome.attached import Attached
from colab_cdp_agent.chrome.browser import BrowserLostError, connect_browser
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.chrome.tabs import Tabs
from colab_cdp_agent.config import Chrome
from colab_cdp_agent.watch.chrome_watch import ChromeWatch
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.profile import Detector, Profile
from contenders.contender import Contender, Told, Use, Where

PATIENCE_S = 5.0
PROFILE = Profile(
    site="contenders",
    notebooks=("data:",),
    states={
        "control": (Detector(css="#control"),),
        "connected": (Detector(css="#control.connected"),),
        "running": (Detector(css="#cell.running"),),
    },
)


def script(name: str) -> str:
    """Return what is evaluated as it is, and the agent's own page scripts by their names."""
    return name if "(" in name else OWN_SCRIPT(name)


OWN_SCRIPT, tab_module.script = tab_module.script, script


class Roster:
    """Whose the tabs are that the watch finds: each is read by a witness, and nothing is done.

    Attributes:
        all_read: set once every wanted tab was read.

    """

    def __init__(self, where: Where, told: Told) -> None:
        self.all_read = asyncio.Event()
        self._where = where
        self._told = told
        self._read: set[str] = set()

    def notebook(self, url: str) -> object:
        """Return whether a tab is wanted."""
        return self._where.wants(url)

    async def watch(self, tab: Tab) -> None:
        """Tell each change of a tab until it is gone."""
        witness = PageWitness(tab, PROFILE, lambda: self._tell(witness))
        await witness.run()

    def lose_chrome(self) -> None:
        """Take note that all tabs are gone."""

    def _tell(self, witness: PageWitness) -> None:
        if witness.reading is None:
            return
        self._told("running" if "running" in witness.reading.states else "")
        self._read.add(witness.tab.target)
        if len(self._read) == self._where.count:
            self.all_read.set()


class Agent(Contender):
    """Tabs are the agent's own."""

    def __init__(self, where: Where) -> None:
        super().__init__(where)
        self._exits = AsyncExitStack()

    async def attach(self, use: Use) -> None:
        found = Tabs(self.where.wants)
        browser = await self._exits.enter_async_context(
            connect_browser(self.where.address, found.take, patience=PATIENCE_S)
        )
        await self._exits.enter_async_context(_going_on(browser.read()))
        await found.discover(browser)

        async def one(tab: Tab) -> None:
            await tab.attach()
            await use(tab)

        work: list[asyncio.Task[None]] = []
        async for tab in found.arrivals():
            work.append(asyncio.create_task(one(tab)))
            if len(work) == self.where.count:
                break
        await asyncio.gather(*work)

    async def evaluate(self, tab: Tab, function: str) -> Any:
        return await tab.run(function, {}, Any)

    async def watch(self, _tabs: list[Tab], told: Told) -> None:
        await self.close()  # the watch has a link of its own
        roster = Roster(self.where, told)
        watch = ChromeWatch(Chrome(port=self.where.port), roster, _ignore, _ignore, "", Attached())
        await self._exits.enter_async_context(_going_on(watch.run()))
        await roster.all_read.wait()

    async def close(self) -> None:
        await self._exits.aclose()


@asynccontextmanager
async def _going_on(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Have something done for as long as the context lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BrowserLostError):
            await task


def _ignore(*_news: object) -> None:
    """Pass over what a person would be told."""
