"""What no configuration file of nats-server says, asked of it over its own protocol.

Its MQTT streams have no bounds. One phone that subscribed with a lasting session and never came
back would fill the store with what it missed, and a full store refuses every client for good.
After a start it answers before it has read what it retains: who subscribes then gets nothing.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from colab_cdp_agent.tell.mqtt_probe import connection

MIB = 1_048_576
DAY_NS = 86_400 * 10**9
MESSAGES = "$MQTT_msgs"
RETAINED = "$MQTT_rmsgs"
# Together less than the store's own bound (256 MiB), so that this one is never reached.
BOUNDS = {
    MESSAGES: 128 * MIB,
    RETAINED: 96 * MIB,
    "$MQTT_out": 8 * MIB,
    "$MQTT_qos2in": 8 * MIB,
    "$MQTT_sess": 8 * MIB,
}
POLL_S = 0.01
INBOX = "_INBOX.settle"


class NatsRefusedError(Exception):
    """A nats-server did not do what was asked of it; the message names it."""


async def settle(host: str, port: int, user: str, password: str, limit_s: float) -> None:
    """Return when what was retained is read and every stream has its bound."""
    try:
        async with asyncio.timeout(limit_s), _session(host, port, user, password) as nats:
            await _retained_is_read(nats)
            for stream, max_bytes in BOUNDS.items():
                await _bound(nats, stream, max_bytes)
    except (OSError, asyncio.IncompleteReadError, ValueError, LookupError, TypeError) as error:
        raise NatsRefusedError(f"{type(error).__name__} {error}".strip()) from error


async def _retained_is_read(nats: "_NatsSession") -> None:
    while True:
        listed = await nats.request(f"$JS.API.CONSUMER.LIST.{RETAINED}", {})
        # Those of earlier runs linger unbound for five minutes.
        readers = [reader for reader in listed["consumers"] if reader.get("push_bound")]
        if readers and not any(reader["num_pending"] for reader in readers):
            return
        await asyncio.sleep(POLL_S)


async def _bound(nats: "_NatsSession", stream: str, max_bytes: int) -> None:
    config = (await nats.request(f"$JS.API.STREAM.INFO.{stream}", {}))["config"]
    wanted = config | {"max_bytes": max_bytes}
    if stream == MESSAGES:
        wanted["max_age"] = DAY_NS
    if wanted != config:
        await nats.request(f"$JS.API.STREAM.UPDATE.{stream}", wanted)


@contextlib.asynccontextmanager
async def _session(host: str, port: int, user: str, password: str) -> AsyncIterator["_NatsSession"]:
    async with connection(host, port) as (reader, writer):
        who = {"verbose": False, "pedantic": False, "user": user, "pass": password}
        writer.write(b"CONNECT %b\r\nSUB %b 1\r\n" % (json.dumps(who).encode(), INBOX.encode()))
        yield _NatsSession(reader, writer)


@dataclass(frozen=True, slots=True)
class _NatsSession:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one request; one at a time."""
        payload = json.dumps(body).encode() if body else b""
        head = f"PUB {subject} {INBOX} {len(payload)}\r\n".encode()
        self.writer.write(head + payload + b"\r\n")
        answer: dict[str, Any] = json.loads(await self._message())
        if "error" in answer:
            raise NatsRefusedError(f"{subject}: {answer['error'].get('description')}")
        return answer

    async def _message(self) -> bytes:
        while line := await self.reader.readline():
            words = line.split()
            if words[0] == b"MSG":
                return (await self.reader.readexactly(int(words[-1]) + 2))[:-2]
            if words[0] == b"PING":
                self.writer.write(b"PONG\r\n")
            if words[0] == b"-ERR":
                raise NatsRefusedError(line.decode(errors="replace").strip())
        raise NatsRefusedError("the connection was closed")
