"""The composition root: every task of the agent, and who dies with whom.

    run ── TaskGroup ─┬─ keep(tend Chrome) ─ TaskGroup: read, pulse, a watch for each tab
                      ├─ keep(tend broker) ─ TaskGroup: listen, follow the board
                      ├─ housekeeping
                      └─ screen

A tab's fate is its own; a lost browser ends its whole group and is tried again; the broker's fate
touches neither. Whatever is not foreseen leaves through `run`, loudly.
"""

import asyncio
import platform
import uuid
from datetime import UTC, datetime

import msgspec
import structlog

from colab_cdp_agent import __version__
from colab_cdp_agent.chrome.browser import (
    Browser,
    ChromeError,
    NoAnswerError,
    connect_browser,
)
from colab_cdp_agent.chrome.endpoint import ChromeAbsentError, locate
from colab_cdp_agent.chrome.tabs import Tabs
from colab_cdp_agent.config import Config, policy, state_dir
from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.log import Format
from colab_cdp_agent.retry import keep
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.broker import BrokerFailedError, EmbeddedBroker
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_agent.tell.publisher import (
    BrokerLostError,
    Identity,
    Link,
    Publisher,
)
from colab_cdp_agent.tell.screen import Screen
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.roster import Roster
from colab_cdp_agent.watch.session import Listener, Session
from colab_cdp_protocols import cdp, mqtt

CHROME_RETRY_S = (0.5, 1.0)
BROKER_RETRY_S = (1.0, 8.0)
HANDSHAKE_LIMIT_S = 10.0
PULSE_EVERY_S = 2.0
PULSE_LIMIT_S = 3.0
HOUSEKEEPING_EVERY_S = 60.0
GHOSTS_AFTER_S = 5.0

log = structlog.get_logger()


class Options(msgspec.Struct, frozen=True):
    """What the command line says beside the configuration."""

    observe: bool = False
    form: Format = "text"


