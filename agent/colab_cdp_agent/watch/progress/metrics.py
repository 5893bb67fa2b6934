"""Metrics: the named values of a line, and what is remembered of them in a run."""

import math
import re
from collections.abc import Iterator

from colab_cdp_agent.watch.progress.reading import NUMBER
from colab_cdp_agent.watch.series import Series

MOST_METRICS = 24
STAND_IN_AFTER = 10
"""How often another loss must be told in the silence of a plainer one until it stands for it."""
LONGEST_NAME = 40

LOSSES = (
    "loss", "train_loss", "training_loss", "train/loss", "total_loss", "avg_loss", "avg._loss",
    "average_loss", "mean_loss", "running_loss", "loss_train", "batch_loss", "loss_epoch",
    "train_loss_epoch", "train_loss_step", "train-logloss", "train-mlogloss",
    "training's_binary_logloss", "training's_multi_logloss", "learn",
)  # fmt: skip
"""Names of the loss that is trained on, the plainest first: the plainest of a run is `loss`."""

KNOWN = (
    "loss", "acc", "accuracy", "perplexity", "ppl", "auc", "f1", "mae", "mse", "rmse", "iou",
    "dice", "psnr", "bleu", "reward", "inertia", "logloss",
)  # fmt: skip
"""Words that make a metric of the number behind them."""

_QUALIFIERS = (
    "train", "training", "val", "valid", "validation", "test", "eval", "avg", "avg.", "average",
    "mean", "running", "total", "batch", "best", "top1", "top5",
)  # fmt: skip
_NO_METRIC = {  # counts, times, sizes and speeds
    "epoch", "epochs", "step", "steps", "iter", "iteration", "batch", "eta", "time", "elapsed",
    "remaining", "v_num", "data", "data_time", "mem", "memory", "max_mem", "img/s", "total",
    "seed", "version", "date", "speed",
}  # fmt: skip
_ASSIGNED = re.compile(rf"\s?[:=]\s{{0,8}}(?:tensor\()?({NUMBER})(?=[\s,;|)\]}}&%]|$|\.\s|\.$)")
_BARE = re.compile(
    rf"\b((?:(?:{'|'.join(map(re.escape, _QUALIFIERS))})[ _-])?(?:{'|'.join(KNOWN)})(?:@\d)?)"
    rf"\s{{1,8}}({NUMBER})(?=[\s,;|)\]]|$)",
    re.IGNORECASE,
)
_HAS_KNOWN = re.compile("|".join(KNOWN), re.IGNORECASE)
_PARTS = re.compile(r"[^a-z0-9]++")
_LAST_WORDS = re.compile(r"[\w./@'()+-]{1,40}(?: [\w./@'()+-]{1,40}){0,2}\Z")
_ENDS_A_NAME = re.compile(r"[,;|\[\]{}\t]|\s-\s|\s\s")


def is_metric(name: str) -> bool:
    """Return whether a name is of a value worth a curve: no count, time or speed."""
    last = name.lower().rsplit(" ", 1)[-1]
    return last not in _NO_METRIC and not name.endswith(("_runtime", "_per_second"))


def metric_name(text: str) -> str:
    """Return a name as it was printed, on one line and not too long; every plain loss is `loss`."""
    name = "_".join(text.split())[:LONGEST_NAME]
    return "loss" if name.lower() == "loss" else name


def pairs(text: str) -> dict[str, float]:
    """Return the values that a text names, as in `loss: 0.5 - acc=0.9`, `train loss 2.1`."""
    found: dict[str, float] = {}
    if _HAS_KNOWN.search(text):
        for match in _BARE.finditer(text):
            found[metric_name(match[1])] = float(match[2])
    begin = 0
    for match in _ASSIGNED.finditer(text):
        name = _name_before(text[max(begin, match.start() - 100) : match.start()])
        begin = match.end()
        if name and is_metric(name):
            found.setdefault(metric_name(name), float(match[1]))
    return found


def _name_before(text: str) -> str | None:
    """Return the name that a text ends with: one word, or a known one with what qualifies it."""
    text = _ENDS_A_NAME.split(text)[-1].rstrip().strip("\"'")
    match = _LAST_WORDS.search(text[-120:])
    if match is None:
        return None
    *before, last = match[0].lstrip("-(.").split(" ")
    if not last[:1].isalpha() and not last.startswith("_"):
        return None
    while before and before[-1].lower() in _QUALIFIERS:
        last = f"{before.pop()} {last}"
    return last


def is_known(name: str) -> bool:
    """Return whether a name says by itself that it is a metric."""
    return any(part in KNOWN or part.endswith("loss") for part in _PARTS.split(name.lower()))


class Metrics:
    """The last value of each metric of a run, and their curves; at most 24 of each.

    Attributes:
        series: the curves, finite values only.
        diverged: the loss that was told last is not a finite number.

    """

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}
        self.diverged = False
        self._last: dict[str, float] = {}
        self._loss_rank = len(LOSSES)
        self._loss_silent = 0

    def take(self, told: dict[str, float], at: float, step: int | None) -> None:
        """Take note of what a line told at a time; of one step the last value stays in a curve."""
        for name, value in (*told.items(), *self._loss_in(told)):
            if name not in self._last and not self._room_for(name):
                continue
            self._last[name] = value
            if math.isfinite(value):
                self.series.setdefault(name, Series()).add(at, value, step)
            if name == "loss":
                self.diverged = not math.isfinite(value)

    def last(self) -> dict[str, float]:
        """Return the last values, finite ones only."""
        return {name: value for name, value in self._last.items() if math.isfinite(value)}

    def _loss_in(self, told: dict[str, float]) -> Iterator[tuple[str, float]]:
        """Yield the value that stands for the loss where none is called so."""
        names = {name.lower(): name for name in told}
        for rank, loss in enumerate(LOSSES):
            if loss not in names:
                continue
            self._loss_silent = 0 if rank <= self._loss_rank else self._loss_silent + 1
            if rank <= self._loss_rank or self._loss_silent > STAND_IN_AFTER:
                self._loss_rank = rank
                if loss != "loss":
                    yield "loss", told[names[loss]]
            return
        if self._loss_rank == len(LOSSES) and {"box_loss", "cls_loss"} <= told.keys():
            # YOLO trains on their sum and does not print it.
            parts = (value for name, value in told.items() if name.endswith("_loss"))
            yield "loss", round(sum(parts), 6)

    def _room_for(self, name: str) -> bool:
        others = len(self._last.keys() - {"loss"})
        return name == "loss" or others < MOST_METRICS - 1
