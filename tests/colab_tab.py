"""A tab of a real Chromium that shows a notebook of the stand-in, watched as any program would."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from chromium import Chromium
from colab_sim import ColabSim, Notebook

T = TypeVar("T")
LIMIT_S = 15.0

# Walks `a >>> b` through open shadow roots.
FIND = """
  const find = (path) => path.split(" >>> ").reduce(
    (at, step, i) => at && (i ? at.shadowRoot : document)?.querySelector(step), true);
"""


@dataclass
class Stage:
    sim: ColabSim
    chromium: Chromium
    runner: asyncio.Runner

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(story)


@contextmanager
def staged() -> Iterator[Stage]:
    """Put up the stand-in and a Chromium that is led to it."""
    with asyncio.Runner() as runner:
        sim = ColabSim()
        runner.run(sim.__aenter__())
        with Chromium(sim.chromium_flags) as chromium:
            yield Stage(sim, chromium, runner)
        runner.run(sim.aclose())


class Tab:
    def __init__(self, socket: ClientConnection, target: str) -> None:
        self.target = target
        self._socket = socket
        self._last = 0
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, *, session: str | None = None, **params: Any) -> Any:
        self._last += 1
        command = {"id": self._last, "method": method, "params": params}
        await self._socket.send(json.dumps(command | ({"sessionId": session} if session else {})))
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = json.loads(await self._socket.recv())
                if message.get("id") == self._last:
                    return message["result"]
                self.events.append(message)

    async def event(self, method: str) -> dict[str, Any]:
        """Return the first event of that name; wait for it, if it has not been read yet."""
        return await self.first(lambda event: event["method"] == method)

    async def first(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first event that is wanted; wait for it, if it has not been read yet."""
        read = 0
        async with asyncio.timeout(LIMIT_S):
            while True:
                for event in self.events[read:]:
                    if wanted(event):
                        return event
                read = len(self.events)
                self.events.append(json.loads(await self._socket.recv()))

    async def js(self, body: str) -> Any:
        expression = f"(async () => {{ {FIND} return {body} }})()"
        result = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def has(self, path: str) -> bool:
        return bool(await self.js(f"!!find({json.dumps(path)})"))

    async def text(self, path: str) -> str:
        return str(await self.js(f"find({json.dumps(path)}).textContent"))

    async def click(self, path: str) -> None:
        await self.js(f"find({json.dumps(path)}).click()")

    async def press(self, path: str) -> None:
        """A press and release of the mouse and then the click, as a person's mouse gives."""
        await self.js(
            f"""["mousedown", "mouseup", "click"].forEach((type) => find({json.dumps(path)})
              .dispatchEvent(new MouseEvent(type, {{bubbles: true, composed: true}})))"""
        )


@asynccontextmanager
async def opened(stage: Stage, notebook: Notebook) -> AsyncIterator[Tab]:
    target = stage.chromium.open(notebook.url)
    url = f"ws://127.0.0.1:{stage.chromium.port}/devtools/page/{target}"
    async with connect(url, max_size=None, max_queue=None, compression=None) as socket:
        await notebook.opened()
        yield Tab(socket, target)
    stage.chromium.close(target)


async def shows(
    notebook: Notebook, wanted: Callable[[dict[str, Any]], bool], *, limit: float = LIMIT_S
) -> dict[str, Any]:
    """Read until the page shows what is wanted."""
    async with asyncio.timeout(limit):
        while True:
            shown = await notebook.read()
            if wanted(shown):
                return shown
            await asyncio.sleep(0.01)


async def until(notebook: Notebook, **wanted: Any) -> dict[str, Any]:
    """Read until the page shows these values."""
    return await shows(notebook, lambda shown: wanted.items() <= shown.items())


async def cell_becomes(notebook: Notebook, state: str, *, limit: float = LIMIT_S) -> dict[str, Any]:
    """Read until the first cell is in a state."""
    return await shows(notebook, lambda shown: shown["cells"][0]["state"] == state, limit=limit)
