"""The one socket to Chrome, between its two ends: what is said arrives, and every wait ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from chromium import free_port
from colab_cdp_agent.chrome import websocket as websocket_module
from colab_cdp_agent.chrome.websocket import (
    Socket,
    SocketClosedError,
    SocketRefusedError,
    open_socket,
)

HOST = "127.0.0.1"
LIMIT_S = 10.0
SIZES = (0, 1, 125, 126, 65_535, 65_536, 3 * 2**20)

Talk = Callable[[ServerConnection], Awaitable[None]]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def play(story: Awaitable[None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(LIMIT_S):
            await story

    asyncio.run(limited())


@asynccontextmanager
async def facing(talk: Talk) -> AsyncIterator[Socket]:
    """Open a socket to a server that talks like this."""
    async with (
        serve(talk, HOST, 0, max_size=None, compression=None, close_timeout=0.1) as server,
        open_socket(address(server.sockets[0].getsockname()[1]), patience=5) as socket,
    ):
        yield socket


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """Run a TCP server that need not speak WebSocket, and yield its address."""
    server = await asyncio.start_server(answer, HOST, 0)
    async with server:
        yield address(server.sockets[0].getsockname()[1])
        server.close()


def address(port: int) -> str:
    return f"ws://{HOST}:{port}/devtools/browser/1"


async def echo(other: ServerConnection) -> None:
    async for message in other:
        await other.send(message)


async def hang_up_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the handshake, and hang up without a word."""
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def speak_otherwise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the handshake in another language."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 mail.example ESMTP\r\n")
    writer.close()


async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await reader.read()
    writer.close()


