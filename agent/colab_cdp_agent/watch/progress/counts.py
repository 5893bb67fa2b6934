"""Counts in plain text: `Epoch 3/50`, `Epoch [3/50], Step [100/600], Loss: 0.1`, `iter 500: …`.

Prose counts too. A line is believed when it names a metric with its value, or when it says nothing
but its epoch.
"""

import re

from colab_cdp_agent.watch.progress.bars import EPOCH_OF
from colab_cdp_agent.watch.progress.metrics import KNOWN, is_known, pairs
from colab_cdp_agent.watch.progress.reading import CLOCK, Count, Epoch, LineReading, clock_s

MOST_EPOCHS = 1_000_000
MOST_METRICS_OF_A_LINE = 12
"""A line that names more values is a list of settings."""

_TELLS = ("epoch", *KNOWN)
_TELLS_AS_A_WORD = re.compile(rf"(?<![a-z])(?:epochs|{'|'.join(_TELLS)})(?![a-z])|loss")

_STEP_OF = re.compile(
    r"\b(global.step|steps?|iter(?:ation)?s?|batch(?:es)?|round)\b[\s:=#\[(]{0,4}(\d{1,12})"
    r"(?:\s?(?:/|of)\s?(\d{1,12}))?",
    re.IGNORECASE,
)
# `Epoch: [3][ 100/600]`, `Train Epoch: 3 [640/60000 (1%)]`, `Train: 3 [ 100/600 ( 17%)]`
_BRACKETS = re.compile(
    r"\b(?:epoch|train)\b:?\s?\[?(\d{1,7})\]?\s{0,2}\[\s{0,8}(\d{1,12})/(\d{1,12})\b", re.IGNORECASE
)
_LEFT = re.compile(rf"\beta: ((?:\d{{1,4}} days?, )?{CLOCK})")
# A stamp of a log, and what people draw around a heading.
_STAMP = r"(?:[\[(]?\d{4}[-/]\d\d[-/]\d\d[^a-zA-Z]{0,40})?(?:(?:INFO|DEBUG|WARNING)\b\W{0,4})?"
_ONLY_EPOCH = re.compile(
    rf"[\s\-=#*>|]{{0,80}}{_STAMP}(?:train(?:ing)?\s)?epochs?[\s:=#\[(]{{0,4}}\d{{1,7}}"
    r"(?:\s?(?:/|of)\s?\d{1,7})?[\])]?[\s:.,\-=#*<|]{0,80}$",
    re.IGNORECASE,
)


def read_counts(text: str) -> LineReading | None:
    """Read a line of plain text that tells an epoch, a step or a metric."""
    lower = text.lower()
    if not any(word in lower for word in _TELLS) or not _TELLS_AS_A_WORD.search(lower):
        return None
    epoch = EPOCH_OF.search(text)
    metrics = pairs(text)
    if epoch is not None and _ONLY_EPOCH.match(text):
        return _checked(LineReading(epoch=_epoch(epoch, over=False)))
    if not any(map(is_known, metrics)) or len(metrics) > MOST_METRICS_OF_A_LINE:
        return None
    brackets = _BRACKETS.search(text)
    if brackets is not None:
        count = Count(int(brackets[2]), int(brackets[3]), "step")
        return LineReading(count, Epoch(int(brackets[1])), metrics)
    step = _STEP_OF.search(text)
    count_of = None
    if step is not None:
        total = int(step[3]) if step[3] else None
        count_of = Count(int(step[2]), total, f"{step[1].lower()[:4]}")
        if total is not None and int(step[2]) > total:
            return None
    # detectron2 and its kin tell the time left of the whole run.
    left = _LEFT.search(text) if epoch is None and count_of is not None else None
    # A line with results and no step is the epoch's last word.
    number = _epoch(epoch, over=count_of is None) if epoch is not None else None
    if number is None and count_of is None:
        metrics = {name: value for name, value in metrics.items() if is_known(name)}
    return _checked(
        LineReading(count_of, number, metrics, eta_s=clock_s(left[1]) if left else None)
    )


def _epoch(match: re.Match[str], *, over: bool) -> Epoch:
    return Epoch(int(match[1]), int(match[2]) if match[2] else None, over=over)


def _checked(reading: LineReading) -> LineReading | None:
    """Return a reading if its epoch can be one: 2020 of 1 is a date."""
    epoch = reading.epoch
    if epoch is not None and epoch.number > min(epoch.total or MOST_EPOCHS, MOST_EPOCHS):
        return None
    return reading
