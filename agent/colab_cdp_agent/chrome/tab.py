"""One tab that a site profile names: attach to it, run page scripts in it, notice its end."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, TypeVar

import structlog

from colab_cdp_agent.chrome.browser import (
    Browser,
    ChromeError,
    CommandRefusedError,
    NavigatedError,
    ScriptThrewError,
    SessionLostError,
)
from colab_cdp_agent.chrome.worlds import WORLD, InWorld, Worlds
from colab_cdp_protocols import cdp

T = TypeVar("T")
R = TypeVar("R")

NETWORK = (cdp.watch_network(), cdp.auto_attach())
PROBE_LIMIT_S = 2.0
SCRIPT_LIMIT_S = 5.0

log = structlog.get_logger()


@cache
def script(name: str) -> str:
    """Return a page script: one function of one options object, in `watch/scripts/`."""
    folder = files("colab_cdp_agent.watch") / "scripts"
    return (folder / f"{name}.js").read_text(encoding="utf-8")


class NetworkListener(Protocol):
    """Hears what goes over a tab's WebSockets."""

    def take(self, event: cdp.Event) -> None:
        """Take one event; called by the reader of Chrome's socket, and must return at once."""

    def child_ended(self, session: str) -> None:
        """Take note that a frame or a worker is gone; Chrome tells nothing of its sockets."""

    def page_came(self) -> None:
        """Take note that a page answers: of the one before nothing is left, its sockets neither."""

    def deafen(self) -> None:
        """Take note that nothing is told until the tab is attached to again."""

    @property
    def lively(self) -> bool:
        """Whether something that matters was heard lately."""


