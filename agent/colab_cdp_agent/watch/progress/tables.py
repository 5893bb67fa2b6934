"""Tables: rows of numbers under a header that named their columns a while ago.

fastai, a Trainer in a notebook, YOLO's losses before its bars and its validation, and
scikit-learn's gradient boosting print so.
"""

import re

from colab_cdp_agent.watch.progress.bars import read_tqdm, read_ultralytics
from colab_cdp_agent.watch.progress.metrics import is_known, metric_name
from colab_cdp_agent.watch.progress.reading import (
    NOTHING,
    NUMBER,
    Count,
    Epoch,
    LineReading,
    amount_s,
)

_CELL = re.compile(rf"({NUMBER})([a-zA-Z%]{{0,2}})$")
_COUNTS = ("epoch", "iter", "step")
_MOST_COLUMNS = 30
_YOLO_SCORES = ("P", "R", "mAP50", "mAP50-95")
_NO_METRIC = {"time", "remaining time", "instances", "labels", "targets", "size", "img_size"}
_YOLO_NAMES = {
    "box": "box_loss",
    "obj": "obj_loss",
    "cls": "cls_loss",
    "dfl": "dfl_loss",
    "total": "total_loss",
}
_PLAIN_NAMES = {
    "Training Loss": "loss",
    "Validation Loss": "val_loss",
    "Train Loss": "train_loss",
}


class Tables:
    """Remembers the header that was printed last, and reads the rows below it."""

    def __init__(self) -> None:
        self._columns: tuple[str, ...] = ()

    def take_header(self, text: str) -> bool:
        """Take note of a line if it is a header, and return whether it is.

        Its first column counts epochs, steps or rounds, and another one is a metric or YOLO's.
        """
        if not text.lstrip()[:5].lower().startswith(_COUNTS):
            return False
        cells = [cell for cell in re.split(r"\t|\s{2,}", text.strip()) if cell]
        known = cells[0].lower() in _COUNTS and any(map(_is_column, cells[1:]))
        if not known or len(cells) > _MOST_COLUMNS:
            return False
        self._columns = tuple(cells)
        return True

    def read(self, text: str) -> LineReading | None:
        """Read a row, or a bar with a row before it."""
        if not self._columns:
            return None
        if self._columns[-1].lower() in {"size", "img_size"}:
            return self._read_yolo(text)
        cells = text.split()
        if len(cells) != len(self._columns):
            return None
        return self._row(cells)

    def _row(self, cells: list[str]) -> LineReading | None:
        """Read a row of as many cells as there are columns: a count, numbers and a time."""
        if not re.fullmatch(r"\d{1,12}(?:\.0+)?", cells[0]):
            return None
        metrics: dict[str, float] = {}
        eta = None
        for name, cell in zip(self._columns[1:], cells[1:], strict=True):
            if name.lower() == "remaining time":
                eta = amount_s(cell)
            elif name.lower() == "time" or cell in {"None", "No", "N/A", "log"}:
                continue
            elif (match := _CELL.match(cell)) and not match[2]:
                metrics[metric_name(_PLAIN_NAMES.get(name, name))] = float(match[1])
            else:
                return None
        number = int(float(cells[0]))
        if self._columns[0].lower() == "epoch":
            is_fastai = self._columns[0] == "epoch"
            epoch = Epoch(number, over=True, from_zero=is_fastai)
            return LineReading(epoch=epoch, metrics=metrics, eta_s=eta)
        return LineReading(Count(number, name="row"), metrics=metrics, eta_s=eta)

    def _read_yolo(self, text: str) -> LineReading | None:
        """Read a row of losses with its bar, or as much as a narrow terminal left of it."""
        bar = read_ultralytics(text) or read_tqdm(text) or NOTHING
        cells = text.split()
        if cells[:1] == ["all"] and len(cells) in {6, 7}:
            return _scores(cells[-4:])
        if re.match(r"\s*+Class\s", text):
            return LineReading(bar.count)  # its title holds names of scores, not their values
        epoch = re.fullmatch(r"(\d{1,7})/(\d{1,7})", (cells or [""])[0])
        if epoch is None or len(cells) < len(self._columns):
            return None
        metrics: dict[str, float] = {}
        for name, cell in zip(self._columns[1:], cells[1:], strict=False):
            match = _CELL.match(cell.rstrip(":"))
            if match and not match[2] and name.lower() not in _NO_METRIC:
                metrics[_YOLO_NAMES.get(name.lower(), metric_name(name))] = float(match[1])
        return LineReading(bar.count, Epoch(int(epoch[1]), int(epoch[2])), metrics)


def _is_column(name: str) -> bool:
    return is_known(name) or name.lower() in {*_YOLO_NAMES, *_NO_METRIC}


def _scores(cells: list[str]) -> LineReading | None:
    """Read the four scores of YOLO's validation over all classes."""
    if not all(re.fullmatch(NUMBER, cell) for cell in cells):
        return None
    return LineReading(metrics=dict(zip(_YOLO_SCORES, map(float, cells), strict=True)))
