"""Bars: what tqdm, Keras, rich, fastai, ultralytics and a Trainer in a notebook draw.

Each reader takes the text of a line and returns what it says, or None. A bar that counts bytes is
a download, and says nothing of a run.
"""

import re

from colab_cdp_agent.watch.progress.metrics import pairs
from colab_cdp_agent.watch.progress.reading import (
    CLOCK,
    NUMBER,
    Count,
    Epoch,
    LineReading,
    amount_s,
    clock_s,
    scaled,
)

_AMOUNT = r"\d{1,15}+(?:\.\d{1,15}+)?+"

# `450/1000 [00:45<00:55, 10.02it/s, loss=0.1]`, `123it [00:12, 10.1it/s]`
_TQDM = re.compile(
    rf"(?<![\d.])(?P<done>{_AMOUNT})(?P<scale>[kKMGT]?)"
    rf"(?:/(?:(?P<total>{_AMOUNT})(?P<of>[kKMGT]?)|\?)|[^\[/\d][^\[/]{{0,20}}) "
    rf"\[(?P<elapsed>{CLOCK})(?:<(?P<left>{CLOCK}|\?))?, {{0,2}}"
    rf"(?P<rate>{_AMOUNT}|\?)(?P<per>[^,\]/]{{0,20}}/[^,\]/]{{1,20}})(?P<postfix>.*+)"
)
_BYTES = re.compile(r"(?:[kKMGT]i?)?B/s|s/(?:[kKMGT]i?)?B\b")
_RATE_SCALE = re.compile(r"([kKMGT])(?=it/|[a-z]{2,20}/s)")

# `45/120 ━━━━ 5s 40ms/step - loss: 0.2`, `45/120 [==>...] - ETA: 5s - loss: 0.2`,
# `120/120 - 5s - 40ms/step - loss: 0.2`
_KERAS = re.compile(
    r"\s*+(?P<done>\d{1,12})/(?P<total>\d{1,12}|Unknown)\s++"
    r"(?P<drawn>\[[=>.]++\]\s|[━╸╺]++\s|-\s)?(?P<rest>.*+)"
)
_KERAS_LEFT = re.compile(rf"\s*+(?:- ETA: ({CLOCK}|\d++s)|({CLOCK}|\d++s)\s)")
_A_STEP = re.compile(r"\b(\d++(?:\.\d++)?+)\s?(us|µs|ms|s)/(?:step|sample)")

# `45% ━━━━━─────── 45/100 8.1it/s 5.2s<6.1s`
_ULTRALYTICS = re.compile(
    rf"(?P<percent>\d{{1,3}})% [━─╸╺]++ (?P<done>\d{{1,12}}+)/(?P<total>\d{{1,12}}+)"
    rf"(?: (?P<rate>{_AMOUNT})(?P<per>it/s|s/it))?+(?:\s++(?P<elapsed>[\d:.]++s?)"
    rf"(?:<(?P<left>[\d:.]++s?))?+)?+\s*+$"
)

# `Working ━━━━━━ 45% 0:00:12`, `Epoch 0/2 ━━━━ 10/30 0:00:00 • 0:00:01 23.97it/s loss: 0.1`
_RICH_LINE = re.compile(r"(?<![━╸╺])[━╸╺]{2,}+\s++")
_RICH_SHARE = re.compile(rf"(?P<percent>\d{{1,3}})%\s++(?P<left>{CLOCK}|-:--:--)\s*+$")
_RICH_COUNT = re.compile(
    rf"(?P<done>\d{{1,12}}+)/(?P<total>\d{{1,12}}+|--)\s++(?P<elapsed>{CLOCK}|-:--:--) • "
    rf"(?P<left>{CLOCK}|-:--:--)\s*+(?:(?P<rate>{_AMOUNT})it/s)?+(?P<rest>.*+)"
)

