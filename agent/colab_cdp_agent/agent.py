"""The composition root: every part of the agent, its tasks, and who dies with whom.

The tree of all tasks, down to those of one tab, is drawn in `docs/architecture.md`.
"""

import asyncio
import platform
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from colab_cdp_agent import __version__, keyboard
from colab_cdp_agent.agent_requests import AgentRequests
from colab_cdp_agent.answer import Answer, failed
from colab_cdp_agent.config import Config, policy, state_dir
from colab_cdp_agent.housekeeping import Housekeeping
from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.awake import Awake
from colab_cdp_agent.keep.first_browser import first_browser
from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.log import Format
from colab_cdp_agent.tell.alerts.ringing import Ringing
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.broker import BrokerAddress, EmbeddedBroker
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_agent.tell.commands import Gate
from colab_cdp_agent.tell.dispatcher import Dispatcher
from colab_cdp_agent.tell.invitation import invitation
from colab_cdp_agent.tell.messenger import Messenger
from colab_cdp_agent.tell.publisher import Identity, Publisher
from colab_cdp_agent.tell.screen import Screen, standing
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_agent.tell.web.page import PhonePage
from colab_cdp_agent.watch.attention import left_open
from colab_cdp_agent.watch.browsers import Browsers
from colab_cdp_agent.watch.clock import Slept, watch_clock
from colab_cdp_agent.watch.company import Company
from colab_cdp_agent.watch.diary import RunsLeftOpen
from colab_cdp_agent.watch.house import House
from colab_cdp_agent.watch.listener import Listener
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.session import Session
from colab_cdp_agent.watch.wishes import Wishes
from colab_cdp_protocols import mqtt


class Options(msgspec.Struct, frozen=True):
    """What the command line says beside the configuration.

    `sites` are the site profiles in the words for a person, where these say more than their names.
    """

    observe: bool = False
    form: Format = "text"
    sites: tuple[str, ...] = ()


