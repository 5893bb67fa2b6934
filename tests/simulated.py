"""An event loop whose time jumps: what waits for an hour is over at once."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

MOST_TURNS = 1000


class _Selector(selectors.SelectSelector):
    """Passes the time that is waited for at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everything waits, and for nothing that time could bring"
        self.now += max(timeout, 0.0)
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop that runs on a clock of its own, which begins at 1000."""

    def __init__(self) -> None:
        self._waits = _Selector()
        super().__init__(self._waits)

    def time(self) -> float:
        return 1000.0 + self._waits.now


class Clock:
    """Stands in for the module `time` in what runs on a simulated loop."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self.monotonic: Callable[[], float] = loop.time


def run(story: Callable[[Clock], Coroutine[Any, Any, T]]) -> T:
    """Run a story on a simulated loop, whose clock it is given."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        return runner.run(story(Clock(loop)))


async def at_once(holds: Callable[[], bool]) -> None:
    """Let everything go on until a condition holds, without any time going by."""
    for _turn in range(MOST_TURNS):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("not without any time going by")
