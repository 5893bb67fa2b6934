"""The decoders that stand behind a socket: a handshake, and the frames after it."""

import asyncio
from collections.abc import Callable
from typing import Any

from websockets.exceptions import InvalidHandshake, InvalidMessage
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri
from websockets.utils import accept_key

from colab_cdp_agent.chrome.websocket import Socket
from fuzz.target import Target

URL = "ws://127.0.0.1:9222/devtools/browser/an-id"
HANDSHAKE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %b\r\n\r\n"
)
PIECE_BYTES = 7


class Nowhere(asyncio.Transport):
    """A transport whose other side takes everything, and is never there."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: Any) -> None:
        """Take what is sent."""

    def write_eof(self) -> None:
        """Take note of the end."""

    def is_closing(self) -> bool:
        """Say whether it was hung up."""
        return self.closed

    def abort(self) -> None:
        """Hang up."""
        self.closed = True

    def pause_reading(self) -> None:
        """Pass over it: nothing is read here."""

    def resume_reading(self) -> None:
        """Pass over it."""


def play(story: Callable[[Socket], None]) -> None:
    """Let something happen to a socket that has just been connected."""

    async def on_loop() -> None:
        socket = Socket(parse_uri(URL))
        socket.connection_made(Nowhere())
        story(socket)
        socket.connection_lost(None)
        opened = socket._opened
        assert opened.done()
        if not opened.cancelled() and opened.exception() is not None:
            assert isinstance(opened.exception(), InvalidHandshake | InvalidMessage)

    asyncio.run(on_loop())


def fed(socket: Socket, data: bytes) -> None:
    """Hand bytes over as they might arrive: whole, or in small pieces."""
    step = PIECE_BYTES if len(data) % 2 else max(1, len(data))
    for begin in range(0, len(data), step):
        socket.data_received(data[begin : begin + step])
    socket.eof_received()


def shake_hands(data: bytes) -> None:
    """Answer the handshake with anything."""
    play(lambda socket: fed(socket, data))


def send_frames(data: bytes) -> None:
    """Send anything after a handshake that is in order."""

    def story(socket: Socket) -> None:
        taken: list[bytes] = []
        key = accept_key(socket._protocol.key).encode()
        socket.data_received(HANDSHAKE % key)
        assert socket._protocol.state is State.OPEN
        socket._take = taken.append
        fed(socket, data)
        assert socket._failure is None
        assert sum(map(len, taken)) <= len(data)

    play(story)


def frame(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as a server writes it."""
    return Frame(opcode, data, fin=fin).serialize(mask=False)


TARGETS = (
    Target(
        "handshake",
        shake_hands,
        (
            HANDSHAKE % b"x",
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
            b"HTTP/1.1 101 x\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        ),
    ),
    Target(
        "websocket",
        send_frames,
        (
            frame(Opcode.TEXT, b'{"id": 1}'),
            frame(Opcode.TEXT, b"a", fin=False) + frame(Opcode.CONT, b"b" * 200),
            frame(Opcode.PING, b"x") + frame(Opcode.CLOSE, b"\x03\xe8bye"),
            b"\xc1\x03abc",
            b"\x81\x7f\x00\x00\x00\x7f\xff\xff\xff\xff",
        ),
    ),
)
