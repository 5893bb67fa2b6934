"""Position: how far a run is, out of all the counts and epochs that its lines showed.

- The outermost bar tells how far the whole run is; the innermost tells the step.
- Where lines or bars number the epochs, `(epochs done + share of this one) / epochs` is the whole;
  of several bars in an epoch the longest is the epoch's.
- Where epochs are numbered and nobody says how many there are, how far the run is stays unknown,
  but for a bar that goes on over several epochs: that one counts the whole run.
- A bar named for validation, testing, loading or the like is an aside: it tells the step, and the
  whole only while it goes on and nothing else is known.
- A finished bar gives its place to the next one, and so do epochs that are all done, unless that
  next one ran within them before: it is the last validation. When an outer bar moves, what stood
  inside it is over. A bar that begins anew under its name replaces itself.
- A fraction never goes back within the same whole: an epoch series or a bar. It does when a new
  whole begins: a bar that starts again, another bar in place of a finished one, or epochs that
  start again from a lower number. One that a person's own pattern reads is taken as it is.
"""

from collections.abc import Sequence

import msgspec

from colab_cdp_agent.watch.progress.bar_stack import MOST_BARS, Bar, BarStack, Key, is_aside
from colab_cdp_agent.watch.progress.epochs import Epochs
from colab_cdp_agent.watch.progress.reading import Count, LineReading

Whole = tuple[str, int]
"""What a fraction is of: a series of epochs, a bar, or `TOLD`."""

TOLD: Whole = ("told", 0)
"""The whole of which a person's own pattern reads the fraction: that is taken as it is."""


class Position:
    """How far one run is.

    Attributes:
        whole: what the fraction is of.
        fraction: how much of that is done, 0 to 1; None where it cannot be told.
        moves: how often a count or an epoch has moved.

    """

    def __init__(self) -> None:
        self.whole: Whole | None = None
        self.fraction: float | None = None
        self.moves = 0
        self._epochs = Epochs()
        self._stack = BarStack()
        self._ran_in_epochs: set[Key] = set()
        self._told: float | None = None

    @property
    def innermost(self) -> Bar | None:
        """The bar that tells the step."""
        return self._stack.innermost

    @property
    def epochs(self) -> int | None:
        """How many epochs there are."""
        return self._epochs.total

    @property
    def epoch(self) -> int | None:
        """The epoch it is in, counted from one; the one that is just over until the next begins."""
        number, done, total = self._epochs.number, self._epochs.done, self._epochs.total
        if number is None or done < number or self._epochs.exact:
            return number
        if total is not None and number >= total:
            return number
        next_begun = any(bar.epochs_done == done and not bar.is_aside for bar in self._stack.bars)
        return number + next_begun

    def own_eta(self) -> tuple[float, float] | None:
        """Return the time left by the word of the bar that tells the whole, and when it said so."""
        for bar in self._stack.bars:
            tells = self.whole == ("bar", bar.serial) or bar.count.of_epochs
            if tells and bar.count.eta_s is not None:
                return bar.count.eta_s, bar.at
        return None

    def take(self, reading: LineReading, at: float) -> None:
        """Take note of what a line says at a time."""
        if reading.epoch is not None:
            before = self._epochs.number, self._epochs.done
            if self._epochs.take(reading.epoch):
                self._stack.drop_finished()
            self.moves += before != (self._epochs.number, self._epochs.done)
        if reading.count is not None:
            self._take_count(reading.count, at, in_epoch=reading.epoch is not None)
        if reading.fraction is not None:
            self._told = reading.fraction
        self._advance()

    def _take_count(self, count: Count, at: float, *, in_epoch: bool) -> None:
        """Take note of a count; `in_epoch`: its line names an epoch, too."""
        done = self._epochs.done
        bar = self._stack.find(count, at, done)
        if bar is None:
            self.moves += 1
            self._end_epochs_before(count)
            self._stack.begin(count, at, self._epochs.done)
            return
        self.moves += count.done > bar.count.done
        crossed = bar.epochs_done != done
        if crossed and not in_epoch and count.done == bar.count.done + 1 == done:
            # It moves by one where an epoch ends, and is as far as they are: it counts them.
            count = msgspec.structs.replace(count, of_epochs=True)
            self._epochs.total = int(count.total) if count.total else self._epochs.total
        self._stack.go_on(bar, count, at, done)

    def _end_epochs_before(self, count: Count) -> None:
        """Forget epochs that are all done if a new bar is none of theirs."""
        key = (count.name, count.total)
        all_done = self.whole == ("epochs", self._epochs.series) and self.fraction == 1.0
        if all_done and key not in self._ran_in_epochs and not is_aside(count.name):
            self._epochs.forget()
            self._ran_in_epochs.clear()
        elif self._epochs.number is not None and len(self._ran_in_epochs) < MOST_BARS:
            self._ran_in_epochs.add(key)

    def _advance(self) -> None:
        """Take note of how far the run is now, unless it was further already."""
        whole, fraction = self._measure()
        if fraction is not None:
            fraction = min(1.0, max(0.0, fraction))
            if whole == self.whole != TOLD and self.fraction is not None:
                fraction = max(fraction, self.fraction)
        self.whole, self.fraction = whole, fraction

    def _measure(self) -> tuple[Whole | None, float | None]:
        """Return what tells of the whole run, and how much of it is done."""
        epochs = self._epochs
        if self._told is not None:
            return TOLD, self._told
        counting = [bar for bar in self._stack.bars if bar.total]
        main = [bar for bar in counting if not bar.is_aside]
        spanning = next((bar for bar in main if bar.spans_epochs), None)
        if spanning is not None and not spanning.count.of_epochs:
            return ("bar", spanning.serial), spanning.share
        if epochs.total:
            done = epochs.done + (0.0 if epochs.exact else self._share_of_epoch(main))
            return ("epochs", epochs.series), done / epochs.total
        if epochs.number is not None and not epochs.exact:
            return None, None
        outermost = next(iter(main), next((bar for bar in counting if not bar.finished), None))
        return (("bar", outermost.serial), outermost.share) if outermost else (None, None)

    def _share_of_epoch(self, main: Sequence[Bar]) -> float:
        """Return how much of the epoch is done by the longest of its own bars."""
        done = int(self._epochs.done)
        own = [bar for bar in main if not bar.count.of_epochs and int(bar.epochs_done) == done]
        longest = max(own, key=lambda bar: (bar.total or 0.0, bar.serial), default=None)
        return (longest.share or 0.0) if longest is not None else 0.0
