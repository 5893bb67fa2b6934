"""Ask a TCP port who it is: an MQTT broker that accepts us, or a nats-server of a known name."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

CLEAN_SESSION, WITH_LOGIN = 0x02, 0xC0
KEEPALIVE_S = 10
CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
DISCONNECT = b"\xe0\x00"


async def accepts_mqtt(
    host: str, port: int, limit_s: float, login: tuple[str, str] | None = None
) -> bool:
    """Return whether an MQTT 3.1.1 broker there accepts a client within the limit."""
    try:
        async with asyncio.timeout(limit_s), connection(host, port) as (reader, writer):
            writer.write(_connect(login))
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


def _connect(login: tuple[str, str] | None) -> bytes:
    """Return a CONNECT without a client id: a probe takes over nobody's session.

    https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718028
    """
    flags = CLEAN_SESSION | (WITH_LOGIN if login is not None else 0)
    head = _text("MQTT") + bytes((4, flags)) + KEEPALIVE_S.to_bytes(2)
    body = head + b"".join(map(_text, ("", *(login or ()))))
    return b"\x10" + _length(len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def _length(count: int) -> bytes:
    more, low = divmod(count, 128)
    return bytes((low | 0x80,)) + _length(more) if more else bytes((low,))


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