class Tab:
    """One page target of a connected browser.

    Attributes:
        target: Chrome's id of it; a discarded, duplicated or restored tab has a new one.
        url, title: as Chrome last said.
        gone: why the tab ended (`closed`, `navigated`, `chrome_gone`), set once.
        stirred: set on each event about the tab, for whoever waits for it to come round.
        crashed: its renderer is gone, until it is loaded again.
        children: its attached cross-site frames and workers, by session.
        listener: hears the tab's network, its children's too; set before `attach`.
        filmed: takes the pictures of a screencast, while there is one.

    """

    def __init__(self, browser: Browser, info: cdp.TargetInfo) -> None:
        self.target = info.target_id
        self.url = info.url
        self.title = info.title
        self.session: str | None = None
        self.children: dict[str, cdp.TargetInfo] = {}
        self.listener: NetworkListener | None = None
        self.filmed: Callable[[cdp.ScreencastFrame], None] | None = None
        self.crashed = False
        self.stirred = asyncio.Event()
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._browser = browser
        self._worlds = Worlds(browser, info.target_id)

    async def attach(self) -> None:
        """Open a session and make sure within two seconds that the page answers in it.

        A tab that is discarded, hung or behind a dialog of its own attaches but does not answer:
        it is detached again, lest the commands run later in another document.

        Raises:
            NoAnswerError: the page does not answer.
            ChromeError: the tab or the browser is gone.

        """
        answer = await self._browser.call(
            cdp.attach(self.target),
            within=PROBE_LIMIT_S,
            undo=lambda late: cdp.detach(late.session_id),
        )
        session = self.session = answer.session_id
        asked: list[Coroutine[Any, Any, object]] = [self._worlds.enter(None, session)]
        if self.listener is not None:
            asked += [self._ask_network(each, session) for each in NETWORK]
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(outcome, NavigatedError):
                continue  # it answered: the page that was asked is on its way out
            if isinstance(outcome, BaseException):
                await self.detach()
                raise outcome
        self.crashed = False

    @property
    def is_heard(self) -> bool:
        """Whether the tab's kernel is heard: then it is awake, however slow its page is."""
        return self.session is not None and self.listener is not None and self.listener.lively

    async def detach(self) -> None:
        """End the session, and leave the tab as it is."""
        session = self.session
        self.end_session("detached")
        if session is not None:
            with suppress(ChromeError):  # whatever ended the session on its own, it is ended
                await self._browser.call(cdp.detach(session), within=PROBE_LIMIT_S)

    async def call(self, command: cdp.Command[T], within: float = SCRIPT_LIMIT_S) -> T:
        """Send one command in the tab's session.

        Raises:
            ChromeError: as `Browser.call`; SessionLostError also where the tab is not attached.

        """
        if self.session is None:
            raise SessionLostError("detached")
        return await self._browser.call(command, self.session, within)

    async def run(  # noqa: PLR0913 - each is a part of its own
        self,
        name: str,
        options: object,
        shape: type[R],
        *,
        frame: str | None = None,
        wait: bool = False,
        within: float = SCRIPT_LIMIT_S,
    ) -> R:
        """Run a page script in the isolated world and return what it returned.

        `frame` is the session of one of the tab's cross-site frames; None is the page. With `wait`
        the promise that the script returns is waited for.

        Raises:
            NavigatedError: the page was navigated away before it answered.
            ScriptThrewError: the script threw, or returned another shape.
            ChromeError: as `Browser.call`.

        """

        def call(world: int) -> cdp.Command[cdp.ScriptResult]:
            return cdp.call_function(script(name), world, options, group=WORLD, wait=wait)

        session = frame or self._session()
        result = await self._worlds.call(frame, session, call, within, f"{name}.js")
        try:
            return result.read(shape)
        except cdp.MalformedFrameError as error:
            raise ScriptThrewError(f"{name}.js: {error}") from error

    async def in_world(self, command: InWorld, within: float, name: str) -> cdp.ScriptResult:
        """Send a command in the page's isolated world and return what came of it.

        Raises:
            NavigatedError: the page was navigated away before it answered.
            ScriptThrewError: the script of that name threw.
            ChromeError: as `Browser.call`.

        """
        return await self._worlds.call(None, self._session(), command, within, name)

    async def address_of(self, frame: str) -> str:
        """Return the address of a cross-site frame; one that was only just made told none.

        Raises:
            ChromeError: as `Browser.call`.

        """
        tree = await self._browser.call(cdp.get_frame_tree(), frame, PROBE_LIMIT_S)
        return tree.frame_tree.frame.url

    def lose(self, reason: str) -> None:
        """Take note that the tab ended; everything asked of it fails with that reason."""
        if not self.gone.done():
            self.gone.set_result(reason)
        self.fail(reason)
        self.stirred.set()

    def end_session(self, reason: str) -> None:
        """Take note that the session is over, and with it those of its frames."""
        self.fail(reason)
        self.session = None
        self.children.clear()

    def owns(self, session: str | None) -> bool:
        """Return whether a session is the tab's, or of one of its children."""
        return session is not None and (session == self.session or session in self.children)

    def begin_child(self, session: str, info: cdp.TargetInfo) -> None:
        """Take note that one of its cross-site frames or workers is attached."""
        self.children[session] = info
        if self.listener is not None:
            self._browser.post(cdp.watch_network(), session)
            self._browser.post(cdp.auto_attach(), session)

    def end_child(self, session: str) -> None:
        """Take note that one of its cross-site frames or workers is gone."""
        del self.children[session]
        self._worlds.forget(session)
        self._browser.lose_session(session, "detached")
        if self.listener is not None:
            self.listener.child_ended(session)

    def fail(self, reason: str) -> None:
        """Fail everything asked of the page: its answers never come."""
        if self.listener is not None:
            self.listener.deafen()
        for session in filter(None, (self.session, *self.children)):
            self._browser.lose_session(session, reason)
        self._worlds.clear()

    async def _ask_network(self, command: cdp.Command[Any], session: str) -> None:
        """Have the frames of the tab's WebSockets told, those in frames and workers too."""
        try:
            await self._browser.call(command, session, PROBE_LIMIT_S)
        except CommandRefusedError as error:
            log.warning("a tab's network cannot be heard", title=self.title, reason=str(error))

    def _session(self) -> str:
        if self.session is None:
            raise SessionLostError("detached")
        return self.session
