"""The open pages of a notebook, and the line to each."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

APPLY_LIMIT_S = 15.0


class PageError(Exception):
    """A script of the stand-in's page failed; the text is its stack."""


class Page:
    """One open page. It is told changes in order and acknowledges each."""

    def __init__(self) -> None:
        self.session = uuid.uuid4().hex
        self.shown = False
        self.deaf = False
        self.line: str | None = None
        self._closed = False
        self._out: asyncio.Queue[str] = asyncio.Queue()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._last = 0

    def ask(self, op: str, **what: Any) -> asyncio.Future[Any]:
        """Send one change; the future holds the page's answer, or None when the page went away."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.set_result(None)
            return future
        self._last += 1
        self._asked[self._last] = future
        self._out.put_nowait(json.dumps({"op": op, "seq": self._last, **what}))
        return future

    async def serve(
        self, socket: web.WebSocketResponse, told: Callable[[dict[str, Any]], None]
    ) -> None:
        """Carry messages both ways until the page closes; `told` gets what it reports."""
        writer = asyncio.create_task(self._write(socket), name="page writer")
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._heard(json.loads(message.data), told)
        finally:
            writer.cancel()
            await asyncio.wait([writer])
            self._closed = True
            for future in self._asked.values():
                if not future.done():
                    future.set_result(None)

    def _heard(self, message: dict[str, Any], told: Callable[[dict[str, Any]], None]) -> None:
        self.deaf = False
        if "ack" in message:
            future = self._asked.pop(message["ack"], None)
            if future is not None and not future.done():
                if "error" in message:
                    future.set_exception(PageError(message["error"]))
                else:
                    future.set_result(message["value"])
        else:
            told(message)

    async def _write(self, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            text = await self._out.get()
            try:
                await socket.send_str(text)
            except ConnectionResetError:
                return  # the page went away; `serve` ends too


class Pages:
    """Every open page of one notebook."""

    def __init__(self) -> None:
        self._open: list[Page] = []
        self._changed = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def newest(self) -> Page | None:
        """The page that was opened last."""
        return self._open[-1] if self._open else None

    def add(self, page: Page, state: dict[str, Any]) -> asyncio.Future[Any]:
        """Let a new page show the notebook; from now on it is told of every change."""
        self._open.append(page)
        return page.ask("notebook", state=state)

    async def count_shown(self, page: Page, first: asyncio.Future[Any]) -> None:
        """Count a page as open once it shows the notebook."""
        await first
        page.shown = True
        await self._tell_waiters()

    async def remove(self, page: Page) -> None:
        """Count a page out."""
        self._open.remove(page)
        await self._tell_waiters()

    async def _tell_waiters(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def count(self, wanted: int) -> None:
        """Wait until exactly `wanted` pages are open and show the notebook."""

        def reached() -> bool:
            return len(self._open) == wanted == sum(page.shown for page in self._open)

        async with asyncio.timeout(APPLY_LIMIT_S), self._changed:
            await self._changed.wait_for(reached)

    async def show(self, op: str, **what: Any) -> None:
        """Tell every page of a change, and wait until each has applied it."""
        await self.tell_each(lambda page: page.ask(op, **what))

    async def tell_each(self, ask: Callable[[Page], asyncio.Future[Any]]) -> list[Any]:
        """Tell every page a change of its own, wait until each has applied it; return answers."""
        # A page behind an alert or in its own endless loop gets the change, but isn't waited for.
        asked = [(page, ask(page)) for page in self._open]
        async with asyncio.timeout(APPLY_LIMIT_S):
            return await asyncio.gather(*(answer for page, answer in asked if not page.deaf))

    async def silence(self, op: str, **what: Any) -> None:
        """Tell every page of a change that it acknowledges and then answers no more."""
        await self.show(op, **what)
        for page in self._open:
            page.deaf = True
