"""A curve in one line of characters, for a terminal."""

from collections.abc import Sequence
from typing import Final

SPARKS: Final = "▁▂▃▄▅▆▇█"
NOT_A_NUMBER: Final = "?"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Return a curve as at most `width` characters; a value that is null is not a number."""
    step = max(1.0, len(values) / width)
    picked = [values[int(place * step)] for place in range(min(width, len(values)))]
    numbers = [value for value in picked if value is not None]
    if not numbers:
        return NOT_A_NUMBER * len(picked)
    lowest, height = min(numbers), max(numbers) / 2 - min(numbers) / 2  # halves do not overflow
    top = len(SPARKS) - 1
    return "".join(
        NOT_A_NUMBER
        if value is None
        else SPARKS[round((value / 2 - lowest / 2) / height * top) if height else 0]
        for value in picked
    )
