"""Pace: how fast a count goes, seen from outside, with a bounded memory."""

from colab_cdp_agent.watch.series import Series

SHORTEST_S = 1.0
"""Less time than this tells nothing of a pace."""


class Pace:
    """Marks of a count over time, thinned with age."""

    def __init__(self) -> None:
        self._marks = Series()

    def mark(self, at: float, done: float) -> None:
        """Take note of how far the count is; one that went back begins anew."""
        points = self._marks.points
        if points and done < points[-1][1]:
            self._marks = Series()
        self._marks.add(at, done, None)

    def rate(self) -> float | None:
        """Return counted a second over the later half of the time, or over all of it."""
        points = self._marks.points
        if not points:
            return None
        (first, from_done), (last, done) = points[0], points[-1]
        middle = (first + last) / 2
        half = next((point for point in points if point[0] >= middle), points[0])
        for at, before in (half, (first, from_done)):
            if last - at >= SHORTEST_S and done > before:
                return (done - before) / (last - at)
        return None
