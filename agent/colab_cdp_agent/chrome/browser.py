"""The one socket to a running browser.

One reader resolves replies and hands events on; it waits on nothing but the socket. Every call
ends in a reply, a deadline or a loss.

    ChromeError
     +-- BrowserLostError       the connection is gone, and everything on it
     +-- HandshakeRefusedError  something listens, and refuses the connection
     +-- SessionLostError       a tab crashed, closed or was discarded: its answers never come
     +-- NoAnswerError          the deadline of one call passed
     +-- CommandRefusedError    the browser said no to one command
     +-- NavigatedError         the page that was asked is no longer there; the tab is
     +-- ScriptThrewError       a page script threw
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import structlog

from colab_cdp_agent.chrome.websocket import (
    Socket,
    SocketClosedError,
    SocketRefusedError,
    SocketSilentError,
    open_socket,
)
from colab_cdp_protocols import cdp

T = TypeVar("T")

CALL_LIMIT_S = 10.0

log = structlog.get_logger()


class ChromeError(Exception):
    """Something between the agent and Chrome did not go as asked."""


class BrowserLostError(ChromeError):
    """The connection to the browser ended; `str` says how."""


class SessionLostError(ChromeError):
    """The attached tab ended while it was asked something; `str` is the reason in one word."""


class NoAnswerError(ChromeError):
    """The browser, or the tab, did not answer within the deadline."""


class CommandRefusedError(ChromeError):
    """The browser refused a command."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.code = code
        self.message = message


class HandshakeRefusedError(ChromeError):
    """Something answered the WebSocket handshake, and refused it."""


class NavigatedError(ChromeError):
    """The page that was asked has been navigated away; the tab's next page can be asked."""


class ScriptThrewError(ChromeError):
    """A page script threw; `str` is what it threw."""


