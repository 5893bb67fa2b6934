"""A curve that stays short however long it gets: what of it is kept."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

MOST_POINTS: Final = 500

Point = tuple[float, float | None]
"""Where it stands on the axis, such as a time in seconds, and its value; null is not a number."""


def thinned(points: Sequence[Point], most: int) -> tuple[int, ...]:
    """Return the places of the points to keep, in order: at most `most`, evenly over the axis.

    The first and the last stay, the lowest and the highest, and one that is not a number, if there
    is any. Thinned again and again while it grows, a curve keeps its shape from the beginning on.

    Args:
        points: in the order of the axis.
        most: at least 8.

    """
    if len(points) <= most:
        return tuple(range(len(points)))
    pieces = (most - 2) // 3
    first, last = points[0][0], points[-1][0]
    stretches: dict[int, list[int]] = defaultdict(list)
    for place, (x, _value) in enumerate(points):
        part = (x - first) / (last - first) if last > first else place / len(points)
        stretches[min(int(part * pieces), pieces - 1)].append(place)
    kept = {0, len(points) - 1}
    for places in stretches.values():
        kept.update(_marks(points, places))
    return tuple(sorted(kept))


def _marks(points: Sequence[Point], places: Sequence[int]) -> Iterator[int]:
    """Yield the places of the lowest, the highest and the first missing value of a stretch."""
    values = [(value, place) for place in places if (value := points[place][1]) is not None]
    numbers = [each for each in values if not math.isnan(each[0])]
    if numbers:
        yield min(numbers)[1]
        yield max(numbers)[1]
    known = {place for _value, place in numbers}
    yield from [place for place in places if place not in known][:1]
