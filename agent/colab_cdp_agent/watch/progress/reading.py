"""What one printed line says of a run: the words that the recognisers and the position share."""

import re

import msgspec

NUMBER = r"[-+]?(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-+]?\d++)?+|[-+]?(?i:nan|inf(?:inity)?+)\b"
"""A number as Python and C print it; possessive, so that no number is ever read twice."""
CLOCK = r"\d{1,9}+(?::\d\d){1,2}+"
"""A duration as `1:02:03` or `02:03`."""

_SCALES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_UNITS_S = {
    "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "seconds": 1.0, "m": 60.0,
    "min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0,
}  # fmt: skip
DAY_S = 86_400
_DAYS = re.compile(r"(\d{1,4}) days?, ")
_AMOUNT = re.compile(r"\s*+(\d++(?:\.\d*+)?+)\s*+([a-zµ]*+)\s*+")


class Count(msgspec.Struct, frozen=True):
    """A count that a line shows: `done` of `total`.

    Attributes:
        name: what stands before it, without its numbers; it tells two bars apart.
        elapsed_s: how long it has been counting, by its own word.
        eta_s: how long it will go on, by its own word.
        rate: counted a second, by its own word.
        told: false where it counts percents: then it is no step.
        of_epochs: what it counts are epochs.

    """

    done: float
    total: float | None = None
    name: str = ""
    elapsed_s: float | None = None
    eta_s: float | None = None
    rate: float | None = None
    told: bool = True
    of_epochs: bool = False


class Epoch(msgspec.Struct, frozen=True):
    """An epoch as a line shows it.

    Attributes:
        number: as printed.
        total: as printed.
        over: the line was printed at the epoch's end.
        from_zero: this form is known to count from zero.
        exact: `number` is how many epochs are done, in fractions of one.

    """

    number: float
    total: int | None = None
    over: bool = False
    from_zero: bool = False
    exact: bool = False


class LineReading(msgspec.Struct, frozen=True):
    """All that one line says; `fraction` and `eta_s` are of the whole run, by its own word.

    An empty one, `NOTHING`, is of a line that is known, and tells nothing.
    """

    count: Count | None = None
    epoch: Epoch | None = None
    metrics: dict[str, float] = {}
    fraction: float | None = None
    eta_s: float | None = None


NOTHING = LineReading()


def clock_s(text: str | None) -> float | None:
    """Return a duration printed as `1 day, 1:02:03`, `02:03`, `5`, `5.2s` or `40ms`, in seconds."""
    if not text:
        return None
    if ":" not in text:
        return amount_s(text)
    days = 0
    if (match := _DAYS.match(text)) is not None:
        days, text = int(match[1]), text[match.end() :]
    seconds = 0.0
    for part in text.split(":"):
        if not part.isdecimal():
            return None
        seconds = seconds * 60 + int(part)
    return days * DAY_S + seconds


def amount_s(text: str) -> float | None:
    """Return a duration printed as a number with its unit, or without one, in seconds."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    unit = _UNITS_S.get(match[2] or "s")
    return None if unit is None else float(match[1]) * unit


def scaled(number: str, scale: str = "") -> float:
    """Return a number with its prefix: `12.3` and `k` are 12300."""
    return float(number) * _SCALES[scale]