class Agent:
    """One agent: the watch over the tabs of one Chrome or several, told to one broker."""

    def __init__(
        self, name: str, config: Config, profiles: tuple[Profile, ...], options: Options
    ) -> None:
        folder = state_dir()
        self._config = config
        self._options = options
        self._policy = tuple(policy(config, observe=options.observe, sites=options.sites))
        self._started = datetime.now(UTC)
        self._identity = Identity(config.mqtt.root, name, uuid.uuid4().hex)

        self._board = Board()
        self._bulletin = Bulletin(
            self._board, config.mqtt.root, name, config.publish, config.commands
        )
        self._ringing = Ringing(config.alerts, folder / f"alerts-{name}", self._bulletin.states)
        self._dispatcher = Dispatcher(
            config.mqtt.root,
            name,
            gate=Gate(config.commands, self._started),
            board=self._board,
            sessions=self._bulletin.states,
            carry_out=self._carry_out,
            note=self._note,
        )
        publisher = Publisher(self._identity, self._board, self._dispatcher.take)
        lan_root = config.mqtt.root if config.web.lan else None
        broker = EmbeddedBroker(folder / "broker", lan_root=lan_root)
        self._messenger = Messenger(config.mqtt, broker, publisher, self._invite)

        archive = config.archive
        archive_folder = archive.dir or folder / "archive"
        self._house = House(
            Archive(archive_folder, archive.max_bytes, archive.keep, ansi=archive.ansi),
            Journal(journal_path(folder, name), archive.keep),
            Company(),
            Wishes(folder / f"wishes-{name}.json"),
        )
        self._awake = Awake(on=config.awake, changed=self._tell_info)
        self._raised: dict[str, list[mqtt.Attention]] = {}
        self._runs = RunsLeftOpen()
        first = first_browser(folder / f"browser-{name}.json", config.browsers)
        self._browsers = Browsers(
            config.browsers, first, profiles, self._enrol, self._tell_info, self._tell_consent
        )

        self._housekeeping = Housekeeping(
            TopicFile(folder / f"topics-{name}.json"),
            self._board,
            self._bulletin,
            self._browsers,
            self._house,
        )
        self._requests = AgentRequests(
            config,
            self._board,
            self._bulletin,
            self._browsers,
            wishes=self._house.wishes,
            info=self._info,
        )
        self._screen = Screen(options.form, self._bulletin.states, self._headline)
        self._page = PhonePage(
            config, self._identity, lambda: self._messenger.link, folder, self._screen.say
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Watch and tell until `stop` is set, and leave every tab as it is.

        Raises:
            NameTakenError: another agent has this name at the broker.
            BrokerRefusedError: the broker refused the login.

        """
        for line in self._policy:
            self._screen.say(line)
        self._tell_info()
        self._raised = left_open(self._house.journal)
        self._runs.recall(self._house.journal, self._started)
        self._house.wishes.recall(self._started)
        self._browsers.pause(on=self._house.wishes.paused)
        self._house.journal.began(self._started, __version__)
        try:
            async with asyncio.TaskGroup() as tasks:
                working = [
                    tasks.create_task(self._browsers.run(), name="browsers"),
                    tasks.create_task(self._messenger.run(), name="broker"),
                    tasks.create_task(self._dispatcher.run(), name="requests"),
                    tasks.create_task(self._ringing.run(), name="alerts"),
                    tasks.create_task(self._house.archive.run(), name="archive"),
                    tasks.create_task(self._house.journal.run(), name="journal"),
                    tasks.create_task(self._awake.run(), name="awake"),
                    tasks.create_task(watch_clock(self._slept), name="clock"),
                    tasks.create_task(self._housekeeping.run(), name="house"),
                    tasks.create_task(self._screen.run(), name="screen"),
                    tasks.create_task(self._heed_keyboard(), name="keyboard"),
                    tasks.create_task(self._page.run(), name="phone page"),
                ]
                await stop.wait()
                await self._dispatcher.stop()
                for task in working:
                    task.cancel()
        finally:
            await self._house.archive.flush()
            self._house.journal.ended(datetime.now(UTC))
            await self._house.journal.close()
            await self._messenger.stop()
        self._screen.say("Stopped. The tabs were left as they are.")

    def _enrol(self, browser: str, session: str, profile: Profile) -> Session:
        return Session(
            session,
            profile,
            browser=browser,
            policy=self._config.duties,
            house=self._house,
            patterns=self._config.progress.patterns,
            raised=self._raised.pop(session, []),
            run=self._runs.take(session, datetime.now(UTC)),
            listener=Listener(self._tell_state, self._tell_happening, self._bulletin.log),
            paused=self._browsers.paused,
            observe=self._options.observe,
        )

    def _tell_happening(self, session: str, happening: mqtt.Happening) -> None:
        self._bulletin.happening(session, happening)
        self._ringing.happening(session, happening)

    def _tell_state(self, state: mqtt.State) -> None:
        self._bulletin.state(state)
        self._ringing.state(self._bulletin.states[state.id])
        self._awake.want(any(each.kernel == "busy" for each in self._bulletin.states.values()))

    def _tell_consent(self, browser: str, happening: mqtt.Happening) -> None:
        self._house.journal.event("", happening)
        self._ringing.browser(browser, happening)

    def _slept(self, slept: Slept) -> None:
        if slept.kind != "clock_set":
            self._house.company.slept = slept
        self._browsers.slept(slept)

    async def _heed_keyboard(self) -> None:
        """Ask for consent once more whenever Enter is pressed."""
        while keyboard.has_terminal():
            await keyboard.enter()
            if self._browsers.ask_again():
                self._screen.say("Chrome asks once more: click Allow in it.")

    async def _carry_out(self, session: str | None, verb: str, args: Any) -> Answer:
        """Carry out a request, of one session or of the agent itself."""
        if session is None:
            return await self._requests.carry_out(verb)
        found = self._browsers.session(session)
        return failed("the session is gone") if found is None else await found.carry_out(verb, args)

    def _note(self, session: str | None, happening: mqtt.Happening) -> None:
        """Keep what was asked and what came of it; whoever follows a session hears of it too."""
        self._house.journal.event(session or "", happening)
        if session in self._bulletin.states:
            self._bulletin.happening(session, happening)

    def _tell_info(self) -> None:
        self._bulletin.info(self._info())

    def _info(self) -> mqtt.Info:
        return mqtt.Info(
            version=__version__,
            host=platform.node(),
            started=self._started,
            policy=self._policy,
            chrome=self._browsers.info,
            browsers=self._browsers.several or msgspec.UNSET,
            sites=tuple(str(site) for site in self._config.sites),
            broker=self._messenger.kind,
            instance=self._identity.instance,
            awake=self._awake.says,
        )

    def _invite(self, broker: BrokerAddress) -> None:
        for line in invitation(broker, to_terminal=sys.stdout.isatty()):
            self._screen.say(line)

    def _headline(self) -> tuple[str, str]:
        """Return how it stands with Chrome, and where page and broker are: what is long is cut."""
        browsers = self._browsers.several or (self._browsers.info,)
        says = " · ".join(map(standing, browsers))
        under = f"{self._identity.root}/{self._identity.agent}"
        where = f"page: {self._page.says} · MQTT: {self._messenger.says} · {under}"
        return f"Chrome: {says}", where
