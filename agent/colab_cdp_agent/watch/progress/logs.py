"""Log lines with a form of their own: boosting, scikit-learn, darknet, a Trainer's dictionaries."""

import re

from colab_cdp_agent.watch.progress.metrics import is_metric, metric_name
from colab_cdp_agent.watch.progress.reading import (
    NOTHING,
    NUMBER,
    Count,
    Epoch,
    LineReading,
    amount_s,
)

MOST_EPOCHS = 1e6
MOST_STEPS = 1e12

# `[12]\ttrain-rmse:0.123\teval-rmse:0.2`, `[100]\tvalid_0's l2: 0.24 + 0.01`
_ROUND = re.compile(r"\s{0,4}\[(\d{1,9})\]\t")
_ROUND_METRIC = re.compile(rf"([^\t:]{{1,80}}):\s?({NUMBER})(?:\s?\+\s?[\d.e-]++)?\s*$")
# `5:\tlearn: 0.67\ttest: 0.68\tbest: 0.68 (5)\ttotal: 52.5ms\tremaining: 473ms`
_CATBOOST = re.compile(r"(\d{1,9}):\t(?=learn: |test: )")
_CATBOOST_METRIC = re.compile(rf"\t(learn|test|best): ({NUMBER})")
_CATBOOST_LEFT = re.compile(r"\tremaining: ((?:\d++(?:\.\d++)?[a-z]{1,2}\s?){1,3})")
# `{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 1.2}`; transformers 5 quotes the values, 2 wrote
# JSON
_TRAINER = re.compile(rf"""["']([\w./@-]{{1,60}})["']: ["']?({NUMBER})["']?""")
# ` 1187: 3.270728, 3.027621 avg loss, 0.010000 rate, 1.43 seconds, 75968 images, 30.8 hours left`
_DARKNET = re.compile(
    rf"\s*+(\d{{1,9}}): ({NUMBER}), ({NUMBER}) avg(?: loss)?, ({NUMBER}) rate, "
    rf"({NUMBER}) seconds, \d++ images(?:, ({NUMBER}) hours left)?"
)
_DARKNET_LAYER = re.compile(r"v\d \((?:iou|mse|giou|ciou|diou) loss|Region (?:\d++ )?+Avg IOU")
# `Iteration 1, loss = 0.71`, `building tree 3 of 100`, `[Parallel(n_jobs=1)]: Done 10 out of 50 |`
_TREE = re.compile(r"building tree (\d{1,9}) of (\d{1,9})$")
_PARALLEL = re.compile(
    r"\[Parallel\([^)]{1,40}\)\]: Done\s++(\d{1,9}) (?:tasks|out of\s++(\d{1,9}))\s++\| "
    r"elapsed:\s++[\d.]++\s?(?:s|min)(?: remaining:\s++([\d.]{1,12}\s?(?:s|min)))?"
)


def read_round(text: str) -> LineReading | None:
    """Read an evaluation of XGBoost or LightGBM."""
    match = _ROUND.match(text)
    if match is None:
        return None
    metrics: dict[str, float] = {}
    for part in text[match.end() :].split("\t"):
        metric = _ROUND_METRIC.match(part)
        if metric is None:
            return None
        metrics[metric_name(metric[1])] = float(metric[2])
    return LineReading(Count(int(match[1]), name="round"), metrics=metrics)


def read_catboost(text: str) -> LineReading | None:
    """Read an evaluation of CatBoost."""
    first = _CATBOOST.match(text)
    if first is None:
        return None
    metrics = {match[1]: float(match[2]) for match in _CATBOOST_METRIC.finditer(text)}
    left = _CATBOOST_LEFT.search(text)
    parts = [amount_s(part) for part in left[1].split()] if left else [None]
    eta = None if None in parts else sum(part or 0.0 for part in parts)
    return LineReading(Count(int(first[1]), name="catboost"), metrics=metrics, eta_s=eta)


def read_trainer_log(text: str) -> LineReading | None:
    """Read the dictionary that a Hugging Face Trainer prints."""
    if not text.lstrip().startswith(("{'", '{"')):
        return None
    told = {match[1]: float(match[2]) for match in _TRAINER.finditer(text)}
    epoch = told.pop("epoch", None)
    if epoch is None or not told or not 0 <= epoch < MOST_EPOCHS:
        return None
    step = told.get("step")
    count = Count(step, name="trainer") if step is not None and 0 <= step < MOST_STEPS else None
    metrics = {metric_name(name): value for name, value in told.items() if is_metric(name)}
    return LineReading(count, Epoch(epoch, exact=True), metrics)


def read_darknet(text: str) -> LineReading | None:
    """Read a batch of darknet, of AlexeyAB's or of the first one; its layers tell nothing."""
    if _DARKNET_LAYER.match(text):
        return NOTHING
    match = _DARKNET.match(text)
    if match is None:
        return None
    seconds, hours = float(match[5]), match[6]
    count = Count(int(match[1]), name="darknet", rate=1 / seconds if seconds > 0 else None)
    names = ("batch_loss", "avg_loss", "learning_rate")
    metrics = dict(zip(names, map(float, match.group(2, 3, 4)), strict=True))
    return LineReading(count, metrics=metrics, eta_s=float(hours) * 3600 if hours else None)


def read_scikit(text: str) -> LineReading | None:
    """Read what scikit-learn counts: the trees of a forest, the tasks of a pool."""
    if match := _TREE.match(text):
        return LineReading(Count(int(match[1]), int(match[2]), "tree"))
    if match := _PARALLEL.match(text):
        total = int(match[2]) if match[2] else None
        left = amount_s(match[3]) if match[3] else None
        return LineReading(Count(int(match[1]), total, "tasks"), eta_s=left)
    return None
