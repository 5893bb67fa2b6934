"""The bulletin: what is known of sessions and agent, put on the board topic by topic."""

from collections.abc import Iterable

import msgspec

from colab_cdp_agent import __version__
from colab_cdp_agent.config import Commands, Publish
from colab_cdp_agent.tell import buttons
from colab_cdp_agent.tell.board import Board
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.discovery import Discovery
from colab_cdp_protocols.homeassistant import OF_AGENT, HomeAssistant


class Bulletin:
    """Keeps every topic of one agent on the board.

    Args:
        board: what it is put on.
        root, agent: the first levels of every topic.
        publish: what is published beside the state.
        commands: what may be asked for, and so has a button in Home Assistant.

    Attributes:
        states: the state of every session, as it was published last.

    """

    def __init__(
        self, board: Board, root: str, agent: str, publish: Publish, commands: Commands
    ) -> None:
        self.states: dict[str, mqtt.State] = {}
        self._info: mqtt.Info | None = None
        self._board = board
        self._levels = {"root": root, "agent": agent}
        self._publish = publish
        self._homeassistant = HomeAssistant(
            root,
            agent,
            __version__,
            publish.last_line,
            buttons.of_session(commands),
            buttons.of_agent(commands),
        )

    def info(self, info: mqtt.Info) -> None:
        """Put up who the agent is."""
        # First as a device: those of its sessions are reached through it.
        self._announce(OF_AGENT, self._homeassistant.of_agent())
        self._board.set(mqtt.INFO.at(**self._levels), mqtt.encode(info))
        self._info = info
        self._count()

    def state(self, state: mqtt.State) -> None:
        """Put up a session's whole status, its plain fields and what follows from it."""
        if not self._publish.last_line:
            state = _without_last_line(state)
        before = self.states.get(state.id)
        if before is None or before.title != state.title:
            device = self._homeassistant.of_session(state.id, state.title, state.site)
            self._announce(state.id, device)
        self.states[state.id] = state
        self._board.set(mqtt.STATE.at(**self._levels, id=state.id), mqtt.encode(state))
        for field, text in mqtt.fields(state, last_line=self._publish.last_line):
            topic = mqtt.FIELD.at(**self._levels, id=state.id, field=field)
            self._board.set(topic, mqtt.encode(text))
        self._summarise()

    def happening(self, session: str, happening: mqtt.Happening) -> None:
        """Send an event of a session."""
        topic = mqtt.EVENT.at(**self._levels, id=session)
        self._board.events.add(topic, mqtt.encode(happening))

    def log(self, session: str, lines: Iterable[str], skipped: int = 0) -> None:
        """Send lines that a session printed, where that is wanted; so many before are skipped."""
        if self._publish.log:
            self._board.logs.add(mqtt.LOG.at(**self._levels, id=session), lines, skipped)

    def forget(self, session: str) -> None:
        """Take down everything about a session."""
        self._board.logs.forget(mqtt.LOG.at(**self._levels, id=session))
        state = self.states.pop(session, None)
        if state is None:
            return
        if self._publish.homeassistant:  # before the topics that its entities read
            self._board.remove(mqtt.DISCOVERY.at(agent=self._levels["agent"], id=session))
        self._board.remove(mqtt.STATE.at(**self._levels, id=session))
        for field, _text in mqtt.fields(state, last_line=True):
            self._board.remove(mqtt.FIELD.at(**self._levels, id=session, field=field))
        self._summarise()

    def sessions(self) -> tuple[mqtt.SessionEntry, ...]:
        """Return every session, with its phase."""
        return tuple(
            mqtt.SessionEntry(state.id, state.title, state.phase) for state in self.states.values()
        )

    def _announce(self, session: str, device: Discovery) -> None:
        """Put up a device for Home Assistant, where that is wanted."""
        if self._publish.homeassistant:
            topic = mqtt.DISCOVERY.at(agent=self._levels["agent"], id=session)
            self._board.set(topic, mqtt.encode(device))

    def _summarise(self) -> None:
        self._board.set(mqtt.SESSIONS.at(**self._levels), mqtt.encode(self.sessions()))
        self._count()

    def _count(self) -> None:
        """Put up how often a person is needed: in the notebooks, and in Chrome itself."""
        waiting = sum(state.phase in mqtt.NEEDS_A_PERSON for state in self.states.values())
        if self._info is not None:
            browsers = self._info.browsers or (self._info.chrome,)
            waiting += sum(browser.state == "needs_you" for browser in browsers)
        self._board.set(mqtt.NEEDS_YOU.at(**self._levels), str(waiting).encode())


def _without_last_line(state: mqtt.State) -> mqtt.State:
    output = msgspec.structs.replace(state.output, last_line=None)
    return msgspec.structs.replace(state, output=output)
