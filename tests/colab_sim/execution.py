"""What runs in a notebook: its cells, on its kernel, over the lines of its pages."""

import asyncio
import uuid
from typing import Any

from colab_sim.errands import Errands
from colab_sim.frames import Message
from colab_sim.page import Page
from colab_sim.runtime import Runtime
from colab_sim.sheet import Sheet
from colab_sim.view import SnackbarKind


class Execution:
    """Runs cells. Without a kernel a run only shows, and lasts until it is interrupted."""

    def __init__(self, sheet: Sheet, errands: Errands) -> None:
        self.runtime = Runtime(self._heard, self._died)
        self.restarts = True
        self.obituary: SnackbarKind = "crashed_unknown"
        self._sheet = sheet
        self._errands = errands
        self._runs: dict[str, int] = {}

    async def connected(self) -> None:
        """Be connected: with a kernel where one is wanted, and run what waited."""
        if self._sheet.options.kernel:
            await self.runtime.start()
        await self.open_lines()
        for index, cell in enumerate(self._sheet.cells):
            if cell.state == "pending" and index not in self._runs.values():
                await self._execute(index, self._sheet.pages.newest)

    async def lost(self) -> None:
        """Give the runtime back; nothing runs any more."""
        self._forget()
        await self.runtime.stop()

    async def open_lines(self) -> None:
        """Let every page open a line to the kernel, or close the one it has."""
        await self._sheet.pages.tell_each(self.ask_line)

    async def attend(self, page: Page) -> None:
        """Give a page that has just loaded its line to the kernel."""
        if self._sheet.options.kernel and self._sheet.view.connection == "connected":
            await self.runtime.start()
            if page.line is None:
                await self.ask_line(page)

    def ask_line(self, page: Page) -> asyncio.Future[Any]:
        """Let one page open a line; with it goes what the cells printed until now."""
        connected = self._sheet.view.connection == "connected"
        where = self.runtime.opened_line() if connected else None
        options = {"place": self._sheet.options.channel, "wrapping": self._sheet.options.wrapping}
        page.line = where["session"] if where else None
        cells = self._sheet.cells_as_json(outputs=True) if where else None
        where = where and where | options
        return page.ask("channel", where=where, cells=cells, runs=self._runs)

    async def run(self, index: int, page: Page | None) -> bool:
        """Start a cell; false when it has to wait for a connection."""
        self._sheet.cells[index].state = "pending"
        await self._sheet.show_cells()
        connected = self._sheet.view.connection == "connected"
        if connected:
            await self._execute(index, page)
        return connected

    async def drop_lines(self) -> None:
        """Close the line of every page; the pages go on showing what they showed."""
        kernel = self.runtime.kernel
        if kernel is None:
            raise RuntimeError("no kernel runs")

        def dropped(page: Page) -> asyncio.Future[Any]:
            if page.line is not None:
                kernel.hang_up(page.line)
                page.line = None
            return page.ask("channel_lost")

        await self._sheet.pages.tell_each(dropped)

    async def answer(self, text: str) -> None:
        """Type a line into the cell that asks for one, and send it to the kernel."""
        asking = (cell for cell in self._sheet.cells if cell.question is not None)
        cell = next(asking, None)
        if cell is None or cell.question is None:
            raise RuntimeError("no cell asks for a line")
        shown = "········" if cell.question["password"] else text
        line = f"{cell.question['prompt']}{shown}\n"
        index = self._sheet.cells.index(cell)
        cell.question = None
        cell.print(line, "page")
        sent = await self._sheet.pages.tell_each(
            lambda page: page.ask("answer", index=index, line=line, value=text)
        )
        if True not in sent:
            raise RuntimeError("no page shows the question")

    async def interrupt(self) -> None:
        """Stop what runs."""
        if self.runtime.kernel is not None:
            await self.runtime.kernel.interrupt()
            return
        for cell in self._sheet.cells:
            if cell.state in {"running", "pending"}:
                cell.state = "failed" if cell.state == "running" else "idle"
        await self._sheet.show_cells()

    async def restart(self) -> None:
        """Start the kernel anew under its id; what it knew is gone."""
        self._forget()
        await self._sheet.show_cells()
        if self.runtime.kernel is not None:
            await self.runtime.kernel.restart()

    async def _execute(self, index: int, page: Page | None) -> None:
        cell = self._sheet.cells[index]
        cell.stale = False
        self._sheet.drop_output(index)
        await self._sheet.pages.show("clear", index=index)
        if not self._sheet.options.kernel:
            cell.state, cell.count = "running", (cell.count or 0) + 1
            await self._sheet.show_cells()
            return
        if page is None:
            raise RuntimeError("a kernel runs cells for an open page only")
        await self.attend(page)
        run = str(uuid.uuid4())
        self._runs[run] = index

        def told(each: Page) -> asyncio.Future[Any]:
            here = each is page
            return each.ask("execute", id=run, index=index, code=cell.source, here=here)

        await self._sheet.pages.tell_each(told)

    def _heard(self, message: Message) -> None:
        index = self._runs.get(message["parent_header"].get("msg_id"))
        if index is not None:
            self._sheet.cells[index].hear(message)

    def _died(self) -> None:
        self._errands.start(self._mourn(), "kernel died")

    async def _mourn(self) -> None:
        kernel = self.runtime.kernel
        if kernel is None:
            return
        self._forget()
        self._sheet.view.snackbars[0] = self.obituary
        if self.restarts:
            kernel.announce("restarting")
            await self._sheet.show("snackbars")
            await self._sheet.show_cells()
            await kernel.restart()
        else:
            kernel.announce("dead")
            await self.runtime.stop()
            self._sheet.view.connection = "reconnect"
            await self._sheet.show("connection", "snackbars")
            await self._sheet.show_cells()
            await self.open_lines()

    def _forget(self) -> None:
        self._runs.clear()
        for cell in self._sheet.cells:
            cell.question = None
            if cell.state in {"running", "pending"}:
                cell.state = "idle"
