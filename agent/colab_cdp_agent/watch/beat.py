"""The beat: what may wait a little is done for all sessions at one moment, with one wake-up."""

import asyncio
from collections.abc import Callable


class Beat:
    """Moments that are the same for whoever waits for one.

    Args:
        every_s: how far they are apart.

    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._calls: dict[Callable[[], None], None] = {}  # in the order in which they were asked

    def at_next(self, call: Callable[[], None]) -> None:
        """Have a call made at the next moment: once, however often that is asked before."""
        if not self._calls:
            loop = asyncio.get_running_loop()
            loop.call_at((loop.time() // self._every_s + 1) * self._every_s, self._strike)
        self._calls[call] = None

    def _strike(self) -> None:
        calls, self._calls = self._calls, {}
        self._make(calls)

    def _make(self, calls: dict[Callable[[], None], None]) -> None:
        """Make the calls; where one fails, the loop is told of it and the others are still made."""
        try:
            while calls:
                call = next(iter(calls))
                del calls[call]
                call()
        finally:
            if calls:
                asyncio.get_running_loop().call_soon(self._make, calls)
