"""The reader: takes a run's lines as they are printed, and tells how far the run is."""

import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from colab_cdp_agent.watch.progress import bars, counts, logs
from colab_cdp_agent.watch.progress.bar_stack import Bar
from colab_cdp_agent.watch.progress.metrics import Metrics
from colab_cdp_agent.watch.progress.pace import Pace
from colab_cdp_agent.watch.progress.patterns import OwnPatterns
from colab_cdp_agent.watch.progress.position import Position, Whole
from colab_cdp_agent.watch.progress.reading import NOTHING, LineReading
from colab_cdp_agent.watch.progress.tables import Tables
from colab_cdp_agent.watch.progress.text import shown
from colab_cdp_agent.watch.series import Series
from colab_cdp_protocols import mqtt

SILENCE_S = 120.0
"""A run that told nothing for longer, and for three times its longest pause, has no known pace."""
LONGEST_PAUSES = 3.0
PAUSES_KEPT = 32

_DIGIT = re.compile(r"\d")

RECOGNISERS: tuple[tuple[tuple[str, ...], Callable[[str], LineReading | None]], ...] = (
    (("/s", "s/"), bars.read_tqdm),
    (("/step", "/sample", "ETA:", " - loss"), bars.read_keras),
    (("% ━", "% ─"), bars.read_ultralytics),
    (("━",), bars.read_rich),
    (("% [",), bars.read_fastai),
    (("[",), bars.read_trainer),
    (("'epoch'", '"epoch"'), logs.read_trainer_log),
    (("]\t",), logs.read_round),
    ((":\tlearn", ":\ttest"), logs.read_catboost),
    ((" rate, ", "IOU: "), logs.read_darknet),
    (("building tree", "[Parallel("), logs.read_scikit),
    (("",), counts.read_counts),
)
"""The recognisers in the order they are asked, each with marks: its lines hold one of them."""


class ProgressReader:
    """Reads how far a run is out of what it prints.

    A wrong number is worse than none: lines that only look like progress tell nothing. See
    `position` for how several bars and epochs become one fraction, and when it may go back.

    Args:
        patterns: a person's own regular expressions, asked first; see `patterns`.

    Raises:
        re.error: a pattern is none.

    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._own = OwnPatterns(patterns)
        self.begin()

    def begin(self) -> None:
        """Take note that a new run begins: forget the one before."""
        self._tables = Tables()
        self._position = Position()
        self._metrics = Metrics()
        self._pace = Pace()
        self._whole: Whole | None = None
        self._eta: tuple[float, float] | None = None
        self._last_reading: LineReading | None = None
        self._news_at: float | None = None
        self._pauses: deque[float] = deque(maxlen=PAUSES_KEPT)

    @property
    def series(self) -> dict[str, Series]:
        """The curves of the run's metrics, at most 24."""
        return self._metrics.series

    @property
    def diverged(self) -> bool:
        """Whether the loss that was told last is not a finite number."""
        return self._metrics.diverged

    @property
    def step(self) -> int | None:
        """The step that the innermost bar tells."""
        bar = self._position.innermost
        return int(bar.count.done) if bar is not None else None

    def take(self, line: str, at: float) -> bool:
        """Take one line, or the present state of a bar; True if it told something new.

        `at` is in seconds, of a clock that never goes back.
        """
        news = False
        for text in shown(line):
            reading = self._read(text)
            if reading not in (None, NOTHING, self._last_reading):
                self._note(reading, at)
                news = True
        return news

    def progress(self, at: float, now: datetime) -> mqtt.Progress:
        """Return how far the run is at a time; `now` is the same moment on the wall.

        The time left is the bar's own word, else it follows from the pace seen; it counts down
        while nothing is told, and is unknown once that lasts too long.
        """
        position = self._position
        bar = position.innermost
        told = self._news_at is not None
        silent = self._silent(at)
        return mqtt.Progress(
            fraction=position.fraction,
            step=self.step,
            total=int(bar.total) if bar is not None and bar.total else None,
            epoch=position.epoch,
            epochs=position.epochs,
            rate=None if silent else _rate(bar),
            eta_s=None if silent else self._eta_s(at),
            metrics=self._metrics.last(),
            at=now - timedelta(seconds=max(0.0, at - (self._news_at or at))) if told else None,
        )

    def _read(self, text: str) -> LineReading | None:
        own = self._own.read(text)
        if own is not None:
            return own
        if self._tables.take_header(text) or not _DIGIT.search(text):
            return None
        row = self._tables.read(text)
        if row is not None:
            return row
        for marks, read in RECOGNISERS:
            for mark in marks:
                if mark in text:
                    if (reading := read(text)) is not None:
                        return reading
                    break
        return None

    def _note(self, reading: LineReading, at: float) -> None:
        self._last_reading = reading
        if self._news_at is not None:
            self._pauses.append(max(0.0, at - self._news_at))
        self._news_at = at
        self._position.take(reading, at)
        self._metrics.take(reading.metrics, at, self._position.moves if reading.count else None)
        if reading.eta_s is not None:
            self._eta = reading.eta_s, at
        elif reading.count is not None or reading.fraction is not None:
            self._eta = None
        if self._position.whole != self._whole:
            self._whole, self._pace = self._position.whole, Pace()
        if self._position.fraction is not None:
            self._pace.mark(at, self._position.fraction)

    def _silent(self, at: float) -> bool:
        if self._news_at is None:
            return False
        longest = LONGEST_PAUSES * max(self._pauses, default=0.0)
        return at - self._news_at > max(SILENCE_S, longest)

    def _eta_s(self, at: float) -> float | None:
        fraction = self._position.fraction
        if fraction is not None and fraction >= 1:
            return 0.0
        told = self._eta or self._position.own_eta()
        if told is None:
            rate = self._pace.rate()
            if rate is None or fraction is None or self._news_at is None:
                return None
            told = (1 - fraction) / rate, self._news_at
        left = told[0] - (at - told[1])
        return left if left >= 0 else None


def _rate(bar: Bar | None) -> float | None:
    if bar is None:
        return None
    return bar.count.rate if bar.count.rate is not None else bar.pace.rate()
