"""The roster: which session a tab belongs to, over reloads, restarts and duplicates."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count

from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.watch.clock import Slept
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import TabState
from colab_cdp_agent.watch.session import Session
from colab_cdp_protocols.session_id import session_id

HANDOVER_S = 0.5
"""A discarded tab is replaced before it is destroyed: how long its successor waits for that."""
CLOSING_S = 5.0
"""A browser that is closed closes its tabs first: how long it may take for its own end."""
FORGET_AFTER_S = 24 * 3600.0


class Roster:
    """Every session that has been seen in one browser, by its id.

    Args:
        profiles: the sites that are watched, the first that matches counts.
        enrol: makes the session of that id.
        browser: what tells its sessions' ids from those of the agent's other browsers.

    Attributes:
        paused: whether a session that is seen for the first time does no duty.

    """

    def __init__(
        self,
        profiles: tuple[Profile, ...],
        enrol: Callable[[str, Profile], Session],
        browser: str = "",
    ) -> None:
        self.paused = False
        self._profiles = profiles
        self._enrol = enrol
        self._browser = browser
        self._sessions: dict[str, Session] = {}
        self._gone_at: dict[str, float] = {}
        self._left: dict[str, asyncio.Event] = {}  # of the sessions that have a tab
        self._heirs: Counter[str] = Counter()  # how many tabs wait for a session's present one

    def notebook(self, url: str) -> tuple[str, str] | None:
        """Return the site and the notebook at an address, None where no profile names it."""
        found = self._profile_of(url)
        return None if found is None else (found[0].site, found[1])

    async def watch(self, tab: Tab) -> None:
        """Watch a tab as the session of its notebook, until the tab is gone.

        A notebook that is open in several tabs has a session for each.
        """
        session = await self._session_of(tab)
        if session is None:
            return
        self._gone_at.pop(session.id, None)
        left = self._left[session.id] = asyncio.Event()
        try:
            await session.watch(tab)
        finally:
            del self._left[session.id]
            left.set()
        if not self._heirs[session.id]:
            self._let_go(session, "gone")
        await tab.detach()

    def lose_chrome(self) -> None:
        """Take note that Chrome is gone with every tab, those that it closed first among them."""
        lately = time.monotonic() - CLOSING_S
        for session in self._sessions.values():
            if self._gone_at.get(session.id, lately) >= lately:
                self._let_go(session, "chrome_gone")

    def slept(self, slept: Slept) -> None:
        """Take note, for every session, of a while that nobody watched."""
        for session in self._sessions.values():
            session.slept(slept)

    def session(self, name: str) -> Session | None:
        """Return the session of that id, None where there is none."""
        return self._sessions.get(name)

    def pause(self, *, on: bool) -> None:
        """Let the duties rest in every session, those to come too, or be done again."""
        self.paused = on
        for session in self._sessions.values():
            session.pause(on=on)

    def forget_old(self) -> list[str]:
        """Drop the sessions that have been gone for a day, and return their ids."""
        horizon = time.monotonic() - FORGET_AFTER_S
        old = [session for session, at in self._gone_at.items() if at < horizon]
        for session in old:
            del self._gone_at[session], self._sessions[session]
        return old

    def _let_go(self, session: Session, reason: TabState) -> None:
        self._gone_at[session.id] = time.monotonic()
        session.lose(reason)

    async def _session_of(self, tab: Tab) -> Session | None:
        """Return the session of a tab's notebook that has no other tab; None where it left."""
        found = self._profile_of(tab.url)
        if found is None:
            return None
        profile, notebook = found
        named = partial(session_id, profile.site, notebook, browser=self._browser)
        await self._await_handover(named())
        numbers = (named(nth) for nth in count(1))
        free = next(number for number in numbers if number not in self._left)
        if tab.gone.done():
            if free in self._sessions and free not in self._gone_at:
                self._let_go(self._sessions[free], "gone")  # inherited from a tab that has left
            return None
        if free not in self._sessions:
            self._sessions[free] = self._enrol(free, profile)
        return self._sessions[free]

    async def _await_handover(self, session: str) -> None:
        """Give a session's present tab a moment to leave: the new one may be its successor."""
        left = self._left.get(session)
        if left is None:
            return
        self._heirs[session] += 1
        try:
            async with asyncio.timeout(HANDOVER_S):
                await left.wait()
        except TimeoutError:
            return
        finally:
            self._heirs -= Counter((session,))

    def _profile_of(self, url: str) -> tuple[Profile, str] | None:
        for profile in self._profiles:
            notebook = profile.notebook(url)
            if notebook is not None:
                return profile, notebook
        return None
