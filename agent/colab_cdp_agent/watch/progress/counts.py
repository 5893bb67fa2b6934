"""Counts in plain text: `Epoch 3/50`, `Epoch [3/50], Step [100/600], Loss: 0.1`, `iter 500: …`.

Prose counts too. A line is believed when it names a metric with its value, or when it says nothing
but its epoch.
"""

import re

from colab_cdp_agent.watch.progress.bars import EPOCH_OF
from colab_cdp_agent.watch.progress.metrics import KNOWN, is_known, pairs
from colab_cdp_agent.watch.progress.reading import (
    CLOCK,
    NOTHING,
    Count,
    Epoch,
    LineReading,
    clock_s,
)

MOST_EPOCHS = 1_000_000
MOST_METRICS_OF_A_LINE = 40
MOST_METRICS_ALONE = 6
"""A line without a count that names more values is a list of settings."""

_TELLS = ("epoch", *KNOWN)
_TELLS_AS_A_WORD = re.compile(rf"(?<![a-z])(?:epochs|{'|'.join(_TELLS)})(?![a-z])|loss")

_STEP_OF = re.compile(
    r"\b(global.step|step|iter(?:ation)?|round|(?:steps|iterations|batch|batches)(?!\s?=))\b"
    r"[\s:=#\[(]{0,4}(\d{1,12})(?:\s?(?:/|of)\s?(\d{1,12}))?",
    re.IGNORECASE,
)
# `[1,  2000] loss: 2.173`
_PAIR = re.compile(r"\[(\d{1,7}),\s{1,8}(\d{1,12})\]\s")
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
    if epoch is not None and _ONLY_EPOCH.match(text):
        return _checked(LineReading(epoch=_epoch(epoch)))
    metrics = pairs(text)
    if not any(map(is_known, metrics)) or len(metrics) > MOST_METRICS_OF_A_LINE:
        return None
    return _checked(_with_metrics(text, epoch, metrics))


def _with_metrics(text: str, epoch: re.Match[str] | None, metrics: dict[str, float]) -> LineReading:
    """Return what a line says that names metrics, by the count that it holds."""
    if (brackets := _BRACKETS.search(text)) is not None:
        count = Count(int(brackets[2]), int(brackets[3]), "step")
        return LineReading(count, Epoch(int(brackets[1])), metrics)
    if (pair := _PAIR.match(text)) is not None:
        return LineReading(Count(int(pair[2]), name="step"), Epoch(int(pair[1])), metrics)
    if (step := _STEP_OF.search(text)) is not None:
        return _of_step(step, epoch, text, metrics)
    if epoch is not None:
        # A line with results and no step is the epoch's last word.
        return LineReading(epoch=_epoch(epoch, over=True), metrics=metrics)
    if len(metrics) > MOST_METRICS_ALONE:
        return NOTHING
    return LineReading(metrics={name: each for name, each in metrics.items() if is_known(name)})


def _of_step(
    step: re.Match[str], epoch: re.Match[str] | None, text: str, metrics: dict[str, float]
) -> LineReading:
    """Return what a line says that counts steps, with or without its epoch."""
    count = Count(int(step[2]), int(step[3]) if step[3] else None, step[1].lower()[:4])
    if epoch is not None:
        return LineReading(count, _epoch(epoch), metrics)
    # detectron2 and its kin tell the time left of the whole run.
    left = _LEFT.search(text)
    return LineReading(count, metrics=metrics, eta_s=clock_s(left[1]) if left else None)


def _epoch(match: re.Match[str], *, over: bool = False) -> Epoch:
    return Epoch(int(match[1]), int(match[2]) if match[2] else None, over=over)


def _checked(reading: LineReading) -> LineReading | None:
    """Return a reading if its counts can be ones: 2020 of 1 is a date."""
    epoch, count = reading.epoch, reading.count
    if epoch is not None and epoch.number > min(epoch.total or MOST_EPOCHS, MOST_EPOCHS):
        return None
    if count is not None and count.total is not None and count.done > count.total:
        return None
    return reading
