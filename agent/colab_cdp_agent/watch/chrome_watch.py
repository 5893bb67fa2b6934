"""The watch over one Chrome: connected again and again, and each of its tabs watched."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import structlog

from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.attached import Attached
from colab_cdp_agent.chrome.browser import (
    Browser,
    BrowserLostError,
    ChromeError,
    NoAnswerError,
    connect_browser,
)
from colab_cdp_agent.chrome.endpoint import Endpoint, locate
from colab_cdp_agent.chrome.silence import Silence
from colab_cdp_agent.chrome.tabs import Tabs
from colab_cdp_agent.config import Chrome
from colab_cdp_agent.retry import keep
from colab_cdp_agent.watch import consent
from colab_cdp_agent.watch.consent import Consent, ConsentNeededError, Notice
from colab_cdp_agent.watch.roster import Roster
from colab_cdp_protocols import cdp, mqtt

RETRY_FIRST_S, RETRY_LONGEST_S = 0.5, 1.0
HANDSHAKE_LIMIT_S = 10.0
PULSE_EVERY_S = 2.0
PULSE_LIMIT_S = 3.0

log = structlog.get_logger()


class ChromeWatch:
    """Keeps one browser-level connection and the tabs behind it.

    Args:
        where: host and port, or profile folder.
        roster: whose sessions the tabs are.
        changed: called when `info` changed.
        needed: called when a person is needed in the browser, and when no more.
        name: what this browser is called, where there are several.
        attached: which browsers the agent is attached to.

    Attributes:
        info: how it stands with Chrome.

    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a part of its own, used here only
        self,
        where: Chrome,
        roster: Roster,
        changed: Callable[[], None],
        needed: Callable[[mqtt.Happening], None],
        name: str,
        attached: Attached,
    ) -> None:
        self.info = mqtt.ChromeInfo("waiting", None, datetime.now(UTC), "not looked for yet")
        self._where = where
        self._silence = Silence(where.host, where.port, where.profile_dir)
        self._roster = roster
        self._changed = changed
        self._needed = needed
        self._name = name
        self._attached = attached
        self._log = log.bind(browser=name) if name else log
        self._tabs = Tabs(roster.notebook)
        self._consent = Consent()
        self._notice = Notice()

    def ask_again(self) -> bool:
        """Ask for consent once more, as a person wants it; false where that is not needed."""
        return self.info.state in {"needs_you", "waiting"} and self._consent.renew()

    async def run(self) -> None:
        """Watch for ever: a Chrome that is not there is waited for."""
        try:
            await keep(
                self._tend,
                on=(ChromeAbsentError, ChromeError, ConsentNeededError),
                failed=self._lose,
                first=RETRY_FIRST_S,
                longest=RETRY_LONGEST_S,
            )
        finally:
            if self._consent.state == "open":
                self._log.warning("a question is left open in Chrome: close it there")

    async def _tend(self) -> None:
        """Connect, and watch the tabs until the browser is gone."""
        try:
            endpoint = await self._locate()
        except ChromeAbsentError as error:
            raise await self._silence.explain(error) from error
        self._silence.over()
        self._tabs = Tabs(self._roster.notebook)
        with self._attached.hold(endpoint.address, self._name):
            await self._watch_tabs(endpoint)

    async def _locate(self) -> Endpoint:
        where = self._where
        return await locate(where.host, where.port, where.profile_dir)

    async def _watch_tabs(self, endpoint: Endpoint) -> None:
        async with self._connected(endpoint) as browser, asyncio.TaskGroup() as tasks:
            self._consent.given()
            tasks.create_task(browser.read(), name="chrome read")
            tasks.create_task(browser.run_errands(), name="chrome errands")
            await self._tabs.discover(browser)
            product = (await browser.call(cdp.get_version())).product
            self._is("connected", product=product)
            tasks.create_task(self._take_pulse(browser, endpoint), name="chrome pulse")
            async for tab in self._tabs.arrivals():
                tasks.create_task(self._roster.watch(tab), name=f"tab {tab.target}")

    def _connected(self, endpoint: Endpoint) -> AbstractAsyncContextManager[Browser]:
        """Connect, and wait for a person's consent where the browser asks for it."""
        patience = HANDSHAKE_LIMIT_S
        if endpoint.asks:
            self._is("needs_you", reason=self._consent.ask(endpoint.browser))
            patience = consent.PATIENCE_S
        return connect_browser(endpoint.address, self._tabs.take, patience=patience)

    async def _take_pulse(self, browser: Browser, endpoint: Endpoint) -> None:
        """Notice a frozen browser, and one that goes on; the connection is held meanwhile.

        Raises:
            BrowserLostError: the connection ended, or is half open.

        """
        while True:
            await asyncio.sleep(PULSE_EVERY_S)
            try:
                await browser.call(cdp.get_version(), within=PULSE_LIMIT_S)
            except NoAnswerError:
                self._is("frozen", reason="Chrome does not answer: frozen, or overloaded")
                if not endpoint.asks:  # a new connection costs nobody a click
                    await self._check_connection(browser)
            else:
                if self.info.state == "frozen":
                    self._is("connected")
                    self._tabs.stir_all()

    async def _check_connection(self, browser: Browser) -> None:
        """Give up a connection over which nothing comes while Chrome answers another one."""
        try:
            await self._locate()
        except ChromeAbsentError:
            return
        try:
            await browser.call(cdp.get_version(), within=PULSE_LIMIT_S)
        except NoAnswerError as error:
            reason = "the connection to Chrome is dead: nothing comes over it, and Chrome answers"
            raise BrowserLostError(reason) from error

    def _lose(self, error: Exception) -> None:
        self._tabs.lose_all("chrome_gone")
        if self.info.state in {"connected", "frozen"}:
            self._roster.lose_chrome()
        error = self._consent.ended(error)
        remedy = error.remedy if isinstance(error, ChromeAbsentError) else None
        state: mqtt.ChromeState = (
            "needs_you" if isinstance(error, ConsentNeededError) else "waiting"
        )
        self._is(state, reason=str(error), remedy=remedy)

    def _is(
        self,
        state: mqtt.ChromeState,
        *,
        product: str | None = None,
        reason: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Take note of how it stands with Chrome; each change is said once."""
        before = self.info
        if (before.state, before.reason) == (state, reason):
            return
        self.info = mqtt.ChromeInfo(state, product or before.product, datetime.now(UTC), reason)
        if state == "connected":
            self._log.info("connected to Chrome", product=self.info.product)
        elif state == "needs_you":
            self._log.warning("Chrome needs you", reason=reason)
        else:
            details = {"remedy": remedy} if remedy else {}
            self._log.warning("waiting for Chrome", reason=reason, **details)
        self._changed()
        if (happening := self._notice.take(self.info)) is not None:
            self._needed(happening)