# `Epoch 1/3 : |███---| 45.00% [45/100 00:12<00:15... 0.1234]`
_FASTAI = re.compile(
    rf"(?<![\d.]){_AMOUNT}% \[(?P<done>\d{{1,12}}+)/(?P<total>\d{{1,12}}+) "
    rf"(?P<elapsed>{CLOCK})<(?P<left>{CLOCK}|\?)"
    rf"(?:(?:\.\.\.)?+ (?P<loss>{NUMBER}))?+"
)

# `[ 45/100 00:12 < 00:15, 3.75 it/s, Epoch 0.45/3]`, as a Trainer shows itself in a notebook
_TRAINER = re.compile(
    rf"\s*+\[\s*+(?P<done>\d{{1,12}}+)/(?P<total>\d{{1,12}}+)\s++(?P<elapsed>{CLOCK}|:)"
    rf"(?: < (?P<left>{CLOCK}|:))?+(?:, (?P<rate>{_AMOUNT}) it/s)?+"
    rf"(?:, Epoch (?P<epoch>{_AMOUNT})/(?P<epochs>\d{{1,7}}+))?+\]"
)

EPOCH_OF = re.compile(
    r"\b(?:epoch|epochs(?!\s?=))[\s:=#\[(]{0,4}(\d{1,7})(?:\s?(?:/|of)\s?(\d{1,7}))?", re.IGNORECASE
)
_EPOCHS = re.compile(r"\bepochs?\b", re.IGNORECASE)
_YOLO_EPOCH = re.compile(r"\s*+(\d{1,7})/(\d{1,7})\s++[\d.]++G\b")
_NUMBERS = re.compile(r"[-+\d.:=/#()%]+|\b(?:nan|inf)\b|\be-?\d+")


def read_tqdm(text: str) -> LineReading | None:
    """Read a bar of tqdm in any of its forms, with the epoch and the metrics in its name."""
    match = _TQDM.search(text) if " [" in text else None
    if match is None or _BYTES.search(match["per"]):
        return None
    title = _title(text[: match.start()])
    total = match["total"] and scaled(match["total"], match["of"])
    counts_epochs = _counts_epochs(title, match["per"])
    count = Count(
        done=scaled(match["done"], match["scale"]),
        total=total or None,
        name=bar_name(title),
        elapsed_s=clock_s(match["elapsed"]),
        eta_s=clock_s(match["left"]),
        rate=_rate(match["rate"], match["per"]),
        of_epochs=counts_epochs,
    )
    metrics = pairs(title) | pairs(match["postfix"].rstrip("] "))
    return LineReading(count, _epoch_of(title, count), metrics)


def read_keras(text: str) -> LineReading | None:
    """Read a bar of Keras 2 or 3, or the line that it prints instead with `verbose=2`."""
    match = _KERAS.match(text)
    if match is None:
        return None
    rest = match["rest"]
    step = _A_STEP.search(rest)
    if step is None and not (match["drawn"] and ("ETA:" in rest or re.match(r"\d++s - ", rest))):
        return None
    done = int(match["done"])
    total = int(match["total"]) if match["total"] != "Unknown" else None
    left = _KERAS_LEFT.match(rest) if total is None or done < total else None
    a_step = step and amount_s(step[1] + step[2])
    count = Count(
        done=done,
        total=total,
        name="keras",
        eta_s=clock_s(left[1] or left[2]) if left and total else None,
        rate=1 / a_step if a_step else None,
    )
    return LineReading(count, metrics=pairs(rest))


def read_ultralytics(text: str) -> LineReading | None:
    """Read a bar of ultralytics' own; the columns before it are `Tables`' business."""
    match = _ULTRALYTICS.search(text)
    if match is None:
        return None
    title = text[: match.start()].rstrip(" :")
    count = Count(
        done=int(match["done"]),
        total=int(match["total"]) or None,
        name=bar_name(title),
        elapsed_s=clock_s(match["elapsed"]),
        eta_s=clock_s(match["left"]),
        rate=_rate(match["rate"] or "?", match["per"] or "it/s"),
    )
    return LineReading(count, _epoch_of(title, count), pairs(title))