class Ear:
    """Takes messages, and wakes whoever waits for so many of them."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._news = asyncio.Event()

    def take(self, message: bytes) -> None:
        self.heard.append(message)
        self._news.set()

    async def until(self, count: int) -> list[bytes]:
        while len(self.heard) < count:
            self._news.clear()
            await self._news.wait()
        return self.heard


def test_messages_of_every_size_arrive_whole_and_in_order() -> None:
    sent = [b"x" * size for size in SIZES]

    async def story() -> None:
        ear = Ear()
        async with facing(echo) as socket, asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(socket.read(ear.take))
            for message in sent:
                await socket.send(message)
            assert await ear.until(len(sent)) == sent
            reading.cancel()

    play(story())


def test_what_was_said_before_anyone_read_is_not_lost() -> None:
    async def story() -> None:
        ear, said = Ear(), asyncio.Event()

        async def greet(other: ServerConnection) -> None:
            for number in range(100):
                await other.send(str(number))
            said.set()
            await echo(other)

        async with facing(greet) as socket, asyncio.TaskGroup() as tasks:
            await said.wait()
            reading = tasks.create_task(socket.read(ear.take))
            assert await ear.until(100) == [str(number).encode() for number in range(100)]
            reading.cancel()

    play(story())


def test_a_message_in_fragments_arrives_whole() -> None:
    async def talk(other: ServerConnection) -> None:
        await other.send(["one ", "two ", "three"])
        await other.send("and one more")
        await other.wait_closed()

    async def story() -> None:
        ear = Ear()
        async with facing(talk) as socket, asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(socket.read(ear.take))
            assert await ear.until(2) == [b"one two three", b"and one more"]
            reading.cancel()

    play(story())


@pytest.mark.parametrize("parts", [["x" * 2_000], ["x" * 600] * 3], ids=["whole", "fragments"])
def test_a_message_larger_than_any_of_chromes_ends_the_connection(
    parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_module, "LARGEST_MESSAGE_BYTES", 1_000)

    async def talk(other: ServerConnection) -> None:
        await other.send("x" * 1_000)
        await other.send(parts)
        await other.wait_closed()

    async def story() -> None:
        taken: list[bytes] = []
        async with facing(talk) as socket:
            assert await socket.read(taken.append) is False
        assert taken == [b"x" * 1_000]

    play(story())


def test_a_ping_is_answered() -> None:
    async def talk(other: ServerConnection) -> None:
        await (await other.ping())
        await other.send("it was")

    async def story() -> None:
        ear = Ear()
        async with facing(talk) as socket:
            assert await socket.read(ear.take)
            assert ear.heard == [b"it was"]

    play(story())


@pytest.mark.parametrize("in_order", [True, False])
def test_the_reader_is_told_how_the_connection_ended(in_order: bool) -> None:  # noqa: FBT001
    async def talk(other: ServerConnection) -> None:
        if in_order:
            await other.close()
        else:
            other.transport.abort()

    async def story() -> None:
        async with facing(talk) as socket:
            assert await socket.read(Ear().take) is in_order
            with pytest.raises(SocketClosedError):
                await socket.send(b"too late")
            assert await socket.read(Ear().take) is in_order

    play(story())


def test_what_the_taker_raises_ends_the_connection_and_is_raised() -> None:
    def take(message: bytes) -> None:
        raise ZeroDivisionError(message)

    async def talk(other: ServerConnection) -> None:
        await other.send("a message")
        with pytest.raises(ConnectionClosed):
            await other.recv()

    async def story() -> None:
        async with facing(talk) as socket:
            with pytest.raises(ZeroDivisionError, match="a message"):
                await socket.read(take)

    play(story())


def test_whoever_sends_waits_where_the_other_side_takes_nothing() -> None:
    async def story() -> None:
        async with facing(take_nothing) as socket:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(send_for_ever(socket), 0.5)
            assert socket._transport.get_write_buffer_size() < 2**22

    play(story())


def test_whoever_waits_to_send_is_let_go_when_the_connection_ends() -> None:
    async def story() -> None:
        waits = asyncio.Event()

        async def talk(other: ServerConnection) -> None:
            other.transport.pause_reading()
            await waits.wait()
            other.transport.abort()

        async with facing(talk) as socket:
            reading = asyncio.ensure_future(socket.read(Ear().take))
            sending = asyncio.ensure_future(send_for_ever(socket))
            await until_full(socket)
            assert not sending.done()
            waits.set()
            with pytest.raises(SocketClosedError):
                await sending
            assert not await reading

    play(story())


async def take_nothing(other: ServerConnection) -> None:
    other.transport.pause_reading()
    await other.wait_closed()


async def until_full(socket: Socket) -> None:
    """Wait until the next one to send waits."""
    while socket._writable.is_set():  # noqa: ASYNC110 - the transport clears it, and tells nobody
        await asyncio.sleep(0)


async def send_for_ever(socket: Socket) -> None:
    while True:
        await socket.send(b"x" * 2**20)


def test_a_handshake_that_is_refused_says_by_which_status() -> None:
    def refuse(other: ServerConnection, _request: Request) -> Response:
        return other.respond(HTTPStatus.FORBIDDEN, "no")

    async def story() -> None:
        async with serve(echo, HOST, 0, process_request=refuse) as server:
            url = address(server.sockets[0].getsockname()[1])
            with pytest.raises(SocketRefusedError, match="HTTP 403"):
                await opened(open_socket(url, patience=5))

    play(story())


@pytest.mark.parametrize(
    ("answer", "words"),
    [(hang_up_on, "HTTP"), (speak_otherwise, "HTTP"), (stay_silent, r"no answer in 0\.2 s")],
)
def test_what_is_no_websocket_is_left_with_a_sentence(answer: Answer, words: str) -> None:
    async def story() -> None:
        async with answering(answer) as url:
            with pytest.raises(SocketClosedError, match=words):
                await opened(open_socket(url, patience=0.2 if answer is stay_silent else 5))

    play(story())


def test_where_nothing_listens_the_system_says_so() -> None:
    async def story() -> None:
        with pytest.raises(SocketClosedError, match="onnect"):
            await opened(open_socket(address(free_port()), patience=5))

    play(story())


async def opened(opening: AbstractAsyncContextManager[Socket]) -> None:
    async with opening:
        raise AssertionError("it was opened")


def test_a_side_that_does_not_answer_the_goodbye_is_left() -> None:
    async def story() -> None:
        async with facing(take_nothing) as socket:
            await socket.send(b"a word")
        with pytest.raises(SocketClosedError):
            await socket.send(b"another")

    play(story())
