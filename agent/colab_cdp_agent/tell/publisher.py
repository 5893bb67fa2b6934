"""The board at the broker: claimed under our name, followed without end, with a last will."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from colab_cdp_agent.retry import first_leaf
from colab_cdp_agent.tell.board import SHORTEST_INTERVAL_S, Board
from colab_cdp_agent.tell.claim import Claim, NameTakenError
from colab_cdp_agent.tell.connection import GOODBYE_LIMIT_S, Connection, Message, connect
from colab_cdp_agent.tell.event_queue import EventQueue
from colab_cdp_agent.tell.ghosts import Ghosts
from colab_cdp_agent.tell.link import BrokerLostError, BrokerRefusedError, Link
from colab_cdp_protocols import mqtt

CLAIM_LIMIT_S = 2.0
ANSWER_WAIT_S = 0.2
RIVAL_WAIT_S = 1.0
WINDOW = 20
"""How many values wait for the broker's acknowledgement at a time."""

log = structlog.get_logger()


class Take(Protocol):
    """Takes a request: its topic, its payload, and whether the broker had kept it."""

    def __call__(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Return at once."""


class Identity(msgspec.Struct, frozen=True):
    """The first levels of every topic, and which run of which process speaks under them."""

    root: str
    agent: str
    instance: str


class Publisher:
    """Keeps what stands on the board at a broker.

    Args:
        identity: who speaks.
        board: what is to be told.
        take: takes the requests that come.

    """

    def __init__(self, identity: Identity, board: Board, take: Take) -> None:
        self._instance = identity.instance
        self._levels = {"root": identity.root, "agent": identity.agent}
        self._status = mqtt.STATUS.at(**self._levels)
        self._board = board
        self._take = take
        self._claim = Claim(identity.root, identity.agent, identity.instance)
        self._ghosts = Ghosts(identity.root, identity.agent, board)
        self._ours = False
        self._online = False
        self._dropped = 0
        self._cleared: set[str] = set()  # what was cleared, and is not heard of yet

    async def run(self, link: Link, connected: Callable[[], None]) -> None:
        """Connect to a broker and publish until the connection is lost; say when it stands.

        Raises:
            BrokerLostError: no connection, or no longer.
            BrokerRefusedError: the login or the certificate is refused, on the first connection
                only: later it is an outage like any other.
            NameTakenError: another agent had our name before; found on the first connection only.

        """
        try:
            async with connect(link, will=(self._status, mqtt.OFFLINE)) as connection:
                await self._work(connection, link, connected)
        except BrokerRefusedError as error:
            if self._ours:
                raise BrokerLostError(str(error)) from error
            raise
        except ExceptionGroup as group:
            expected, unexpected = group.split((NameTakenError, BrokerLostError))
            if expected is None or unexpected is not None:
                raise
            raise first_leaf(expected.subgroup(NameTakenError) or expected) from group

    async def _work(
        self, connection: Connection, link: Link, connected: Callable[[], None]
    ) -> None:
        self._online = False
        self._cleared.clear()
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._subscribe(connection)
                tasks.create_task(self._listen(connection), name="mqtt listen")
                if not self._ours:
                    await self._claim_name(connection)
                await self._come_online(connection)
                connected()
                tasks.create_task(self._ghosts.clear(link), name="mqtt ghosts")
                tasks.create_task(self._follow_values(connection), name="mqtt values")
                events, answers = self._board.events, self._board.answers
                tasks.create_task(self._follow(events, connection), name="mqtt events")
                tasks.create_task(self._follow(answers, connection), name="mqtt answers")
                tasks.create_task(self._follow_logs(connection), name="mqtt logs")
        finally:
            if self._online:
                # However a client leaves that can still speak, its last will is not sent.
                await self._say_goodbye(connection)

    async def _subscribe(self, connection: Connection) -> None:
        await connection.subscribe(self._status, mqtt.HOMEASSISTANT_STATUS.pattern)
        if not self._ours:
            self._claim.begin()
            # Claims must be heard in one order by all who make them.
            await connection.subscribe(self._claim.topic, self._claim.response_topic, qos=1)

    async def _subscribe_requests(self, connection: Connection) -> None:
        """Ask for requests once the name is ours: another agent's are not ours to answer."""
        rows = (mqtt.AGENT_REQUEST, mqtt.SESSION_REQUEST)
        await connection.subscribe(*(row.filter(**self._levels) for row in rows))

    async def _claim_name(self, connection: Connection) -> None:
        """Give every other agent of this name the time to answer; `_listen` hears it.

        An answer that comes later still counts, for as long as this connection stands.
        """
        await connection.publish(self._claim.topic, self._instance.encode())
        try:
            async with asyncio.timeout(CLAIM_LIMIT_S):
                await self._claim.heard_back.wait()
        except TimeoutError:
            log.debug("the broker does not pass our own requests on to us")
            self._claim.heard_back.set()
        await asyncio.sleep(ANSWER_WAIT_S)
        if self._claim.contested:
            await asyncio.sleep(RIVAL_WAIT_S)
        self._ours = True

    async def _come_online(self, connection: Connection) -> None:
        self._online = True
        await self._subscribe_requests(connection)
        self._board.repeat_all()
        self._board.logs.drop()
        await connection.publish(self._status, mqtt.ONLINE, retain=True)
        if (dropped := self._board.events.dropped) > self._dropped:
            log.warning("events were lost while there was no broker", count=dropped - self._dropped)
            self._dropped = dropped

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.messages():
            if message.topic == self._status:
                await self._hear_status(connection, message)
            elif message.topic in {self._claim.topic, self._claim.response_topic}:
                await self._hear_claim(connection, message)
            elif message.topic == mqtt.HOMEASSISTANT_STATUS.pattern:
                self._hear_homeassistant(message)
            elif not message.payload and message.topic in self._cleared:
                # What clears a retained request comes back to us like the press of a button.
                self._cleared.discard(message.topic)
            elif self._online:
                self._take(message.topic, message.payload, retained=message.retained)

    async def _hear_status(self, connection: Connection, message: Message) -> None:
        if not self._online:
            self._claim.contested |= message.payload == mqtt.ONLINE
        elif not message.retained and message.payload != mqtt.ONLINE:
            # The last will of a connection of ours that broke off may come late; or an agent that
            # claimed our name too late leaves, and may have overwritten more.
            await connection.publish(self._status, mqtt.ONLINE, retain=True)
            self._board.repeat_all()

    async def _hear_claim(self, connection: Connection, message: Message) -> None:
        refusal = self._claim.hear(message)
        if refusal is not None:
            await connection.publish(self._claim.response_topic, mqtt.encode(refusal))

    def _hear_homeassistant(self, message: Message) -> None:
        """Announce every device once more to a Home Assistant that has just come up."""
        if not message.retained and message.payload == mqtt.ONLINE:
            agent = self._levels["agent"]
            self._board.repeat(lambda topic: mqtt.DISCOVERY.read(topic, agent=agent) is not None)

    async def _follow_values(self, connection: Connection) -> None:
        window = asyncio.Semaphore(WINDOW)

        async def put(topic: str, payload: bytes) -> None:
            if not payload and mqtt.read_request(topic, **self._levels) is not None:
                self._cleared.add(topic)
            await connection.publish(topic, payload, retain=True)
            self._board.sent(topic, payload)
            window.release()

        async with asyncio.TaskGroup() as sending:
            while True:
                await window.acquire()
                sending.create_task(put(*await self._board.due()))

    async def _follow(self, queue: EventQueue, connection: Connection) -> None:
        while True:
            event = await queue.due()
            await connection.publish(event.topic, event.payload, qos=event.qos)
            queue.sent(event)

    async def _follow_logs(self, connection: Connection) -> None:
        while True:
            for topic, payload in await self._board.logs.due():
                await connection.publish(topic, payload, qos=mqtt.LOG.qos)
            await asyncio.sleep(SHORTEST_INTERVAL_S)

    async def _say_goodbye(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(GOODBYE_LIMIT_S):
                await connection.publish(self._status, mqtt.OFFLINE, retain=True)
        except (BrokerLostError, TimeoutError) as error:
            log.debug("the broker did not take the goodbye", error=repr(error))
