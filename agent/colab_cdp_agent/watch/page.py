"""The page witness: what a tab shows, told as soon as it changes.

An observer script in an isolated world answers a long-poll, so that a change arrives in
milliseconds also from a hidden tab; a slow poll beside it catches what an observer cannot see.
"""

import asyncio
import time
from collections.abc import Callable

import msgspec
import structlog

from colab_cdp_agent.chrome.browser import (
    BrowserLostError,
    ChromeError,
    CommandRefusedError,
    NavigatedError,
    NoAnswerError,
    ScriptThrewError,
)
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.retry import delay
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading, TabState

RECONCILE_S = 15.0
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 10.0
ANSWER_LIMIT_S = 3.0
NEW_PAGE_LIMIT_S = 5.0
NEW_PAGE_PAUSE_S = 0.05

log = structlog.get_logger()


class PageWitness:
    """Reads one tab by its site profile.

    Attributes:
        state: whether the tab can be asked at all; a new one is presumed to.
        reading: the last reading, None until there is one of the present page.
        loaded_at: when the present page was first read, on the monotonic clock.

    """

    def __init__(self, tab: Tab, profile: Profile, news: Callable[[], None]) -> None:
        self.tab = tab
        self.profile = profile
        self.state: TabState = "attached"
        self.reading: PageReading | None = None
        self.loaded_at = time.monotonic()
        self._news = news
        self._options = {"profile": msgspec.to_builtins(profile)}
        self._turn = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Watch until the tab is gone.

        Raises:
            BrowserLostError: the whole browser is gone.

        """
        while not self.tab.gone.done():
            self.tab.stirred.clear()
            try:
                await self._follow()
            except BrowserLostError:
                raise
            except ChromeError as error:
                # While its kernel is heard it stays attached: what is printed goes on to be kept.
                if not (isinstance(error, NoAnswerError) and self.tab.is_heard):
                    await self.tab.detach()
                self._failures += 1
                self._lose_page(error)
                await self._until_stirred()

    async def until(self, holds: Callable[[PageReading], bool], within: float) -> bool:
        """Wait until a reading satisfies a condition; False when that many seconds passed."""
        try:
            async with asyncio.timeout(within):
                while self.reading is None or not holds(self.reading):
                    self._turn.clear()
                    await self._turn.wait()
        except TimeoutError:
            return False
        return True

    async def _follow(self) -> None:
        """Attach and read, page after page, until the tab cannot be asked any more."""
        if self.tab.session is None:
            await self.tab.attach()
        while True:
            try:
                await self._read_page()
            except NavigatedError:
                self._tell("attached", None)

    async def _read_page(self) -> None:
        """Install the observer and follow one page's changes."""
        reading = await self._install()
        if self.tab.listener is not None:
            self.tab.listener.page_came()
        self.loaded_at = time.monotonic()
        while True:
            self._tell("attached", reading)
            try:
                seen = {"seen": reading.version}
                reading = await self.tab.run(
                    "next", seen, PageReading, wait=True, within=RECONCILE_S
                )
            except NoAnswerError:
                reading = await self.tab.run("now", {}, PageReading, within=ANSWER_LIMIT_S)

    async def _install(self) -> PageReading:
        """Install the observer; a page that is only just being made is given a moment."""
        deadline = time.monotonic() + NEW_PAGE_LIMIT_S
        while True:
            try:
                return await self.tab.run(
                    "observe", self._options, PageReading, within=ANSWER_LIMIT_S
                )
            except (NavigatedError, CommandRefusedError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(NEW_PAGE_PAUSE_S)

    async def _until_stirred(self) -> None:
        """Wait for the tab's next event, or a while: a page may come round by itself."""
        try:
            async with asyncio.timeout(delay(self._failures, FIRST_RETRY_S, LONGEST_RETRY_S)):
                await self.tab.stirred.wait()
        except TimeoutError:
            return

    def _lose_page(self, error: ChromeError) -> None:
        """Take note that the tab cannot be asked; it is said once."""
        state: TabState = "crashed" if self.tab.crashed else "sleeping"
        if state != self.state:
            say = log.warning if isinstance(error, ScriptThrewError) else log.info
            say("a tab cannot be read", state=state, title=self.tab.title, reason=str(error))
        self._tell(state, None)

    def _tell(self, state: TabState, reading: PageReading | None) -> None:
        if state == "attached":
            self._failures = 0
        if (state, reading) == (self.state, self.reading):
            return
        self.state, self.reading = state, reading
        self._turn.set()
        self._news()
