"""The bridge: MQTT between a page's WebSocket and the broker, with the agent's own login.

What the broker says goes to the page as it comes. What the page says is cut into packets, and each
is looked at: the first is replaced by a CONNECT of the agent's, so that no page learns a password;
of the rest those that `rights` lets pass go on, and any other ends the connection with a reason.
Where requests must be signed, those of a page are signed here: who came in by the login may ask.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from colab_cdp_agent.retry import first_leaf
from colab_cdp_agent.tell.link import BrokerLostError, BrokerRefusedError, Link
from colab_cdp_agent.tell.web.allowance import Allowance
from colab_cdp_agent.tell.web.rights import LARGEST_PACKET_BYTES, objection
from colab_cdp_agent.tell.web.upstream import Upstream, upstream
from colab_cdp_protocols import mqtt, mqtt_packets, signing
from colab_cdp_protocols.mqtt_packets import (
    ACCEPTED,
    CONNACK_BYTES,
    Kind,
    MalformedPacketError,
    PacketReader,
)

HELLO_LIMIT_S = 10.0
HEARTBEAT_S = 30.0
LONGEST_KEEPALIVE_S = 120
BURST, RATE = 60, 4
"""How many frames and packets a page may send at once, and each second on end."""
LONGEST_REASON_BYTES = 120
"""A close frame of WebSocket holds no more than 125 (RFC 6455, section 5.5), two for the code."""

Packets = AsyncGenerator[mqtt_packets.Packet]

log = structlog.get_logger()


class PageRefusedError(Exception):
    """A page said what it may not; `str` says what that was."""


def socket_for_page() -> web.WebSocketResponse:
    """Return the page's end of the bridge, not opened yet."""
    return web.WebSocketResponse(
        protocols=("mqtt",),
        heartbeat=HEARTBEAT_S,
        max_msg_size=LARGEST_PACKET_BYTES,
        compress=False,
    )


async def relay(
    page: web.WebSocketResponse, link: Link | None, root: str, key: str | None = None
) -> None:
    """Relay between an open page and the broker until one of them ends; say to the page why.

    Args:
        page: its WebSocket.
        link: the way to the broker, None where there is none.
        root: where the topics begin that a page may read, and ask under.
        key: what a page's requests are signed with.

    """
    code, reason = WSCloseCode.OK, ""
    try:
        await _relay(page, link, root, key)
    except* (PageRefusedError, MalformedPacketError) as group:
        code, reason = WSCloseCode.POLICY_VIOLATION, str(first_leaf(group))
        log.warning("a page was cut off", reason=reason)
    except* (BrokerLostError, BrokerRefusedError) as group:
        code, reason = WSCloseCode.TRY_AGAIN_LATER, str(first_leaf(group))
        log.info("a page lost its broker", reason=reason)
    except* ConnectionError as group:
        log.debug("a page went away in the middle of a frame", error=repr(first_leaf(group)))
    told = reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore")
    await page.close(code=code, message=told.encode())


async def _relay(
    page: web.WebSocketResponse, link: Link | None, root: str, key: str | None
) -> None:
    async with aclosing(_packets(page)) as packets:
        hello = await _hello(packets)
        if hello is None:
            return
        if link is None:
            raise BrokerLostError("the agent has no broker at the moment")
        async with upstream(link) as broker:
            await broker.write(_connect(hello, link))
            async with asyncio.TaskGroup() as tasks:
                down = tasks.create_task(_to_page(broker, page, link), name="bridge to page")
                await _to_broker(packets, broker, root, key)
                down.cancel()


async def _to_broker(packets: Packets, broker: Upstream, root: str, key: str | None) -> None:
    async for packet in packets:
        if (why := objection(packet, root)) is not None:
            raise PageRefusedError(why)
        if key is not None and packet.kind is Kind.PUBLISH:
            packet = _signed(packet, key)  # noqa: PLW2901 - it is the same request
        await broker.write(packet.encode())


def _signed(packet: mqtt_packets.Packet, key: str) -> mqtt_packets.Packet:
    """Return a request with its signature; one that cannot be read is for the agent to refuse."""
    asked = mqtt_packets.read_publish(packet)
    try:
        request = mqtt.decode(mqtt.SESSION_REQUEST, asked.payload)
    except mqtt.MalformedPayloadError:
        return packet
    return mqtt_packets.with_payload(packet, signing.sign(key, asked.topic, request))


async def _packets(page: web.WebSocketResponse) -> Packets:
    """Yield what a page says, packet by packet, no faster than is allowed."""
    reader = PacketReader(LARGEST_PACKET_BYTES)
    allowance = Allowance(BURST, RATE, time.monotonic())
    async for frame in page:
        if frame.type is WSMsgType.ERROR:
            raise PageRefusedError(f"a frame holds at most {LARGEST_PACKET_BYTES} bytes")
        if frame.type is not WSMsgType.BINARY:
            raise PageRefusedError("MQTT travels in binary frames")
        packets = reader.feed(frame.data)
        if not allowance.take(1 + len(packets), time.monotonic()):
            raise PageRefusedError("too much at once")
        for packet in packets:
            yield packet


async def _hello(packets: Packets) -> mqtt_packets.Connect | None:
    """Return a page's CONNECT; None if it went away before."""
    try:
        async with asyncio.timeout(HELLO_LIMIT_S):
            first = await anext(packets, None)
    except TimeoutError as error:
        raise PageRefusedError(f"nothing was said for {HELLO_LIMIT_S:g} s") from error
    if first is None:
        return None
    if first.kind is not Kind.CONNECT:
        raise PageRefusedError("a page says CONNECT first")
    return mqtt_packets.read_connect(first)


def _connect(hello: mqtt_packets.Connect, link: Link) -> bytes:
    """Return the CONNECT that the broker gets: the agent's login, and nothing of a page's."""
    keepalive_s = min(hello.keepalive_s or LONGEST_KEEPALIVE_S, LONGEST_KEEPALIVE_S)
    client_id = f"colab-cdp-agent-{uuid.uuid4().hex[:12]}"
    return mqtt_packets.write_connect(client_id, keepalive_s, link.username, link.password)


async def _to_page(broker: Upstream, page: web.WebSocketResponse, link: Link) -> None:
    greeting = await _greeting(broker, link)
    await page.send_bytes(greeting)
    while True:
        await page.send_bytes(await _read(broker, link))


async def _greeting(broker: Upstream, link: Link) -> bytes:
    """Return the broker's first bytes, which begin with its consent."""
    greeting = b""
    try:
        async with asyncio.timeout(HELLO_LIMIT_S):
            while len(greeting) < CONNACK_BYTES:
                greeting += await _read(broker, link)
        (connack,) = PacketReader(CONNACK_BYTES).feed(greeting[:CONNACK_BYTES])
        code = mqtt_packets.read_connack(connack)
    except TimeoutError as error:
        raise BrokerLostError(f"{link.where}: no answer within {HELLO_LIMIT_S:g} s") from error
    except (MalformedPacketError, ValueError) as error:
        raise BrokerLostError(f"{link.where} is no MQTT broker") from error
    if code != ACCEPTED:
        raise BrokerLostError(f"{link.where} refuses the agent's login (code {code})")
    return greeting


async def _read(broker: Upstream, link: Link) -> bytes:
    data = await broker.read()
    if not data:
        raise BrokerLostError(f"{link.where} ended the connection")
    return data