class Agent:
    """One agent: the watch over the tabs of one Chrome, told to one broker."""

    def __init__(
        self, name: str, config: Config, profiles: tuple[Profile, ...], options: Options
    ) -> None:
        folder = state_dir()
        identity = Identity(config.mqtt.root, name, uuid.uuid4().hex)
        self._name = name
        self._config = config
        self._options = options
        self._policy = tuple(policy(config, observe=options.observe))
        self._started = datetime.now(UTC)
        self._chrome = mqtt.ChromeInfo("waiting", None, self._started, "not looked for yet")
        self._identity = identity
        self._board = Board()
        self._bulletin = Bulletin(self._board, identity.root, name, config.publish)
        self._topics = TopicFile(folder / f"topics-{name}.json")
        self._archive = Archive(
            config.archive.dir or folder / "archive",
            config.archive.max_bytes,
            config.archive.keep,
        )
        self._roster = Roster(profiles, self._enrol)
        self._tabs = Tabs(self._roster.matches)
        self._broker = EmbeddedBroker(folder / "broker")
        self._broker_says = "not connected yet"
        self._publisher = Publisher(identity, self._board, self._answer)
        self._screen = Screen(options.form, self._bulletin.states, self._headline)

    async def run(self, stop: asyncio.Event) -> None:
        """Watch and tell until `stop` is set, and leave every tab as it is.

        Raises:
            NameTakenError: another agent has this name at the broker.
            BrokerRefusedError: the broker refused the login.

        """
        for line in self._policy:
            self._screen.say(line)
        self._tell_info()
        try:
            async with asyncio.TaskGroup() as tasks:
                working = [
                    tasks.create_task(self._keep_chrome(), name="chrome"),
                    tasks.create_task(self._keep_house(), name="house"),
                    tasks.create_task(self._screen.run(), name="screen"),
                ]
                if not self._config.mqtt.url.none:
                    working.append(tasks.create_task(self._keep_broker(), name="broker"))
                await stop.wait()
                for task in working:
                    task.cancel()
        finally:
            await self._broker.stop()
        self._screen.say("Stopped. The tabs were left as they are.")

    # Chrome

    async def _keep_chrome(self) -> None:
        first, longest = CHROME_RETRY_S
        await keep(
            self._tend_chrome,
            on=(ChromeAbsentError, ChromeError),
            failed=self._lose_chrome,
            first=first,
            longest=longest,
        )

    async def _tend_chrome(self) -> None:
        """Connect to Chrome and watch its tabs until it is gone."""
        chrome = self._config.chrome
        address = await locate(chrome.host, chrome.port, chrome.profile_dir)
        self._tabs = Tabs(self._roster.matches)
        browser_link = connect_browser(address, self._tabs.take, patience=HANDSHAKE_LIMIT_S)
        async with browser_link as browser, asyncio.TaskGroup() as tasks:
            tasks.create_task(browser.read(), name="chrome read")
            await self._tabs.discover(browser)
            product = (await browser.call(cdp.get_version())).product
            self._chrome_is("connected", product=product)
            tasks.create_task(self._take_pulse(browser), name="chrome pulse")
            async for tab in self._tabs.arrivals():
                tasks.create_task(self._roster.watch(tab), name=f"tab {tab.target}")

    async def _take_pulse(self, browser: Browser) -> None:
        """Notice a frozen browser, and one that goes on; the connection is held meanwhile."""
        while True:
            await asyncio.sleep(PULSE_EVERY_S)
            try:
                await browser.call(cdp.get_version(), within=PULSE_LIMIT_S)
            except NoAnswerError:
                self._chrome_is("frozen", reason="Chrome does not answer: frozen, or overloaded")
            else:
                if self._chrome.state == "frozen":
                    self._chrome_is("connected")
                    self._tabs.stir_all()

    def _lose_chrome(self, error: Exception) -> None:
        self._tabs.lose_all("chrome_gone")
        self._roster.lose_chrome()
        remedy = error.remedy if isinstance(error, ChromeAbsentError) else None
        self._chrome_is("waiting", reason=str(error), remedy=remedy)

    def _chrome_is(
        self,
        state: mqtt.ChromeState,
        *,
        product: str | None = None,
        reason: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Take note of how it stands with Chrome; each change is said once."""
        before = self._chrome
        if (before.state, before.reason) == (state, reason):
            return
        now = datetime.now(UTC)
        product = product or before.product
        self._chrome = mqtt.ChromeInfo(state, product, now, reason)
        if state == "connected":
            log.info("connected to Chrome", product=product)
        else:
            log.warning(
                "waiting for Chrome", reason=reason, **({"remedy": remedy} if remedy else {})
            )
        self._tell_info()

    def _enrol(self, session: str, profile: Profile) -> Session:
        return Session(
            session,
            profile,
            policy=self._config.duties,
            archive=self._archive,
            listener=Listener(self._bulletin.state, self._bulletin.happening),
            observe=self._options.observe,
        )

    # The broker

    async def _keep_broker(self) -> None:
        first, longest = BROKER_RETRY_S
        await keep(
            self._tend_broker,
            on=(BrokerLostError, BrokerFailedError),
            failed=self._lose_broker,
            first=first,
            longest=longest,
        )

    async def _tend_broker(self) -> None:
        """Have a broker, and publish to it until it is gone."""
        link = await self._find_broker()
        await self._publisher.run(link, lambda: self._broker_is(f"{link.host}:{link.port}"))

    async def _find_broker(self) -> Link:
        settings = self._config.mqtt
        if settings.url.embedded:
            address = await self._broker.start()
            return Link(address.host, address.port)
        password = settings.password
        return Link(
            settings.url.host,
            settings.url.port,
            tls=settings.url.scheme in {"mqtts", "wss"},
            websocket_path=settings.url.path if settings.url.scheme.startswith("ws") else None,
            username=settings.username or settings.url.username,
            password=password.reveal() if password is not None else None,
            ca_file=settings.ca_file,
        )

    def _lose_broker(self, error: Exception) -> None:
        self._broker_is(f"waiting ({error})", trouble=True)

    def _broker_is(self, says: str, *, trouble: bool = False) -> None:
        if says == self._broker_says:
            return
        self._broker_says = says
        if trouble:
            log.warning("the broker cannot be reached", reason=says)
        else:
            log.info("publishing", broker=says)

    def _answer(self, verb: str, _payload: bytes) -> mqtt.Response:
        if verb == "sessions":
            return mqtt.Response("ok", data=self._bulletin.sessions())
        return mqtt.Response("refused", error=f"unknown verb {verb!r}; known: sessions")

    # What is told

    def _tell_info(self) -> None:
        self._bulletin.info(
            mqtt.Info(
                version=__version__,
                host=platform.node(),
                started=self._started,
                policy=self._policy,
                chrome=self._chrome,
                sites=tuple(str(site) for site in self._config.sites),
                broker=_kind(self._config),
                instance=self._identity.instance,
            )
        )

    def _headline(self) -> str:
        chrome = self._chrome
        says = (
            chrome.product if chrome.state == "connected" else f"{chrome.state} ({chrome.reason})"
        )
        broker = "none" if self._config.mqtt.url.none else self._broker_says
        return f"Chrome: {says} · MQTT: {broker} · {self._config.mqtt.root}/{self._name}"

    async def _keep_house(self) -> None:
        """Take down what is over: topics of an earlier run, sessions that are gone for a day."""
        await asyncio.sleep(GHOSTS_AFTER_S)
        for ghost in self._topics.read() - self._board.values.keys():
            self._board.remove(ghost)
        while True:
            for session in self._roster.forget_old():
                self._bulletin.forget(session)
            self._note_topics()
            await asyncio.sleep(HOUSEKEEPING_EVERY_S)

    def _note_topics(self) -> None:
        try:
            self._topics.write(self._board.values)
        except OSError as error:
            log.warning("the list of published topics cannot be written", error=str(error))


def _kind(config: Config) -> str:
    url = config.mqtt.url
    return str(url) if url.embedded or url.none else "external"
