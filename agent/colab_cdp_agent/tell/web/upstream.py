"""The agent's own way to the broker for a page: a stream of bytes over TCP, TLS or WebSocket."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import Protocol

import aiohttp

from colab_cdp_agent.tell.link import Link, loss, tls_context

CHUNK_BYTES = 65_536
LARGEST_FRAME_BYTES = 4_194_304
OPEN_LIMIT_S = 10.0


class Upstream(Protocol):
    """A stream of bytes to a broker and back."""

    async def read(self) -> bytes:
        """Return what came, nothing when the broker has ended it."""

    async def write(self, data: bytes) -> None:
        """Send, and wait while the broker is slow to take it."""


def upstream(link: Link) -> AbstractAsyncContextManager[Upstream]:
    """Hold a stream to the broker inside the block; all of it raises `BrokerLostError`.

    Raises:
        BrokerLostError: the broker is not there.
        BrokerRefusedError: its certificate's authority cannot be read.

    """
    return _over_tcp(link) if link.websocket_path is None else _over_websocket(link)


class _Tcp:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: Link
    ) -> None:
        self._reader, self._writer, self._link = reader, writer, link

    async def read(self) -> bytes:
        with _losses_of(self._link):
            return await self._reader.read(CHUNK_BYTES)

    async def write(self, data: bytes) -> None:
        with _losses_of(self._link):
            self._writer.write(data)
            await self._writer.drain()


class _WebSocket:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, link: Link) -> None:
        self._socket, self._link = socket, link

    async def read(self) -> bytes:
        with _losses_of(self._link):
            message = await self._socket.receive()
        return message.data if message.type is aiohttp.WSMsgType.BINARY else b""

    async def write(self, data: bytes) -> None:
        with _losses_of(self._link):
            await self._socket.send_bytes(data)


@contextmanager
def _losses_of(link: Link) -> Iterator[None]:
    try:
        yield
    except (OSError, aiohttp.ClientError) as error:
        raise loss(link.where, error) from error


@asynccontextmanager
async def _over_tcp(link: Link) -> AsyncGenerator[Upstream]:
    context = tls_context(link.ca_file) if link.tls else None
    with _losses_of(link):
        async with asyncio.timeout(OPEN_LIMIT_S):
            reader, writer = await asyncio.open_connection(link.host, link.port, ssl=context)
    try:
        yield _Tcp(reader, writer, link)
    finally:
        writer.close()
        # The page has gone, or has been told; how the broker takes the end tells nothing.
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def _over_websocket(link: Link) -> AsyncGenerator[Upstream]:
    context = tls_context(link.ca_file) if link.tls else True
    scheme = "wss" if link.tls else "ws"
    host = f"[{link.host}]" if ":" in link.host else link.host
    async with aiohttp.ClientSession() as session:
        with _losses_of(link):
            async with asyncio.timeout(OPEN_LIMIT_S):
                socket = await session.ws_connect(
                    f"{scheme}://{host}:{link.port}{link.websocket_path}",
                    protocols=("mqtt",),
                    ssl=context,
                    max_msg_size=LARGEST_FRAME_BYTES,
                )
        async with socket:
            yield _WebSocket(socket, link)
