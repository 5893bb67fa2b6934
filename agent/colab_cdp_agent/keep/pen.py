"""One thread that writes; what is asked for in the same turn of the event loop goes there together.

A hop into a thread and back costs more than a short write: eight notebooks take one, not eight.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class _Stroke:
    """One piece of work, and what came of it."""

    write: Callable[[], int]
    done: bool = False
    written_bytes: int = 0
    error: Exception | None = None

    def carry_out(self) -> None:
        try:
            self.written_bytes = self.write()
        except Exception as error:  # noqa: BLE001 - `put` raises it
            self.error = error
        self.done = True


class Pen:
    """Carries out what blocks, one piece after the other, outside the event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting: list[_Stroke] = []  # one for each caller of `put`

    async def put(self, write: Callable[[], int]) -> int:
        """Have something written, and return what it returns, or raise what it raises.

        Whoever leaves before takes nothing from those whose writing goes along.
        """
        stroke = _Stroke(write)
        self._waiting.append(stroke)
        await asyncio.shield(self._carry_out_in_turn(stroke))
        if stroke.error is not None:
            raise stroke.error
        return stroke.written_bytes

    async def _carry_out_in_turn(self, stroke: _Stroke) -> None:
        async with self._turn:
            if not stroke.done:
                strokes, self._waiting = self._waiting, []
                await asyncio.to_thread(_carry_out, strokes)


def _carry_out(strokes: list[_Stroke]) -> None:
    for stroke in strokes:
        stroke.carry_out()
