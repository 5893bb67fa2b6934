"""The bars that are on, one in the other: which of them a count goes on with, and which are over.

A bar tells by its own word when it began: the one that began first stands outermost.
"""

import re

import msgspec

from colab_cdp_agent.watch.progress.pace import Pace
from colab_cdp_agent.watch.progress.reading import Count

MOST_BARS = 8
SAME_MOMENT_S = 2.0
"""Two bars whose own words put their beginnings closer together stand in order of appearance."""

_ASIDE = re.compile(
    r"\b(?:valid\w*|val|eval\w*|test\w*|sanity|predict\w*|download\w*|fetch\w*|load\w*|map|filter"
    r"|tokeni\w*|extract\w*|generating|scanning|caching|class images)\b"
)

Key = tuple[str, float | None]
"""A bar's name and total: what tells it from another."""


class Bar(msgspec.Struct):
    """A count that goes on; times in seconds.

    Attributes:
        serial: another number for each bar of a run.
        began: when it began, by its own word.
        at: when it was seen last.
        epochs_done: how many were, when it began.
        moved_in: the first two epochs that it went on in.
        inside: bars that ran within it.

    """

    serial: int
    name: str
    total: float | None
    began: float
    at: float
    count: Count
    epochs_done: float
    pace: Pace
    inside: set[Key]
    moved_in: frozenset[int] = frozenset()

    @property
    def key(self) -> Key:
        """What tells it from another bar."""
        return self.name, self.total

    @property
    def share(self) -> float | None:
        """How much of it is done, 0 to 1."""
        return min(1.0, self.count.done / self.total) if self.total else None

    @property
    def finished(self) -> bool:
        """Whether all of it is done."""
        return self.total is not None and self.count.done >= self.total

    @property
    def is_aside(self) -> bool:
        """Whether its name says that it is not the run's own work."""
        return is_aside(self.name)

    @property
    def spans_epochs(self) -> bool:
        """Whether it went on in several epochs."""
        return len(self.moved_in) > 1

    def is_named_as(self, name: str, total: float | None) -> bool:
        """Return whether a bar of this name and total might be this one."""
        return name == self.name and (total == self.total or not total or not self.total)

    def goes_on_as(self, count: Count, at: float) -> bool:
        """Return whether a count is this one, later."""
        if not self.is_named_as(count.name, count.total):
            return False
        if count.elapsed_s is not None and at - count.elapsed_s > self.at + SAME_MOMENT_S:
            return False  # it began after this one was seen last
        return count.done >= self.count.done and _elapsed(count) >= _elapsed(self.count)

    def go_on(self, count: Count, at: float, epochs_done: float) -> None:
        """Take note of how far it is now."""
        moves = count.done > self.count.done
        if moves and not self.spans_epochs and count.done != self.total:
            # Its last state may be drawn once the next epoch has begun: that is no going on in it.
            self.moved_in |= {int(epochs_done)}
        elif count.done == 0:
            self.epochs_done = epochs_done  # it was set back to zero for the next epoch
        of_epochs = count.of_epochs or self.count.of_epochs
        self.count = msgspec.structs.replace(count, of_epochs=of_epochs)
        self.at, self.total = at, count.total or self.total
        self.pace.mark(at, count.done)


def is_aside(name: str) -> bool:
    """Return whether a bar's name says that it is not the run's own work."""
    return _ASIDE.search(name) is not None


class BarStack:
    """The bars of a run that are on, the outermost first."""

    def __init__(self) -> None:
        self.bars: list[Bar] = []
        self._serial = 0
        self._has_twins = False

    @property
    def innermost(self) -> Bar | None:
        """The bar that tells the step: the innermost, or once it is done the one around it."""
        told = [bar for bar in reversed(self.bars) if bar.count.told]
        if not told or not told[0].finished:
            return next(iter(told), None)
        return next((bar for bar in told if bar.total and not bar.finished), told[0])

    def find(self, count: Count, at: float, epochs_done: float) -> Bar | None:
        """Return the bar that a count goes on with, the innermost that fits."""
        bar = next((bar for bar in reversed(self.bars) if bar.goes_on_as(count, at)), None)
        if bar is None or count.elapsed_s is not None or count.done > bar.count.done:
            return bar
        # The same count again in another epoch is that epoch's, where no clock says otherwise.
        return bar if int(bar.epochs_done) == int(epochs_done) else None

    def go_on(self, bar: Bar, count: Count, at: float, epochs_done: float) -> None:
        """Take note of how far a bar is now; where it moved, what stood inside it is over."""
        if count.done > bar.count.done:
            del self.bars[self.bars.index(bar) + 1 :]
        bar.go_on(count, at, epochs_done)

    def begin(self, count: Count, at: float, epochs_done: float) -> None:
        """Give a new bar its place: inside those that began before it."""
        new = Bar(
            serial=self._serial,
            name=count.name,
            total=count.total,
            began=at - _elapsed(count),
            at=at,
            count=count,
            epochs_done=epochs_done,
            pace=Pace(),
            inside=set(),
        )
        self._serial += 1
        new.pace.mark(at, count.done)
        self._has_twins = self._has_twins or any(_stands_around(new, bar) for bar in self.bars)
        bars = [bar for bar in self.bars if not self._is_over(bar, new)]
        place = len(bars)
        while place and bars[place - 1].began > new.began + SAME_MOMENT_S:
            place -= 1
        for bar in bars[:place]:
            if len(bar.inside) < MOST_BARS:
                bar.inside.add(new.key)
        bars.insert(place, new)
        self.bars = bars[-MOST_BARS:]

    def drop_finished(self) -> None:
        """Forget the bars that are done."""
        self.bars = [bar for bar in self.bars if not bar.finished]

    def _is_over(self, bar: Bar, new: Bar) -> bool:
        """Return whether a bar is over now that a new one shows."""
        if not bar.count.done and bar.total is None:
            return True
        if bar.finished:
            # What ran within it before may run once more at its end: the last validation.
            return new.key not in bar.inside
        if _is_renamed(bar, new):
            return True
        return bar.is_named_as(new.name, new.total) and not self._has_twins


def _stands_around(new: Bar, bar: Bar) -> bool:
    """Return whether a new bar is another one's twin that began before it: it stands around it."""
    return (
        bar.is_named_as(new.name, new.total)
        and 0 < new.count.done < bar.count.done
        and _elapsed(new.count) >= max(1.0, _elapsed(bar.count))
    )


def _is_renamed(bar: Bar, new: Bar) -> bool:
    """Return whether a new bar is the same one under another name: as long, and begun with it."""
    return (
        bar.total == new.total is not None
        and new.count.elapsed_s is not None
        and new.count.done >= bar.count.done
        and abs(new.began - bar.began) <= SAME_MOMENT_S
    )


def _elapsed(count: Count) -> float:
    return count.elapsed_s or 0.0
