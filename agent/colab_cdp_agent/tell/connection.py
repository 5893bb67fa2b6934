"""One connection to a broker, over aiomqtt: every wait has an end, and its errors are ours."""

import asyncio
import math
import socket
import traceback
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
import msgspec
import structlog

from colab_cdp_agent.tell.link import (
    BrokerLostError,
    BrokerRefusedError,
    Link,
    loss,
    tls_context,
)

KEEPALIVE_S = 20
ANSWER_LIMIT_S = 10.0
GOODBYE_LIMIT_S = 2.0
SUBSCRIPTION_REFUSED = 0x80
UNREAD_KEPT = 1000
"""How many messages of others wait to be read; what comes beyond is lost."""
MOST_PENDING = 200
"""How many calls may wait for the broker before aiomqtt complains of it in its log."""

log = structlog.get_logger()


class Message(msgspec.Struct, frozen=True):
    """A message as it came; `retained` is one that the broker had kept for whoever comes."""

    topic: str
    payload: bytes
    retained: bool


class Connection:
    """A connection that stands. Whatever it is asked ends with the broker's answer or a loss."""

    def __init__(self, client: aiomqtt.Client, link: Link) -> None:
        self._client = client
        self._where = link.where

    async def subscribe(self, *topics: str, qos: int = 0) -> None:
        """Subscribe, and wait for the broker's word.

        With QoS 0 nothing is lost while the connection stands. QoS 1 adds one order for all who
        subscribe, at a cost: in a cluster that loses a machine such a subscription may fall silent.

        Raises:
            BrokerLostError: the connection broke off, or nothing was answered.

        """
        async with self._answered():
            answers = await self._client.subscribe([(topic, qos) for topic in topics])
        refused = [
            topic for topic, answer in zip(topics, answers, strict=True) if _is_refusal(answer)
        ]
        if refused:
            log.warning("the broker does not let us read these topics", topics=refused)

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        """Publish; with QoS 1 wait until the broker has it, with QoS 0 until it is on its way.

        Raises:
            BrokerLostError: the connection broke off, or nothing was answered.

        """
        async with self._answered():
            await self._client.publish(topic, payload, qos=qos, retain=retain)

    async def messages(self) -> AsyncIterator[Message]:
        """Yield what comes, for ever. A dead broker is noticed only by whoever reads.

        Raises:
            BrokerLostError: the connection broke off.

        """
        try:
            async for message in self._client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                yield Message(message.topic.value, payload, message.retain)
        except aiomqtt.MqttError as error:
            raise loss(self._where, error) from error

    @asynccontextmanager
    async def _answered(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                yield
        except aiomqtt.MqttError as error:
            raise loss(self._where, error) from error
        except TimeoutError as error:
            raise _unanswered(self._where) from error


def _is_refusal(answer: object) -> bool:
    """Say whether a broker refuses a subscription; Mosquitto grants it, and sends nothing."""
    return bool(getattr(answer, "is_failure", answer == SUBSCRIPTION_REFUSED))


@asynccontextmanager
async def connect(
    link: Link,
    will: tuple[str, bytes] | None = None,
    unread: type[asyncio.Queue[Any]] = asyncio.Queue,
) -> AsyncGenerator[Connection]:
    """Hold a connection inside the block; the will, topic and payload, is retained.

    Messages that were not read yet wait in a queue of the type `unread`.

    Raises:
        BrokerLostError: the broker is not there, or does not answer.
        BrokerRefusedError: the login or the certificate is refused.

    """
    client = _client(link, will, unread)
    await _open(client, link)
    try:
        yield Connection(client, link)
    finally:
        await _leave(client, GOODBYE_LIMIT_S)


def _client(
    link: Link, will: tuple[str, bytes] | None, unread: type[asyncio.Queue[Any]]
) -> aiomqtt.Client:
    client = aiomqtt.Client(
        link.host,
        link.port,
        username=link.username,
        password=link.password,
        identifier=f"colab-cdp-agent-{uuid.uuid4().hex[:12]}",
        protocol=aiomqtt.ProtocolVersion.V311,
        clean_session=True,
        keepalive=KEEPALIVE_S,
        # With a timeout of its own it uses asyncio.wait_for, which in Python 3.11 loses a
        # cancellation that comes together with the answer.
        timeout=math.inf,
        queue_type=unread,
        max_queued_incoming_messages=UNREAD_KEPT,
        will=aiomqtt.Will(*will, qos=1, retain=True) if will else None,
        transport="websockets" if link.websocket_path else "tcp",
        websocket_path=link.websocket_path,
        tls_context=tls_context(link.ca_file) if link.tls else None,
    )
    client.pending_calls_threshold = MOST_PENDING
    return client


async def _open(client: aiomqtt.Client, link: Link) -> None:
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            await client.__aenter__()
    except aiomqtt.MqttError as error:
        _close_left_open(error)
        raise _refusal(str(error), link) or loss(link.where, error) from error
    except TimeoutError as error:
        await _leave(client, 0)
        raise _unanswered(link.where) from error
    except asyncio.CancelledError:
        await _leave(client, 0)
        raise


async def _leave(client: aiomqtt.Client, within: float) -> None:
    """Close the connection, also one that was never answered: it would stay open."""
    try:
        async with asyncio.timeout(within):
            await client.__aexit__(None, None, None)
    except (aiomqtt.MqttError, TimeoutError) as error:
        log.debug("the broker did not take the goodbye", error=repr(error))
    lost = client._disconnected  # noqa: SLF001 - it keeps the loss where nobody else reads it
    if lost.done() and not lost.cancelled():
        lost.exception()


def _close_left_open(error: aiomqtt.MqttError) -> None:
    """Close the socket of a handshake that failed: paho leaves it open in its frames.

    It has the socket in no attribute by then, and aiomqtt keeps the failure as the context.
    """
    failure = error.__context__
    for frame, _line in traceback.walk_tb(failure.__traceback__ if failure else None):
        for value in frame.f_locals.values():
            if isinstance(value, socket.socket):
                value.close()


def told_already(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep from the log's reader what aiomqtt leaves behind of a connection that broke off.

    It registers the closed socket in a callback, and keeps the loss in a future that nobody reads:
    who published or listened was told of the same loss. For `loop.set_exception_handler`.
    """
    error = context.get("exception")
    if isinstance(error, OSError | aiomqtt.MqttError):
        log.debug("left behind by a lost connection", error=repr(error), of=context.get("message"))
    else:
        loop.default_exception_handler(context)


def _unanswered(where: str) -> BrokerLostError:
    return BrokerLostError(f"{where}: no answer within {ANSWER_LIMIT_S:g} s")


def _refusal(text: str, link: Link) -> BrokerRefusedError | None:
    """Return what the person should set, None where trying again may help."""
    said = text.lower()
    if "not authorized" in said or "bad user name" in said or "bad username" in said:
        return BrokerRefusedError(
            f"{link.where} refuses the user or password",
            "set COLAB_CDP_AGENT_MQTT_USERNAME and COLAB_CDP_AGENT_MQTT_PASSWORD, or"
            " mqtt.username and mqtt.password",
        )
    if "certificate verify failed" in said:
        return BrokerRefusedError(
            f"{link.where} has a certificate that is not trusted: {text}",
            "name the file of its authority in mqtt.ca_file, and its own name in mqtt.url",
        )
    return None
