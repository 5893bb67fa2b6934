"""What every contender can do, and what it does it with."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

PAGE = (
    "data:text/html,<title>{}</title><button id=control class=connected>Connect</button>"
    "<p id=cell></p><pre>"
)
STATUS = """function status() {
  const button = document.querySelector("#control");
  const number = document.querySelector("pre").textContent;
  const cells = [...Array(40).keys()].map((n) => ({ n, state: "idle" }));
  return { number, title: document.title, text: button?.textContent, cells };
}"""
OBSERVE = """() => {{
  const cell = document.querySelector("#cell");
  const tell = () => globalThis.{}(cell.className);
  new MutationObserver(tell).observe(cell, {{ attributes: true }});
  return true;
}}"""

Told = Callable[[str], None]
Use = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Where:
    """The browser, and the tabs in it that are wanted.

    Attributes:
        port: of the browser's debugging.
        address: of its WebSocket.
        kind: which tabs: the title of their pages.
        count: how many of them are open.

    """

    port: int
    address: str
    kind: str
    count: int

    def wants(self, url: str) -> bool:
        """Return whether a tab with that address is wanted."""
        return url.startswith(PAGE.format(self.kind))

    @property
    def http(self) -> str:
        """The address of its HTTP endpoints."""
        return f"http://127.0.0.1:{self.port}"


class Contender:
    """One way to the tabs of one browser, used as its own documentation says.

    Attributes:
        where: the browser and the tabs.
        binding: the name of the function by which a page tells that it changed.

    """

    def __init__(self, where: Where) -> None:
        self.where = where
        self.binding = f"told{os.getpid()}"

    async def prepare(self) -> None:
        """Do what a program does once, however often it attaches."""

    async def attach(self, use: Use) -> None:
        """Connect, and use each wanted tab as soon as something can be evaluated in it."""
        raise NotImplementedError

    async def evaluate(self, tab: Any, function: str) -> Any:
        """Call a JavaScript function without arguments in a tab, and return its JSON value."""
        raise NotImplementedError

    async def bind(self, tab: Any, told: Told) -> None:
        """Have `told` called with what the page hands to the function named `binding`."""
        raise NotImplementedError

    async def close(self) -> None:
        """Leave the browser as it is."""
        raise NotImplementedError

    async def watch(self, tabs: list[Any], told: Told) -> None:
        """Have `told` called with the class of a page's cell, whenever that changes."""
        for tab in tabs:
            await self.bind(tab, told)
            await self.evaluate(tab, OBSERVE.format(self.binding))
