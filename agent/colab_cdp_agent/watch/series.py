"""A curve of a value over time, bounded: dense where it is new, sparse where it is old."""

MOST_POINTS = 400
LEFT_AFTER_THINNING = 300


class Series:
    """Points of a value over time, thinned with age.

    When there are more than 400, those go that stand closest together for their age: the distance
    between neighbours grows with their age, and the newest stay as they came. The first, the last,
    the lowest and the highest point always stay.
    """

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []
        self._step: int | None = None

    def add(self, at: float, value: float, step: int | None) -> None:
        """Add a finite value at a time in seconds; a second one of the same step replaces it."""
        if self.points:
            at = max(at, self.points[-1][0])
            if step is not None and step == self._step:
                self.points.pop()
        self._step = step
        self.points.append((at, value))
        if len(self.points) > MOST_POINTS:
            self._thin()

    def _thin(self) -> None:
        points = self.points
        values = [value for _at, value in points]
        kept = {0, len(points) - 1, values.index(min(values)), values.index(max(values))}
        newest = points[-1][0]
        crowded = sorted(
            (place for place in range(1, len(points) - 1) if place not in kept),
            key=lambda place: (
                (points[place + 1][0] - points[place - 1][0]) / (newest - points[place][0] or 1.0)
            ),
        )
        # No two neighbours go at once, or what looked crowded would become a hole.
        gone: set[int] = set()
        for place in crowded:
            if len(points) - len(gone) <= LEFT_AFTER_THINNING:
                break
            if place - 1 not in gone and place + 1 not in gone:
                gone.add(place)
        self.points = [point for place, point in enumerate(points) if place not in gone]
