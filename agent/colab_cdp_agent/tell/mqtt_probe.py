"""Ask a TCP port who it is: an MQTT broker that accepts us, or a nats-server of a known name."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

# MQTT 3.1.1, clean session, keep-alive 10 s, no client id: a probe takes over nobody's session.
CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"
CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
DISCONNECT = b"\xe0\x00"


async def accepts_mqtt(host: str, port: int, limit_s: float) -> bool:
    """Return whether an MQTT 3.1.1 broker there accepts a client within the limit."""
    try:
        async with asyncio.timeout(limit_s), connection(host, port) as (reader, writer):
            writer.write(CONNECT)
            accepted = await reader.readexactly(len(CONNACK_ACCEPTED)) == CONNACK_ACCEPTED
            writer.write(DISCONNECT)
            return accepted
    except (OSError, asyncio.IncompleteReadError):
        return False


async def nats_server_name(host: str, port: int, limit_s: float) -> str | None:
    """Return the name that a nats-server there reports of itself, or None within the limit."""
    try:
        async with asyncio.timeout(limit_s), connection(host, port) as (reader, _):
            line = await reader.readline()
        info = json.loads(line.removeprefix(b"INFO "))
    except (OSError, ValueError, RecursionError):
        return None
    name = info.get("server_name") if isinstance(info, dict) else None
    return name if isinstance(name, str) else None


@contextlib.asynccontextmanager
async def connection(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Hold a TCP connection inside the block."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        # The answer is known by now; how the other side takes the end tells nothing.
        with contextlib.suppress(OSError):
            await writer.wait_closed()
