"""How wide each part of the table is, for the width of a terminal."""

from collections.abc import Iterable
from typing import Final, Self

import msgspec

from colab_cdp_agent.tell.screen import LEAST_BESIDE, PHASE_WIDTH

AGE_WIDTH: Final = 6
SHARE_WIDTH: Final = 5
"""Of a percentage, with the gap before it."""
INDENT: Final = "  "
"""Before what has a line of its own, below its notebook."""
WIDE: Final = 110
FEWEST_SPARKS: Final = 4
SHORTEST_LINE: Final = 12
"""Less than that of a printed line tells nothing."""


class Columns(msgspec.Struct, frozen=True):
    """Widths in cells; a part that has no room, or nothing to tell, has none.

    Attributes:
        place: the agent's name and the browser's, where there are several.
        told: everything between a notebook's title and the age of its news.
        beside: whether that stands there; where it has too little room, it has lines of its own.
        bar, left, loss, sparks: parts of it, where a run tells how far it is.
        line: its rest, for the last printed line.
        tight: whether a length of time is written as short as can be.

    """

    place: int
    title: int
    told: int
    beside: bool
    bar: int
    left: int
    loss: int
    sparks: int
    line: int
    tight: bool

    @classmethod
    def of(cls, width: int, places: Iterable[str]) -> Self:
        """Return the columns for a terminal of that width; a place that all share has none."""
        named = [len(name) for name in set(places)]
        wide = width >= WIDE
        place = min(max(named), 16 if wide else 10) if len(named) > 1 else 0
        room = width - PHASE_WIDTH - AGE_WIDTH - 2 - (place + 1 if place else 0)
        title = max(8, min(width // 5, 36) - (0 if wide else 1))
        told = room - title - 1
        beside = told >= LEAST_BESIDE
        if not beside:
            title, told = max(8, room), width - len(INDENT)
        bar, left, loss = max(6, min(width // 10, 20)) if wide else 6, 12 if wide else 7, 7
        rest = max(0, told - bar - SHARE_WIDTH - left - loss - 3)
        sparks = min(max(6, min(width // 10, 20)), rest)
        sparks = sparks if sparks >= FEWEST_SPARKS else 0
        line = max(0, rest - sparks - 1)
        return cls(
            place, title, max(told, 1), beside, bar, left, loss, sparks,
            line if line >= SHORTEST_LINE else 0, not wide,
        )  # fmt: skip
