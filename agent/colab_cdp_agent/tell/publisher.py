"""The board at the broker, over aiomqtt: the last will, the goodbye, and who else has our name."""

import asyncio
import ssl
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import msgspec
import structlog

from colab_cdp_agent.retry import first_leaf
from colab_cdp_agent.tell.board import Board
from colab_cdp_protocols import mqtt

KEEPALIVE_S = 20
ANSWER_LIMIT_S = 10.0
GOODBYE_LIMIT_S = 2.0
RETAINED_LIMIT_S = 0.5
RIVAL_LIMIT_S = 2.0
UNANSWERED = "Operation timed out"
"""What aiomqtt says of a broker that takes the connection and does not answer."""
WINDOW = 20
"""How many messages wait for the broker's acknowledgement at a time."""

log = structlog.get_logger()

Answer = Callable[[str, bytes], mqtt.Response | None]
"""Takes a verb of the agent and its payload, and returns the answer; None is no answer."""


class BrokerLostError(Exception):
    """The broker cannot be reached, or the connection to it broke off."""


class BrokerRefusedError(Exception):
    """Broker and settings do not fit: the login is refused, or a certificate not trusted."""


class NameTakenError(Exception):
    """Another agent that is alive has the same name at this broker."""


class Link(msgspec.Struct, frozen=True):
    """Where the broker is and how to log in."""

    host: str
    port: int
    tls: bool = False
    websocket_path: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None


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
        answer: answers the agent's own verbs.

    """

    def __init__(self, identity: Identity, board: Board, answer: Answer) -> None:
        self._levels = {"root": identity.root, "agent": identity.agent}
        self._status = mqtt.STATUS.at(**self._levels)
        self._board = board
        self._answer = answer
        self._instance = identity.instance
        self._ours = False

    async def run(self, link: Link, connected: Callable[[], None]) -> None:
        """Connect to a broker and publish until the connection is lost; say when it stands.

        Raises:
            BrokerLostError: no connection, or no longer.
            BrokerRefusedError: the login or the certificate is refused, on the first connection
                only: later it is an outage like any other.
            NameTakenError: found on the first connection only.

        """
        async with self._connect(link) as client:
            if not self._ours:
                await self._claim(client)
                self._ours = True
            try:
                await self._tell_all(client, connected)
            finally:
                # However a client leaves that can still speak, its last will is not sent.
                await self._say_goodbye(client)

    @asynccontextmanager
    async def _connect(self, link: Link) -> AsyncGenerator[aiomqtt.Client]:
        try:
            client = await self._open(link)
        except BrokerRefusedError as error:
            if self._ours:
                raise BrokerLostError(str(error)) from error
            raise
        try:
            yield client
        except* aiomqtt.MqttError as group:
            lost = first_leaf(group)
            raise BrokerLostError(f"{link.host}:{link.port}: {lost}") from lost
        finally:
            await self._leave(client, GOODBYE_LIMIT_S)

    async def _open(self, link: Link) -> aiomqtt.Client:
        client = aiomqtt.Client(
            link.host,
            link.port,
            username=link.username,
            password=link.password,
            identifier=f"colab-cdp-agent-{uuid.uuid4().hex[:12]}",
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            keepalive=KEEPALIVE_S,
            timeout=ANSWER_LIMIT_S,
            will=aiomqtt.Will(self._status, mqtt.OFFLINE, qos=1, retain=True),
            transport="websockets" if link.websocket_path else "tcp",
            websocket_path=link.websocket_path,
            tls_context=_tls_context(link.ca_file) if link.tls else None,
        )
        client.pending_calls_threshold = 10 * WINDOW
        try:
            await client.__aenter__()
        except aiomqtt.MqttError as error:
            if str(error) == UNANSWERED:
                await self._leave(client, 0)
            lost = BrokerLostError(f"{link.host}:{link.port}: {error}")
            raise _refusal(str(error), link) or lost from error
        except asyncio.CancelledError:
            await self._leave(client, 0)
            raise
        return client

    async def _leave(self, client: aiomqtt.Client, within: float) -> None:
        """Close the connection, also one that was never answered: it would stay open."""
        client.timeout = within
        try:
            await client.__aexit__(None, None, None)
        except aiomqtt.MqttError as error:
            log.debug("the broker did not take the goodbye", error=str(error))

    async def _claim(self, client: aiomqtt.Client) -> None:
        """Make sure that no living agent has our name at this broker."""
        info_topic = mqtt.INFO.at(**self._levels)
        response_topic = mqtt.AGENT_RESPONSE.at(**self._levels, verb="sessions")
        for topic in (self._status, info_topic, response_topic):
            await client.subscribe(topic, qos=1)
        found = await _collect(client, {self._status, info_topic}, RETAINED_LIMIT_S)
        rival = _rival(found.get(info_topic, b""))
        if found.get(self._status) == mqtt.ONLINE and rival != self._instance:
            request = mqtt.AGENT_REQUEST.at(**self._levels, verb="sessions")
            await client.publish(request, b"", qos=1)
            if await _collect(client, {response_topic}, RIVAL_LIMIT_S):
                agent = self._levels["agent"]
                raise NameTakenError(
                    f"another agent named {agent!r} is alive on this broker: give one of the two"
                    " another name with --name"
                )
        for topic in (self._status, info_topic, response_topic):
            await client.unsubscribe(topic)

    async def _tell_all(self, client: aiomqtt.Client, connected: Callable[[], None]) -> None:
        await client.subscribe(self._status, qos=1)
        await client.subscribe(mqtt.AGENT_REQUEST.pattern.format(**self._levels, verb="+"), qos=1)
        await client.publish(self._status, mqtt.ONLINE, qos=1, retain=True)
        self._board.repeat_all()
        connected()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(client), name="mqtt listen")
            tasks.create_task(self._follow_board(client), name="mqtt publish")

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Answer requests; a dead broker is noticed only by whoever reads."""
        async for message in client.messages:
            if message.retain:
                continue
            payload = message.payload if isinstance(message.payload, bytes) else b""
            if message.topic.value == self._status:
                if payload != mqtt.ONLINE:
                    # The last will of a connection of ours that broke off may come late.
                    await client.publish(self._status, mqtt.ONLINE, qos=1, retain=True)
                continue
            verb = self._verb(message.topic.value)
            response = None if verb is None else self._answer(verb, payload)
            if response is not None:
                topic = mqtt.AGENT_RESPONSE.at(**self._levels, verb=verb or "")
                await client.publish(topic, mqtt.encode(response), qos=1)

    def _verb(self, topic: str) -> str | None:
        """Return the verb that a topic asks for; None where it is no request, or no verb can be."""
        verb = topic.rsplit("/", 1)[-1]
        if not mqtt.is_level(verb) or topic != mqtt.AGENT_REQUEST.at(**self._levels, verb=verb):
            return None
        return verb

    async def _follow_board(self, client: aiomqtt.Client) -> None:
        window = asyncio.Semaphore(WINDOW)

        async def put(topic: str, payload: bytes) -> None:
            async with window:
                await client.publish(topic, payload, qos=1, retain=True)
            self._board.sent(topic, payload)

        while True:
            values, events = await self._board.due()
            await asyncio.gather(*(put(topic, payload) for topic, payload in values))
            for event in events:
                await client.publish(*event, qos=1)
                self._board.said(event)

    async def _say_goodbye(self, client: aiomqtt.Client) -> None:
        try:
            async with asyncio.timeout(GOODBYE_LIMIT_S):
                await client.publish(self._status, mqtt.OFFLINE, qos=1, retain=True)
        except (aiomqtt.MqttError, TimeoutError) as error:
            log.debug("the broker did not take the goodbye", error=str(error))


