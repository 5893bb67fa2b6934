"""A notebook of the stand-in, and everything that can be made to happen to it."""

import asyncio
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from colab_sim.cell import Cell, CellState, Where
from colab_sim.errands import Errands
from colab_sim.execution import Execution
from colab_sim.page import APPLY_LIMIT_S, Page
from colab_sim.sheet import Sheet
from colab_sim.view import Connection, Dialog, DialogKind, Options, Resources, SnackbarKind

SITE = "https://colab.research.google.com"

Outcome: TypeAlias = Literal[
    "same", "fresh", "limit", "captcha", "too_many", "backend_error", "stuck", "ignored"
]
REFUSALS: dict[Outcome, DialogKind] = {
    "limit": "usage_limit",
    "captcha": "captcha",
    "too_many": "too_many_sessions",
    "backend_error": "backend_error",
}


class Notebook:
    """One notebook. Each call returns when every open page of it shows the change.

    `when_connect` decides what a click on the connect control leads to, after `connect_delay`
    seconds of "Connecting".
    """

    def __init__(self, options: Options, errands: Errands) -> None:
        self.sheet = Sheet(options)
        self.execution = Execution(self.sheet, errands)
        self.name = options.name
        self.id = self.sheet.id
        self.url = f"{SITE}/drive/{self.id}"
        self.when_connect: Outcome = "same"
        self.connect_delay = 0.05
        self._dialogs_made = 0

    async def connection(self, state: Connection) -> None:
        """Show a state of the connection; "connected" starts the kernel where one is wanted."""
        if state == "no_runtime":
            await self.execution.lost()
        elif state == "connected" and self.sheet.options.kernel:
            await self.execution.runtime.start()
        self.sheet.view.connection = state
        await self.sheet.show("connection")
        if state == "connected":
            await self.execution.connected()
        else:
            await self.execution.open_lines()

    async def connect(self) -> None:
        """Do what a click on the connect control leads to."""
        before = self.sheet.view.connection
        if self.when_connect == "ignored":
            return
        await self.connection("connecting")
        if self.when_connect == "stuck":
            return
        await asyncio.sleep(self.connect_delay)
        refusal = REFUSALS.get(self.when_connect)
        if refusal is not None:
            await self.connection(before)
            await self.dialog(refusal)
            return
        if self.when_connect == "fresh":
            await self.execution.lost()
        await self.connection("connected")

    async def cell(self, state: CellState, index: int = 0) -> None:
        """Show a cell in a state, as if it had been run."""
        cell = self.sheet.cells[index]
        cell.state = state
        if state in {"running", "ok", "failed"}:
            cell.count, cell.stale = cell.count or 1, False
        await self.sheet.show_cells()

    async def source(self, code: str, index: int = 0) -> None:
        """Put code into a cell; one is added where the index is one too many."""
        if index == len(self.sheet.cells):
            self.sheet.cells.append(Cell("", self.sheet.options.output_limit))
        cell = self.sheet.cells[index]
        cell.source, cell.stale = code, True
        await self.sheet.show_cells()

    async def print(
        self, text: str | Iterable[str], *, where: Where = "page", index: int = 0
    ) -> None:
        """Append text, or lines, to the output of a cell."""
        if not isinstance(text, str):
            text = "".join(f"{line}\n" for line in text)
        self.sheet.cells[index].print(text, where)
        output = {"kind": "stream", "where": where, "text": text}
        await self.sheet.pages.show("output", index=index, output=output)

    async def html(self, html: str, *, index: int = 0) -> None:
        """Append a rich output, which the page shows in its frame."""
        self.sheet.cells[index].show("html", html)
        output = {"kind": "html", "where": "frame", "text": html}
        await self.sheet.pages.show("output", index=index, output=output)

    async def clear(self, index: int | None = None) -> None:
        """Drop the output of one cell or of all, as code of the notebook can do."""
        self.sheet.drop_output(index)
        await self.sheet.pages.show("clear", index=index)

    async def dialog(self, kind: DialogKind) -> None:
        """Open a dialog, above those that are open."""
        self._dialogs_made += 1
        self.sheet.view.dialogs.append(Dialog(self._dialogs_made, kind))
        await self.sheet.show("dialogs")

    async def close_dialogs(self) -> None:
        """Close every dialog."""
        self.sheet.view.dialogs.clear()
        await self.sheet.show("dialogs")

    async def snackbar(self, kind: SnackbarKind | None, *, slot: int = 0) -> None:
        """Show a toast in one of the two areas, or none."""
        self.sheet.view.snackbars[slot] = kind
        await self.sheet.show("snackbars")

    async def signed_in(self, signed_in: bool) -> None:  # noqa: FBT001 - reads as a sentence
        """Show the page to a person who is signed in, or isn't."""
        self.sheet.view.signed_in = signed_in
        await self.sheet.show("signed_in")

    async def resources(
        self,
        ram_used: float = 1.08,
        *,
        ram_total: float = 12.67,
        disk_used: float = 21.2,
        disk_total: float = 107.72,
        accelerator: str = "",
    ) -> None:
        """Show an amount of RAM and disk, in GB, and an accelerator's name."""
        self.sheet.view.resources = Resources(
            (ram_used, ram_total), (disk_used, disk_total), accelerator
        )
        await self.sheet.show("resources")

    async def remove_control(self) -> None:
        """Become a front end whose connect button has another name."""
        self.sheet.view.control = "renamed"
        await self.sheet.show("control")

    async def strip_state(self) -> None:
        """Become a front end whose connect button is there and says nothing."""
        self.sheet.view.control = "bare"
        await self.sheet.show("control")

    async def restore_control(self) -> None:
        """Become the known front end again."""
        self.sheet.view.control = "present"
        await self.sheet.show("control")

    async def freeze_page(self) -> None:
        """Send every page into an endless loop of its own."""
        await self.sheet.pages.silence("freeze")

    async def alert(self, text: str = "Stand-in") -> None:
        """Open a JavaScript alert in every page."""
        await self.sheet.pages.silence("alert", text=text)

    async def run(self, index: int = 0, *, page: Page | None = None) -> None:
        """Run a cell as a click on its run button does; a cell that runs is interrupted."""
        if self.sheet.cells[index].state in {"running", "pending"}:
            await self.interrupt()
        elif not await self.execution.run(index, page or self.sheet.pages.newest):
            await self.connect()

    async def interrupt(self) -> None:
        """Stop what runs."""
        await self.execution.interrupt()

    async def answer(self, text: str) -> None:
        """Type a line where a cell asks for one by `input()`."""
        await self.execution.answer(text)

    async def drop_channel(self) -> None:
        """Close every page's socket to the kernel, while the pages still show "connected".

        What the kernel says until `open_channel` reaches no page by a socket.
        """
        await self.execution.drop_lines()

    async def open_channel(self) -> None:
        """Open every page's socket to the kernel again, under a new session id."""
        await self.execution.open_lines()

    async def kill_kernel(
        self, *, restart: bool = True, says: SnackbarKind = "crashed_unknown"
    ) -> None:
        """Kill -9 the kernel; then it is started again under its id, or the runtime is lost."""
        if self.execution.runtime.kernel is None:
            raise RuntimeError("no kernel runs")
        self.execution.restarts, self.execution.obituary = restart, says
        self.execution.runtime.kernel.kill()

    async def opened(self, count: int = 1) -> None:
        """Wait until exactly this many pages show the notebook."""
        await self.sheet.pages.count(count)

    async def read(self) -> dict[str, Any]:
        """Return what the newest page shows, and what was done to the notebook's pages."""
        page = self.sheet.pages.newest
        shown: dict[str, Any] = {}
        if page is not None and not page.deaf:
            async with asyncio.timeout(APPLY_LIMIT_S):
                shown = await page.ask("read") or {}
        kernel = self.execution.runtime.kernel
        return {
            "connection": self.sheet.view.connection,
            "dialogs": [dialog.kind for dialog in self.sheet.view.dialogs],
            **shown,
            "pages": len(self.sheet.pages),
            "kernel": kernel and kernel.id,
            **self.sheet.log.as_json(),
        }

    async def touched(self) -> list[dict[str, Any]]:
        """Return every event that reached the pages from outside, in order."""
        await self.read()
        return list(self.sheet.log.touches)
