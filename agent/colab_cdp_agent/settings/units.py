"""Durations and sizes as a person writes them, each with its unit: `30s`, `5m`, `2MB`."""

import re
from collections.abc import Iterable
from datetime import time
from fractions import Fraction
from typing import Any, ClassVar, Final, Self

from colab_cdp_agent.settings.document import found
from colab_cdp_agent.settings.names import ShapedText

DAY: Final = 86_400
SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": DAY}
BYTES: Final = {
    "B": 1,
    "kB": 10**3,
    "KiB": 2**10,
    "MB": 10**6,
    "MiB": 2**20,
    "GB": 10**9,
    "GiB": 2**30,
    "TB": 10**12,
    "TiB": 2**40,
}
# [0-9], because \d takes the digits of every script; a bounded number keeps the arithmetic cheap.
NUMBER: Final = r"[0-9]{1,15}(\.[0-9]{1,3})?"
DURATION: Final = rf"(?P<number>{NUMBER})(?P<unit>[smhd])"
SIZE: Final = rf"(?P<number>{NUMBER})(?P<unit>[kMGT]?B|[KMGT]iB)"
CLOCK: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class Duration(float):
    """A length of time in seconds, written with its unit: `30s`, `5m`, `12h`, `30d`."""

    __slots__ = ()
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 3_650.0 * DAY

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read `5m` and the like; anything else is a ValueError that says what was expected."""
        match = re.fullmatch(DURATION, value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(
                f"expected a duration such as 30s, 5m, 12h or 30d, {_unread(value, 'smh')}"
            )
        seconds = round(float(Fraction(match["number"]) * SECONDS[match["unit"]]), 3)
        if not cls.least <= seconds <= cls.most:
            span = f"{cls(cls.least)} to {cls(cls.most)}"
            raise ValueError(f"expected a duration from {span}, found {value}")
        return cls(seconds)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the text for JSON Schema."""
        return {"type": "string", "pattern": rf"^{NUMBER}[smhd]$"}

    def __str__(self) -> str:
        if self:
            for unit in ("d", "h", "m"):
                if self % SECONDS[unit] == 0:
                    return f"{int(self) // SECONDS[unit]}{unit}"
        return f"{float(self):.3f}".rstrip("0").rstrip(".") + "s"


class Interval(Duration):
    """The time between two acts on a page, long enough that nothing is hammered."""

    __slots__ = ()
    least = 10.0
    most = 30.0 * DAY


class Retention(Duration):
    """How long something is kept."""

    __slots__ = ()
    least = 3_600.0


class Size(int):
    """A number of bytes, written with its unit: `500kB`, `2MB`, `2GB`, `64MiB`."""

    least: ClassVar[int] = 1_000
    most: ClassVar[int] = 10**15

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read `2MB` and the like; anything else is a ValueError that says what was expected."""
        match = re.fullmatch(SIZE, value) if isinstance(value, str) else None
        if match is None:
            units = ("kB", "MB", "GB")
            raise ValueError(
                f"expected a size such as 500kB, 2MB, 2GB or 64MiB, {_unread(value, units)}"
            )
        size = int(Fraction(match["number"]) * BYTES[match["unit"]])
        if not cls.least <= size <= cls.most:
            span = f"{cls(cls.least)} to {cls(cls.most)}"
            raise ValueError(f"expected a size from {span}, found {value}")
        return cls(size)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the text for JSON Schema."""
        return {"type": "string", "pattern": rf"^{NUMBER}([kMGT]?B|[KMGT]iB)$"}

    def __str__(self) -> str:
        if self:
            for unit in ("TB", "TiB", "GB", "GiB", "MB", "MiB", "kB", "KiB"):
                if self % BYTES[unit] == 0:
                    return f"{self // BYTES[unit]}{unit}"
        return f"{int(self)}B"


class ArchiveSize(Size):
    """The room that an archive may take, enough for one file at least."""

    least = 10**6


class QuietHours(ShapedText):
    """Hours of the local day, over midnight too: `22:00-07:00`."""

    __slots__ = ()
    expected = "two different times of day such as 22:00-07:00"
    pattern = rf"(?!([0-9:]+)-\1$){CLOCK}-{CLOCK}"

    def cover(self, moment: time) -> bool:
        """Say whether a local time of day lies in these hours; the end no longer does."""
        start, end = (time.fromisoformat(part) for part in self.split("-"))
        now = moment.replace(tzinfo=None)
        return start <= now < end if start < end else now >= start or now < end


def _unread(value: object, units: Iterable[str]) -> str:
    """Name a value that could not be read; of a bare number, ask for its unit."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        choices = " or ".join(f"{value}{unit}" for unit in units)
        return f"found {value} without a unit: write {choices}"
    return f"found {found(value)}"