def read_rich(text: str) -> LineReading | None:
    """Read a bar of rich, as it stands and as PyTorch Lightning draws it."""
    line = _RICH_LINE.search(text)
    if line is None:
        return None
    title, rest = text[: line.start()].strip(), text[line.end() :]
    if match := _RICH_SHARE.match(rest):
        percent = float(match["percent"])
        left = clock_s(match["left"]) if percent < 100 else None  # noqa: PLR2004 - percents
        count = Count(percent, 100.0, bar_name(title), eta_s=left, told=False)
        return LineReading(count, _epoch_of(title, count))
    match = _RICH_COUNT.match(rest)
    if match is None:
        return None
    count = Count(
        done=int(match["done"]),
        total=int(match["total"]) if match["total"] != "--" else None,
        name=bar_name(title),
        elapsed_s=clock_s(match["elapsed"]),
        eta_s=clock_s(match["left"]),
        rate=float(match["rate"] or 0) or None,
    )
    epoch = EPOCH_OF.match(title)
    number = None
    if epoch is not None:
        number = Epoch(int(epoch[1]), int(epoch[2]) if epoch[2] else None, from_zero=True)
    return LineReading(count, number, pairs(match["rest"]))


def read_fastai(text: str) -> LineReading | None:
    """Read a bar of fastprogress, as text or as it stands in a notebook."""
    match = _FASTAI.search(text)
    if match is None:
        return None
    title = _title(text[: match.start()])
    total = int(match["total"]) or None
    count = Count(
        done=int(match["done"]),
        total=total,
        name=bar_name(title),
        elapsed_s=clock_s(match["elapsed"]),
        eta_s=clock_s(match["left"]),
        of_epochs=_counts_epochs(title),
    )
    metrics = {"loss": float(match["loss"])} if match["loss"] else {}
    return LineReading(count, _epoch_of(title, count), metrics)


def read_trainer(text: str) -> LineReading | None:
    """Read what a Hugging Face Trainer shows in a notebook instead of tqdm's bar."""
    match = _TRAINER.match(text)
    if match is None:
        return None
    count = Count(
        done=int(match["done"]),
        total=int(match["total"]) or None,
        name="trainer" if match["epoch"] else "evaluation",
        elapsed_s=clock_s(match["elapsed"]),
        eta_s=clock_s(match["left"]),
        rate=float(match["rate"]) if match["rate"] else None,
    )
    epoch = None
    if match["epoch"]:
        epoch = Epoch(float(match["epoch"]), int(match["epochs"]), exact=True)
    return LineReading(count, epoch)


def bar_name(title: str) -> str:
    """Return what stands before a bar without its numbers: they change while it goes on."""
    return " ".join(_NUMBERS.sub(" ", title.lower()).split())[:80]


def _title(before: str) -> str:
    """Return a bar's name: what stands before its percentage, or before its count."""
    head, drawn, _bar = before.partition("%|")
    if not drawn:
        head = before.partition("|")[0].rstrip()
        if not head.endswith("%"):
            return head.rstrip(" :")
    return head.rstrip("%0123456789. ").rstrip(" :")


def _rate(number: str, per: str) -> float | None:
    """Return a rate a second, out of `10.02` and `it/s`, `2.5` and `s/it`, `12.3` and `kit/s`."""
    if number == "?" or not float(number):
        return None
    if per.startswith("s/"):
        return 1 / float(number)
    scale = _RATE_SCALE.match(per)
    return scaled(number, scale[1] if scale else "")


def _counts_epochs(title: str, per: str = "") -> bool:
    """Return whether a bar counts epochs, by its name or its unit; not if it names its own."""
    return not EPOCH_OF.search(title) and bool(_EPOCHS.search(title) or _EPOCHS.search(per))


def _epoch_of(title: str, count: Count) -> Epoch | None:
    """Return the epoch that a bar names, or the one that a bar of epochs is at."""
    match = EPOCH_OF.search(title) or _YOLO_EPOCH.match(title)
    if match is not None:
        return Epoch(int(match[1]), int(match[2]) if match[2] else None)
    if count.of_epochs and count.total:
        over = count.done >= count.total
        return Epoch(int(count.done) + (not over), int(count.total), over=over)
    return None
