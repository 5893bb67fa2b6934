"""The roster: which session a tab belongs to, over reloads, restarts and duplicates."""

import asyncio
import time
from collections.abc import Callable

from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.session import Session
from colab_cdp_agent.watch.verdict import TabState
from colab_cdp_protocols import mqtt

HANDOVER_S = 0.5
"""A discarded tab is replaced before it is destroyed: how long its successor waits for that."""
FORGET_AFTER_S = 24 * 3600.0


class Roster:
    """Every session that has been seen, by its id.

    Args:
        profiles: the sites that are watched, the first that matches counts.
        enrol: makes the session of that id.

    """

    def __init__(
        self, profiles: tuple[Profile, ...], enrol: Callable[[str, Profile], Session]
    ) -> None:
        self._profiles = profiles
        self._enrol = enrol
        self._sessions: dict[str, Session] = {}
        self._gone_at: dict[str, float] = {}

    def matches(self, url: str) -> bool:
        """Return whether a site profile names that address."""
        return any(profile.notebook(url) is not None for profile in self._profiles)

    async def watch(self, tab: Tab) -> None:
        """Watch a tab as the session of its notebook, until the tab is gone.

        A notebook that is open in several tabs has a session for each.
        """
        session = await self._session_of(tab)
        if session is None:
            return
        self._gone_at.pop(session.id, None)
        await session.watch(tab)
        self._let_go(session, "gone")

    def lose_chrome(self) -> None:
        """Take note that Chrome is gone, and every tab with it."""
        for session in self._sessions.values():
            if session.id not in self._gone_at:
                self._let_go(session, "chrome_gone")

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
        session = self._session(profile, notebook, 1)
        if session.tab is not None:
            await asyncio.wait({session.tab.gone}, timeout=HANDOVER_S)
        nth = 1
        while session.tab is not None:
            nth += 1
            session = self._session(profile, notebook, nth)
        session.tab = tab
        return session

    def _session(self, profile: Profile, notebook: str, nth: int) -> Session:
        session = mqtt.session_id(profile.site, notebook, nth)
        if session not in self._sessions:
            self._sessions[session] = self._enrol(session, profile)
        return self._sessions[session]

    def _profile_of(self, url: str) -> tuple[Profile, str] | None:
        for profile in self._profiles:
            notebook = profile.notebook(url)
            if notebook is not None:
                return profile, notebook
        return None
