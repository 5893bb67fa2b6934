"""Every tab of the connected browser that a site profile names, followed by Chrome's events.

At browser level only `Target.setDiscoverTargets` is used, and each attach is explicit: a
browser-level auto-attach makes a person's pop-ups hang.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import structlog

from colab_cdp_agent.chrome.browser import Browser
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_protocols import cdp

log = structlog.get_logger()


class Tabs:
    """The matching tabs, by target; `take` is the browser's event sink.

    Args:
        notebook: what names the notebook at an address; nothing where it is not to be watched.

    """

    def __init__(self, notebook: Callable[[str], object]) -> None:
        self._notebook = notebook
        self._tabs: dict[str, Tab] = {}
        self._owners: dict[str, Tab] = {}
        self._arrived: asyncio.Queue[Tab] = asyncio.Queue()  # no longer than the open tabs
        self._browser: Browser | None = None

    async def discover(self, browser: Browser) -> None:
        """Ask for the browser's targets; every one that is open arrives as a new one."""
        self._browser = browser
        await browser.call(cdp.discover_targets())

    async def arrivals(self) -> AsyncIterator[Tab]:
        """Yield each tab that opens on, or navigates to, a matching address."""
        while True:
            yield await self._arrived.get()

    def lose_all(self, reason: str) -> None:
        """Take note that the browser is gone, and every tab with it."""
        for tab in self._tabs.values():
            tab.lose(reason)
        self._tabs.clear()
        self._owners.clear()

    def stir_all(self) -> None:
        """Let every tab be asked again that did not answer."""
        for tab in self._tabs.values():
            tab.stirred.set()

    def take(self, event: cdp.Event) -> None:
        """Take one event of the browser; what is not understood is logged and passed over."""
        take = _TAKERS.get(event.method)
        if take is None:
            return
        try:
            take(self, event)
        except cdp.MalformedFrameError as error:
            log.warning("chrome sent an event of another shape", error=str(error))

    def _target_is(self, event: cdp.Event) -> None:
        info = cdp.params(event, cdp.TargetEvent).target_info
        tab = self._tabs.get(info.target_id)
        if info.type != "page" or self._browser is None:
            return
        notebook = self._notebook(info.url)
        if tab is not None and notebook != self._notebook(tab.url):
            del self._tabs[info.target_id]
            tab.lose("navigated")
            self._forget_ended()
            tab = None
        if not notebook:
            return
        if tab is None:
            tab = self._tabs[info.target_id] = Tab(self._browser, info)
            self._arrived.put_nowait(tab)
        if (tab.url, tab.title) != (info.url, info.title):
            tab.url, tab.title = info.url, info.title
            tab.stirred.set()  # what else changes is our own doing: attached or not

    def _target_destroyed(self, event: cdp.Event) -> None:
        tab = self._tabs.pop(cdp.params(event, cdp.TargetGone).target_id, None)
        if tab is not None:
            tab.lose("closed")
            self._forget_ended()

    def _target_crashed(self, event: cdp.Event) -> None:
        tab = self._tabs.get(cdp.params(event, cdp.TargetGone).target_id)
        if tab is not None:
            tab.crashed = True
            tab.fail("crashed")
            tab.stirred.set()

    def _session_ended(self, event: cdp.Event) -> None:
        session = cdp.params(event, cdp.SessionGone).session_id
        tab = self._owner(session)
        if tab is not None and tab.session == session:
            tab.end_session("detached")
            tab.stirred.set()
        elif tab is not None:
            tab.end_child(session)
        self._forget_ended()

    def _child_attached(self, event: cdp.Event) -> None:
        opened = cdp.params(event, cdp.SessionOpened)
        tab = self._owner(event.session)
        if tab is not None:
            tab.begin_child(opened.session_id, opened.target_info)

    def _reloaded_after_crash(self, event: cdp.Event) -> None:
        tab = self._owner(event.session)
        if tab is not None:
            tab.crashed = False
            tab.stirred.set()

    def _network_says(self, event: cdp.Event) -> None:
        tab = self._owner(event.session)
        if tab is not None and tab.listener is not None:
            tab.listener.take(event)

    def _filmed(self, event: cdp.Event) -> None:
        tab = self._owner(event.session)
        if tab is not None and tab.filmed is not None:
            tab.filmed(cdp.params(event, cdp.ScreencastFrame))

    def _owner(self, session: str | None) -> Tab | None:
        """Return the tab that a session is of, looked for once: frames come by the thousand."""
        tab = self._owners.get(session or "")
        if tab is not None and tab.owns(session):
            return tab
        found = next((each for each in self._tabs.values() if each.owns(session)), None)
        if found is not None and session is not None:
            self._owners[session] = found
        return found

    def _forget_ended(self) -> None:
        """Forget the sessions that are over: with a tab's end Chrome tells none of its frames'."""
        self._owners = {
            session: tab
            for session, tab in self._owners.items()
            if tab.owns(session) and not tab.gone.done()
        }


_TAKERS: dict[str, Callable[[Tabs, cdp.Event], None]] = {
    "Inspector.targetReloadedAfterCrash": Tabs._reloaded_after_crash,  # noqa: SLF001 - its own
    "Network.loadingFailed": Tabs._network_says,  # noqa: SLF001
    "Network.responseReceived": Tabs._network_says,  # noqa: SLF001
    "Network.webSocketClosed": Tabs._network_says,  # noqa: SLF001
    "Network.webSocketCreated": Tabs._network_says,  # noqa: SLF001
    "Network.webSocketFrameReceived": Tabs._network_says,  # noqa: SLF001
    "Network.webSocketFrameSent": Tabs._network_says,  # noqa: SLF001
    "Page.screencastFrame": Tabs._filmed,  # noqa: SLF001
    "Target.attachedToTarget": Tabs._child_attached,  # noqa: SLF001
    "Target.detachedFromTarget": Tabs._session_ended,  # noqa: SLF001
    "Target.targetCrashed": Tabs._target_crashed,  # noqa: SLF001
    "Target.targetCreated": Tabs._target_is,  # noqa: SLF001
    "Target.targetDestroyed": Tabs._target_destroyed,  # noqa: SLF001
    "Target.targetInfoChanged": Tabs._target_is,  # noqa: SLF001
}