class Browser:
    """A connected browser: `call` it, and be told its events.

    Args:
        socket: the open connection; whoever opened it closes it.
        on_event: called with each event by the reader; must return at once and never raise.

    """

    def __init__(self, socket: Socket, on_event: Callable[[cdp.Event], None]) -> None:
        self._socket = socket
        self._on_event = on_event
        self._waiting: dict[int, tuple[asyncio.Future[cdp.Reply], str, str | None]] = {}
        self._undos: dict[int, Callable[[cdp.Reply], cdp.Command[Any]]] = {}
        self._errands: asyncio.Queue[tuple[cdp.Command[Any], str | None]] = asyncio.Queue()
        self._last_number = 0
        self.malformed = 0

    async def read(self) -> None:
        """Read until the connection ends.

        Raises:
            BrowserLostError: always, in the end.

        """
        in_order = await self._socket.read(self._take)
        lost = BrowserLostError(
            "Chrome closed the connection" if in_order else "the connection to Chrome broke off"
        )
        self._fail(lambda _session: True, lost)
        raise lost

    def post(self, command: cdp.Command[Any], session: str | None = None) -> None:
        """Have one command sent whose result nobody waits for; `run_errands` sends it."""
        self._errands.put_nowait((command, session))  # one for each child target or late answer

    async def run_errands(self) -> None:
        """Send, for ever, what was posted; what came about too late for its caller is undone.

        Raises:
            BrowserLostError: the connection ended.

        """
        async with asyncio.TaskGroup() as tasks:
            while True:
                command, session = await self._errands.get()
                tasks.create_task(self._run_errand(command, session), name=command.method)

    async def _run_errand(self, command: cdp.Command[Any], session: str | None) -> None:
        try:
            await self.call(command, session)
        except (NoAnswerError, CommandRefusedError, SessionLostError) as error:
            log.debug("an errand came to nothing", method=command.method, reason=str(error))

    async def call(
        self,
        command: cdp.Command[T],
        session: str | None = None,
        within: float = CALL_LIMIT_S,
        *,
        undo: Callable[[T], cdp.Command[Any]] | None = None,
    ) -> T:
        """Send one command and return its result.

        `undo` makes the command that undoes a result which comes when nobody waits any more.

        Raises:
            BrowserLostError: the connection ended.
            SessionLostError: the session's tab crashed, closed or was discarded.
            NoAnswerError: no answer within that many seconds.
            CommandRefusedError: the browser refused, or answered in another shape.

        """
        self._last_number += 1
        number = self._last_number
        answer: asyncio.Future[cdp.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (answer, command.method, session)
        if undo is not None:
            self._undos[number] = lambda reply: undo(command.parse(reply.result))
        try:
            async with asyncio.timeout(within):
                await self._socket.send(command.encode(number, session))
                reply = await answer
                self._undos.pop(number, None)
        except TimeoutError as error:
            raise NoAnswerError(f"{command.method}: no answer in {within:g} s") from error
        except SocketClosedError as error:
            raise BrowserLostError("the connection to Chrome broke off") from error
        finally:
            self._end_call(number, answer)
        try:
            return command.parse(reply.result)
        except cdp.MalformedFrameError as error:
            raise CommandRefusedError(command.method, 0, str(error)) from error

    def lose_session(self, session: str, reason: str) -> None:
        """Fail every pending call of a session that Chrome will never answer."""
        self._fail(lambda other: other == session, SessionLostError(reason))

    def _take(self, frame: bytes) -> None:
        try:
            message = cdp.decode(frame)
        except cdp.MalformedFrameError as error:
            self.malformed += 1
            log.warning("chrome sent a frame that is not CDP", error=str(error))
            return
        if isinstance(message, cdp.Event):
            self._on_event(message)
            return
        answer, method, _session = self._waiting.get(message.number, (None, "", None))
        if answer is None or answer.done():
            self._take_late(message)
        elif isinstance(message, cdp.Reply):
            answer.set_result(message)
        else:
            answer.set_exception(CommandRefusedError(method, message.code, message.message))

    def _end_call(self, number: int, answer: asyncio.Future[cdp.Reply]) -> None:
        """Forget a call; what still comes of it, or came as its caller left, is undone."""
        del self._waiting[number]
        if answer.cancel() or answer.cancelled():
            return
        if answer.exception() is not None:
            self._undos.pop(number, None)
        else:
            self._take_late(answer.result())

    def _take_late(self, message: cdp.Reply | cdp.Refusal) -> None:
        """Take an answer that nobody waits for any more."""
        undo = self._undos.pop(message.number, None)
        if undo is None or isinstance(message, cdp.Refusal):
            return
        try:
            self.post(undo(message))
        except cdp.MalformedFrameError as error:
            log.warning("chrome sent an answer of another shape", error=str(error))

    def _fail(self, concerned: Callable[[str | None], bool], error: ChromeError) -> None:
        for answer, _method, session in self._waiting.values():
            if concerned(session) and not answer.done():
                answer.set_exception(error)


@asynccontextmanager
async def connect_browser(
    url: str, on_event: Callable[[cdp.Event], None], *, patience: float
) -> AsyncGenerator[Browser]:
    """Open the one socket to a browser's `ws://…/devtools/browser/…` address.

    `patience` is how long the handshake may take, in seconds.

    Raises:
        BrowserLostError: nothing listens, or it hangs up.
        NoAnswerError: it does not answer in time.
        HandshakeRefusedError: it answered, and refused.

    """
    async with AsyncExitStack() as exits:
        try:
            socket = await exits.enter_async_context(open_socket(url, patience=patience))
        except SocketRefusedError as error:
            raise HandshakeRefusedError(f"Chrome refused the connection ({error})") from error
        except SocketSilentError as error:
            raise NoAnswerError(f"Chrome does not answer: {error}") from error
        except SocketClosedError as error:
            raise BrowserLostError(f"Chrome does not answer: {error}") from error
        yield Browser(socket, on_event)
