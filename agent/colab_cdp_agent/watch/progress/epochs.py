"""The epochs of a run, from words that count them from zero or from one, before or after each."""

import math

from colab_cdp_agent.watch.progress.reading import Epoch

ROUNDING = 0.1
"""How far two words on how many epochs are done may differ by their rounding."""


class Epochs:
    """Which epoch a run is in, and how many are done.

    A count that begins with zero counts from zero: its last epoch has the number that it gives as
    the total.

    Attributes:
        number: the epoch that was named last, counted from one; None where none was.
        total: how many there are, if anybody said.
        done: how many are done.
        exact: `done` has fractions.
        series: another number each time that epochs begin again.

    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.total: int | None = None
        self.done = 0.0
        self.exact = False
        self.series = 0
        self._from_zero = False

    def take(self, told: Epoch) -> bool:
        """Take note of an epoch that a line names; True if they begin again."""
        number, total, done = self._counted_from_one(told)
        again = self.number is not None and (
            number < self.number or (told.exact and done < self.done - ROUNDING)
        )
        if again and self.total is not None and total is None and not told.exact:
            return False  # who counts epochs without a total knows less than who counts with it
        if again or (total or self.total) != self.total:
            self.series += 1
            self.total = total
        elif number == self.number:
            done = max(done, self.done)
        self.number, self.done, self.exact = number, done, told.exact
        return again

    def _counted_from_one(self, told: Epoch) -> tuple[int, int | None, float]:
        """Return an epoch's number and their total, counted from one, and how many are done."""
        total = told.total or None
        if told.exact:
            return max(1, math.ceil(told.number)), total, told.number
        self._from_zero = self._from_zero or (told.number == 0 and not told.from_zero)
        shift = told.from_zero or self._from_zero
        number = int(told.number) + shift
        if total is not None:
            total += shift
        return number, total, float(number if told.over else number - 1)

    def forget(self) -> None:
        """Take note that what follows is no epoch of these."""
        self.number = self.total = None
        self.done = 0.0
        self.exact = self._from_zero = False
        self.series += 1
