"""The stand-in Colab on a thread of its own, so that a test can be a plain story."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any, Self, TypeVar

from colab_sim import ColabSim, Notebook

T = TypeVar("T")

LIMIT_S = 30.0


class Stage(ExitStack):
    """A `ColabSim` that is up from entry to exit; `do` carries out one of its coroutines."""

    def __init__(self) -> None:
        super().__init__()
        self.sim: ColabSim
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self.callback(self._end)
        self.sim = self.do(_enter())
        self.callback(lambda: self.do(self.sim.aclose()))
        return self

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine of the stand-in returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LIMIT_S)

    def notebook(self, name: str, **options: Any) -> Notebook:
        """Make a notebook of the stand-in."""

        async def make() -> Notebook:
            return self.sim.notebook(name, **options)

        return self.do(make())


async def _enter() -> ColabSim:
    return await ColabSim().__aenter__()
