"""The station: what is known of every agent on a broker, out of what is retained there.

Pure: messages in, changes out. What is no topic or payload of the contract is passed over and
counted. Memory is bounded, whatever is published.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from colab_cdp_agent.remote.news import STATUSES, AgentNews, Change, SessionNews, is_sound
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.topic import Topic, is_level

MOST_AGENTS: Final = 500
MOST_SESSIONS: Final = 5_000
"""Of all agents together."""
LARGEST_BYTES: Final = 65_536
LONGEST_REASON: Final = 500
OF_AGENTS: Final = (mqtt.STATUS, mqtt.INFO, mqtt.SESSIONS)
"""What tells that there is an agent; the states of its sessions are asked for then."""


class Station:
    """Hears every agent below one root.

    Args:
        root: the first levels of their topics.

    Attributes:
        agents: by name.
        passed_over: how many messages could not be read.
        where: the broker, for a sentence; empty before there was one.
        lost: why there is no broker, null while there is one.
        lost_at: since when.

    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.agents: dict[str, AgentNews] = {}
        self.passed_over = 0
        self.where = ""
        self.lost: str | None = "not connected yet"
        self.lost_at: datetime | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """The subscriptions by which agents are found."""
        return tuple(topic.filter(root=self.root) for topic in OF_AGENTS)

    def states_of(self, agent: str) -> str:
        """Return the subscription to the states of an agent's sessions."""
        return mqtt.STATE.filter(root=self.root, agent=agent)

    def reached(self, where: str, at: datetime) -> Change:
        """Take note that a broker is there; which agents are, it will tell."""
        self.where, self.lost, self.lost_at = where, None, None
        for agent in self.agents.values():
            agent.status = None
        return Change(at, broker="connected", where=where)

    def lose(self, reason: str, at: datetime) -> Change | None:
        """Take note that the broker is gone; return what changed by it."""
        reason = reason[:LONGEST_REASON]
        if self.lost == reason:
            return None
        self.lost, self.lost_at = reason, self.lost_at or at
        return Change(at, broker="lost", reason=reason)

    def hear(self, topic: str, payload: bytes, *, retained: bool, at: datetime) -> list[Change]:
        """Take a message, and return what is known differently by it.

        Args:
            topic: where it was published.
            payload: what.
            retained: whether the broker had kept it.
            at: the present.

        """
        try:
            row, levels = self._place(topic)
            told = _read(row, payload) if payload else None
            return list(self._take(row, levels, told, retained=retained, at=at))
        except mqtt.MalformedPayloadError:
            self.passed_over += 1
            return []

    def _place(self, topic: str) -> tuple[Topic, dict[str, str]]:
        for row in (mqtt.STATE, *OF_AGENTS):
            levels = row.read(topic, root=self.root)
            if levels is not None and all(map(is_level, levels.values())):
                return row, levels
        raise mqtt.MalformedPayloadError(f"{topic}: no topic that tells of an agent")

    def _take(
        self, row: Topic, levels: dict[str, str], told: Any, *, retained: bool, at: datetime
    ) -> Iterator[Change]:
        """Take what a topic of ours says, null where it was cleared."""
        agent = self._agent(levels["agent"], told)
        if row is mqtt.STATE:
            yield from self._state(agent, levels["id"], told, retained=retained, at=at)
            return
        if told is not None and not retained:
            agent.at = at
        if row is mqtt.STATUS:
            yield from self._status(agent, told, at)
        elif row is mqtt.INFO and agent.info != told:
            agent.info = told
            yield Change(at, agent.name, info=told)
        elif row is mqtt.SESSIONS:
            yield from _drop_unlisted(agent, told or (), at)

    def _agent(self, name: str, told: Any) -> AgentNews:
        agent = self.agents.get(name)
        if agent is None:
            agent = AgentNews(name)
            if told is not None:
                if len(self.agents) >= MOST_AGENTS:
                    raise mqtt.MalformedPayloadError(f"{name}: one agent too many")
                self.agents[name] = agent
        return agent

    def _status(self, agent: AgentNews, told: str | None, at: datetime) -> Iterator[Change]:
        status = STATUSES[told] if told is not None else None
        if status is None:
            self.agents.pop(agent.name, None)
        if agent.status != status:
            agent.status = status
            yield Change(at, agent.name, status=status)

    def _state(
        self,
        agent: AgentNews,
        session: str,
        state: mqtt.State | None,
        *,
        retained: bool,
        at: datetime,
    ) -> Iterator[Change]:
        before = agent.sessions.get(session)
        if state is None:
            if before is not None:
                del agent.sessions[session]
                yield Change(at, agent.name, session, state=None)
            return
        if state.id != session:
            raise mqtt.MalformedPayloadError(f"{session}: the state is of another session")
        # Another computer's clock may be ahead of ours, or behind.
        of = min(at, state.updated) if retained else at
        agent.at = max(agent.at or of, of)
        if before is None:
            if sum(len(each.sessions) for each in self.agents.values()) >= MOST_SESSIONS:
                raise mqtt.MalformedPayloadError(f"{session}: one session too many")
            agent.sessions[session] = SessionNews(state, of)
        else:
            changed = before.state != state
            before.hear(state, of)
            if not changed:
                return
        yield Change(at, agent.name, session, state=state)


def _drop_unlisted(
    agent: AgentNews, listed: tuple[mqtt.SessionEntry, ...], at: datetime
) -> Iterator[Change]:
    """Drop the sessions that are not on the agent's list: nobody may have heard them go."""
    still = {entry.id for entry in listed}
    for session in [each for each in agent.sessions if each not in still]:
        del agent.sessions[session]
        yield Change(at, agent.name, session, state=None)


def _read(row: Topic, payload: bytes) -> Any:
    """Return what a payload says.

    Raises:
        MalformedPayloadError: nothing that can be used.

    """
    if len(payload) > LARGEST_BYTES:
        raise mqtt.MalformedPayloadError(f"{row.pattern}: {len(payload)} bytes")
    told = mqtt.decode(row, payload)
    if row is mqtt.STATUS and told not in STATUSES:
        raise mqtt.MalformedPayloadError(f"{row.pattern}: neither online nor offline")
    if isinstance(told, mqtt.State | mqtt.Info) and not is_sound(told):
        raise mqtt.MalformedPayloadError(f"{row.pattern}: a time without its zone")
    return told
