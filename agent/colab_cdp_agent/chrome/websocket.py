"""The WebSocket to a browser: messages as large as it sends, and nothing between them and the wire.

The protocol is the Sans-I/O half of `websockets`; the I/O is what a link of very many small
messages wants. What is sent in one turn of the event loop leaves in one write, and what arrives
is taken in the turn in which it arrived, without a queue or a task in between.

Source: https://websockets.readthedocs.io/en/stable/howto/sansio.html
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosedOK, InvalidHandshake, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import WebSocketURI, parse_uri

CLOSE_LIMIT_S = 0.5
WRITE_BYTES = 2**16
LARGEST_MESSAGE_BYTES = 2**28
"""What Chrome holds back for a client at most: what announces more is no Chrome.

Source: https://chromium.googlesource.com/chromium/src/+/main/content/browser/devtools/devtools_http_handler.cc
"""
MESSAGES = {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}


class SocketClosedError(Exception):
    """The connection is closed, or could not be opened; `str` says how."""


class SocketSilentError(SocketClosedError):
    """The other side took the connection, and did not answer the handshake in time."""


class SocketRefusedError(Exception):
    """Something answered the handshake, and refused it.

    Attributes:
        status: the HTTP status of its answer.

    """

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Socket(asyncio.Protocol):
    """One WebSocket, made by `open_socket`: `send` to it, and `read` it until it ends."""

    def __init__(self, where: WebSocketURI) -> None:
        # No Origin: Chrome 111 and later refuse one. A reply of 3 MiB is ordinary.
        # No extension: on loopback compression only costs.
        self._protocol = ClientProtocol(where, max_size=LARGEST_MESSAGE_BYTES)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._opened = self._loop.create_future()
        self._writable = asyncio.Event()
        self._over = asyncio.Event()
        self._early: list[bytes] = []  # no more than came in one piece with the handshake
        self._take: Callable[[bytes], None] = self._early.append
        self._parts: list[bytes] = []
        self._unwritten_bytes = 0
        self._failure: Exception | None = None

    async def read(self, take: Callable[[bytes], None]) -> bool:
        """Hand each message to `take` until the connection ends; true where it ended in order.

        `take` must return at once; what it raises ends the connection, and is raised here.
        """
        for message in self._early:
            take(message)
        self._take = take
        self._transport.resume_reading()
        try:
            await self._over.wait()
        finally:
            self._take = _ignore
        if self._failure is not None:
            raise self._failure
        return isinstance(self._protocol.close_exc, ConnectionClosedOK)

    async def send(self, message: bytes) -> None:
        """Send a text message; waits only while the other side takes nothing.

        Raises:
            SocketClosedError: the connection ended.

        """
        await self._writable.wait()
        if self._protocol.state is not State.OPEN:
            raise SocketClosedError("the connection is closed")
        self._protocol.send_text(message)
        if self._unwritten_bytes == 0:
            self._loop.call_soon(self._flush)
        self._unwritten_bytes += len(message)
        if self._unwritten_bytes > WRITE_BYTES:
            self._flush()

    async def opened(self) -> None:
        """Wait until the handshake is through.

        Raises:
            SocketRefusedError: the other side refused it.
            SocketClosedError: the other side is no WebSocket, or hung up.

        """
        try:
            await self._opened
        except InvalidStatus as error:
            raise SocketRefusedError(error.response.status_code) from error
        except InvalidHandshake as error:
            raise SocketClosedError(str(error)) from error

    async def close(self) -> None:
        """Say goodbye and hang up; an answer is waited for no longer than half a second."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close()
            self._flush()
            self._transport.resume_reading()
            waiting = self._loop.call_later(CLOSE_LIMIT_S, self._transport.abort)
            await self._over.wait()
            waiting.cancel()
        self._transport.abort()
        await self._over.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake; called by asyncio, like the five that follow."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP gives
        self._transport = transport
        self._writable.set()
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what arrived, all of it at once."""
        self._protocol.receive_data(data)
        events = self._protocol.events_received()
        self._flush()  # what the protocol answers by itself
        try:
            for event in events:
                if isinstance(event, Frame):
                    self._take_frame(event)
                else:
                    self._take_response()
        except Exception as error:  # noqa: BLE001 - `read` raises it
            self._failure = error
            self._transport.abort()

    def eof_received(self) -> None:
        """Take note that the other side sends nothing more; asyncio closes then."""
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, _error: Exception | None) -> None:
        """Let everyone go who waits."""
        self._protocol.receive_eof()
        if not self._opened.done():
            self._take_response()
        self._over.set()
        self._writable.set()

    def pause_writing(self) -> None:
        """Take note that the other side takes nothing."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Take note that the other side takes what it is sent."""
        self._writable.set()

    def _flush(self) -> None:
        self._unwritten_bytes = 0
        pieces = self._protocol.data_to_send()
        if not pieces or self._transport.is_closing():
            return
        self._transport.write(b"".join(pieces))
        if not pieces[-1]:  # the protocol's sign that nothing more will be sent
            self._transport.write_eof()

    def _take_response(self) -> None:
        """Take the end of the handshake; nothing more is read until someone reads."""
        refused = self._protocol.handshake_exc
        if refused is None:
            self._transport.pause_reading()
            self._opened.set_result(None)
        elif not self._opened.done():
            self._opened.set_exception(refused)

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode not in MESSAGES:
            return
        if frame.fin and not self._parts:
            self._take(bytes(frame.data))
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._take(whole)


@asynccontextmanager
async def open_socket(url: str, *, patience: float) -> AsyncGenerator[Socket]:
    """Open a WebSocket, for as long as the context lasts.

    `patience` is how long it may take, in seconds.

    Raises:
        SocketRefusedError: the other side answered, and refused.
        SocketSilentError: it does not answer in time.
        SocketClosedError: nothing listens there, or it hangs up.

    """
    socket = await _connect(parse_uri(url), patience)
    try:
        yield socket
    finally:
        await socket.close()


async def _connect(where: WebSocketURI, patience: float) -> Socket:
    make = asyncio.get_running_loop().create_connection
    try:
        async with asyncio.timeout(patience), AsyncExitStack() as undo:
            _transport, socket = await make(
                lambda: Socket(where), where.host, where.port, ssl=where.secure or None
            )
            undo.push_async_callback(socket.close)
            await socket.opened()
            undo.pop_all()
            return socket
    except TimeoutError as error:
        raise SocketSilentError(f"no answer in {patience:g} s") from error
    except OSError as error:
        raise SocketClosedError(str(error)) from error


def _ignore(_message: bytes) -> None:
    """Pass over a message that comes after its reader has left."""
