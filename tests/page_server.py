"""The phone page's server on a thread of its own, so that a test can be a plain story."""

import asyncio
import threading
from contextlib import ExitStack
from typing import Self

from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.publisher import Identity
from colab_cdp_agent.tell.web.listening import listening
from colab_cdp_agent.tell.web.login import Login
from colab_cdp_agent.tell.web.server import Access, Server

HOST = "127.0.0.1"
LIMIT_S = 20.0


class PageServer(ExitStack):
    """Serves the page from entry to exit.

    Args:
        link: the way to the broker, which may be changed while it runs.
        login: what a browser must show, None: nothing.
        key: what a page's requests are signed with.

    """

    def __init__(
        self, link: Link | None, login: Login | None = None, key: str | None = None
    ) -> None:
        super().__init__()
        self.link = link
        self.login = login
        access = Access(login, ("desk", "desk.local"), key) if login is not None else None
        self._server = Server(Identity("colab", "desk", "1"), lambda: self.link, access)
        self._listener = listening(HOST, 0)
        self.port: int = self._listener.getsockname()[1]
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._loop: asyncio.AbstractEventLoop
        self._task: asyncio.Task[None]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(LIMIT_S), "the page is not served"
        self.callback(self._end)
        return self

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(LIMIT_S)

    def hang_up(self) -> None:
        """Close every page's link."""
        dismissed = self._server._dismiss_pages()
        asyncio.run_coroutine_threadsafe(dismissed, self._loop).result(LIMIT_S)

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self.port}"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._server.serve(self._listener))
        self._started.set()
        await asyncio.wait({self._task})
        assert self._task.cancelled(), self._task.exception()
