"""`colab-cdp-agent send`: one request to one agent, and its answer."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import structlog

from colab_cdp_agent.remote.broker_address import Brokers
from colab_cdp_agent.remote.news import STATUSES, Status
from colab_cdp_agent.remote.request import Ask, BadRequestError, Letter, find_session, write_letter
from colab_cdp_agent.retry import first_leaf
from colab_cdp_agent.tell.connection import Connection, Message, connect
from colab_cdp_agent.tell.link import BrokerLostError, Link
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.topic import is_level

FIND_LIMIT_S = 3.0
"""How long a broker may take to hand out what it retains."""
PICTURE_LIMIT_S = 5.0
"""How long a picture may come after the word that it was sent."""
MOST_AGENTS = 300
SCREENSHOT = "screenshot"
"""The verb whose answer is a picture too."""


log = structlog.get_logger()


class NobodyAnswersError(Exception):
    """The agent is not there, or does not answer; `str` says which."""


class Answered(msgspec.Struct, frozen=True):
    """What came back; a picture for whoever asked for one."""

    response: mqtt.Response
    picture: bytes | None = None


class Sending:
    """One request on one connection.

    Args:
        ask: what is wanted.
        where: the broker, for a sentence.

    Attributes:
        asked: whether the request may be on its way: it must not be sent once more.

    """

    def __init__(self, ask: Ask, where: str) -> None:
        self._ask = ask
        self._where = where
        self.asked = False
        self._statuses: dict[str, Status] = {}
        self._listed: tuple[mqtt.SessionEntry, ...] | None = None
        self._letter: Letter | None = None
        self._picture_topic: str | None = None
        self._response: mqtt.Response | None = None
        self._picture: bytes | None = None
        self._news = asyncio.Event()

    async def read(self, connection: Connection) -> None:
        """Take what comes, for ever."""
        async for message in connection.messages():
            try:
                self._take(message)
            except mqtt.MalformedPayloadError:
                continue  # not from an agent that we could understand
            self._news.set()

    async def carry_out(self, connection: Connection) -> Answered:
        """Find whom it is for, ask, and return the answer.

        Raises:
            BadRequestError: the agent has no such session.
            NobodyAnswersError: the agent is not there, or does not answer.

        """
        ask = self._ask
        session = await self._find(connection)
        self._letter = letter = write_letter(ask, session, datetime.now(UTC))
        await connection.subscribe(letter.response_topic)
        if ask.verb.name == SCREENSHOT and session is not None:
            levels = {"root": ask.root, "agent": ask.target.agent, "id": session}
            self._picture_topic = mqtt.SCREENSHOT.at(**levels)
            await connection.subscribe(self._picture_topic)
        self.asked = True
        await connection.publish(letter.topic, letter.payload)
        await self._until(lambda: self._response is not None or self._offline, ask.wait_s)
        if self._response is None:
            raise NobodyAnswersError(self._why_no_answer())
        if self._picture_topic is not None and self._response.status == "ok":
            await self._until(lambda: self._picture is not None, PICTURE_LIMIT_S)
        return Answered(self._response, self._picture)

    @property
    def _offline(self) -> bool:
        return self._statuses.get(self._ask.target.agent) == "offline"

    async def _find(self, connection: Connection) -> str | None:
        """Return the id of the session that is meant; None where it is the agent."""
        root, (agent, session) = self._ask.root, self._ask.target
        topics = [mqtt.STATUS.filter(root=root)]
        if session is not None:
            topics.append(mqtt.SESSIONS.at(root=root, agent=agent))
        await connection.subscribe(*topics)

        def is_found() -> bool:
            known = session is None or self._listed is not None
            return agent in self._statuses and (known or self._offline)

        await self._until(is_found, FIND_LIMIT_S)
        if self._statuses.get(agent) != "online":
            raise NobodyAnswersError(self._why_absent())
        return None if session is None else find_session(self._listed or (), session)

    async def _until(self, holds: Callable[[], bool], limit_s: float) -> None:
        """Wait until something holds, or so many seconds have passed."""
        deadline = time.monotonic() + limit_s
        while not holds():
            self._news.clear()
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    await self._news.wait()
            except TimeoutError:
                return

    def _take(self, message: Message) -> None:
        root, letter = self._ask.root, self._letter
        if letter is not None and message.topic == letter.response_topic:
            response = mqtt.decode(mqtt.AGENT_RESPONSE, message.payload)
            if response.transaction == letter.transaction and not message.retained:
                self._response = response
        elif message.topic == self._picture_topic:
            self._picture = None if message.retained else message.payload
        elif message.topic == mqtt.SESSIONS.at(root=root, agent=self._ask.target.agent):
            self._listed = mqtt.decode(mqtt.SESSIONS, message.payload)
        elif (levels := mqtt.STATUS.read(message.topic, root=root)) is not None:
            self._take_status(levels["agent"], mqtt.decode(mqtt.STATUS, message.payload))

    def _take_status(self, agent: str, status: str) -> None:
        known = agent in self._statuses or agent == self._ask.target.agent
        if status in STATUSES and is_level(agent):
            if known or len(self._statuses) < MOST_AGENTS:
                self._statuses[agent] = STATUSES[status]
        else:
            self._statuses.pop(agent, None)

    def _why_absent(self) -> str:
        agent = self._ask.target.agent
        if self._offline:
            return f"{agent} is offline: nobody is there to answer"
        there = ", ".join(f"{name} ({how})" for name, how in sorted(self._statuses.items()))
        return f"no agent named {agent} on {self._where}; there are: {there or 'none'}"

    def _why_no_answer(self) -> str:
        agent = self._ask.target.agent
        if self._offline:
            return f"{agent} went offline before it answered"
        return f"{agent} is online and has not answered within {self._ask.wait_s:g} s"


async def send(brokers: Brokers, ask: Ask) -> Answered:
    """Send a request and return its answer; of a broker's addresses the first that is there counts.

    Raises:
        BadRequestError: the agent has no such session.
        BrokerLostError: the broker is not there.
        BrokerRefusedError: the broker refused the login.
        NobodyAnswersError: the agent is not there, or does not answer.

    """
    for _ in range(brokers.addresses - 1):
        try:
            return await _send(await brokers.find(), ask)
        except BrokerLostError as error:
            log.debug("another address is tried", error=str(error))
    return await _send(await brokers.find(), ask)


async def _send(link: Link, ask: Ask) -> Answered:
    sending = Sending(ask, link.where)
    try:
        async with connect(link) as connection, asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(sending.read(connection), name="answers")
            answered = await sending.carry_out(connection)
            reading.cancel()
    except ExceptionGroup as group:
        expected, unexpected = group.split((BadRequestError, BrokerLostError, NobodyAnswersError))
        if expected is None or unexpected is not None:
            raise
        error = first_leaf(expected)
        if isinstance(error, BrokerLostError) and sending.asked:
            raise NobodyAnswersError(f"the broker went away before the answer: {error}") from group
        raise error from group
    return answered