async def _collect(client: aiomqtt.Client, topics: set[str], within: float) -> dict[str, bytes]:
    """Return the payloads that arrive on these topics, until each has one or time is up."""
    found: dict[str, bytes] = {}
    try:
        async with asyncio.timeout(within):
            async for message in client.messages:
                if message.topic.value in topics and isinstance(message.payload, bytes):
                    found[message.topic.value] = message.payload
                if topics <= found.keys():
                    break
    except TimeoutError:
        return found
    return found


def _rival(info: bytes) -> str | None:
    """Return which instance an `info` payload is of, None where it does not say."""
    try:
        payload = mqtt.decode(mqtt.INFO, info)
    except mqtt.MalformedPayloadError:
        return None
    return str(payload.instance)


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise BrokerRefusedError(
            f"mqtt.ca_file {ca_file}: {error.strerror or error}; expected certificates as PEM"
        ) from error


def _refusal(text: str, link: Link) -> BrokerRefusedError | None:
    """Return what the person should set, None where trying again may help."""
    where = f"{link.host}:{link.port}"
    said = text.lower()
    if "not authorized" in said or "bad user name" in said or "bad username" in said:
        return BrokerRefusedError(
            f"{where} refuses the user or password: set COLAB_CDP_AGENT_MQTT_USERNAME and"
            " COLAB_CDP_AGENT_MQTT_PASSWORD, or mqtt.username and mqtt.password"
        )
    if "certificate verify failed" in said:
        return BrokerRefusedError(
            f"{where} has a certificate that is not trusted: {text}; name the file of its"
            " authority in mqtt.ca_file, and its own name in mqtt.url"
        )
    return None
