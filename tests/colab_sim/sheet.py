"""A notebook as its pages show it: kept here, so that a page that loads again shows the same."""

import secrets

from colab_sim.cell import Cell
from colab_sim.frames import Message
from colab_sim.page import Pages
from colab_sim.texts import texts_of
from colab_sim.view import Log, Options, View

RELEASE = "colab_20260324-060135_RC00_889034561"


class Sheet:
    """The state of one notebook, and the pages that show it."""

    def __init__(self, options: Options) -> None:
        self.id = "1" + secrets.token_urlsafe(32)[:32]
        self.options = options
        self.view = View(options.connection)
        self.cells = [Cell("", options.output_limit) for _ in range(options.cells)]
        self.log = Log()
        self.pages = Pages()
        self.frame_host = f"{secrets.token_hex(12)}-0-colab.googleusercontent.com"

    async def show(self, *parts: str) -> None:
        """Bring parts of the view to every page."""
        await self.pages.show("patch", state=self.view.as_json(*parts))

    async def show_cells(self) -> None:
        """Bring the state of the cells, without their outputs, to every page."""
        await self.pages.show("patch", state={"cells": self.cells_as_json(outputs=False)})

    def cells_as_json(self, *, outputs: bool) -> list[Message]:
        """Return the cells as the page needs them."""
        return [cell.as_json(outputs=outputs) for cell in self.cells]

    def drop_output(self, index: int | None) -> None:
        """Forget the output of one cell, or of all."""
        for cell in self.cells if index is None else [self.cells[index]]:
            cell.clear()

    def as_json(self) -> Message:
        """Return all that a new page needs."""
        options = self.options
        return {
            "id": self.id,
            "title": options.title,
            "generation": options.generation,
            "language": options.language,
            "texts": texts_of(options.language),
            "light_dom": options.light_dom,
            "private_outputs": options.private_outputs,
            "dialog_host": options.dialog_host,
            "output_limit": options.output_limit,
            "frame_url": f"https://{self.frame_host}/outputframe.html?vrz={RELEASE}",
            "cells": self.cells_as_json(outputs=True),
            **self.view.as_json(),
        }
