"""A figure beside its bar: what every benchmark tells, one JSON object a line on its output."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One thing that was measured.

    Attributes:
        what: the thing, in words.
        figure: None where there is only something to say.
        unit: of figure and bar; a ratio has none.
        bar: what it must not exceed; None where it only helps to read the others.
        beside: what else was seen, for whoever wants to know more.
        contender: whose it is, where several are compared.
        said: what is to be said with it, or in its place.

    """

    what: str
    figure: float | None
    unit: str = ""
    bar: float | None = None
    beside: dict[str, Any] = field(default_factory=dict)
    contender: str = ""
    said: str = ""

    def tell(self) -> None:
        """Print it as a line of JSON."""
        print(json.dumps(asdict(self), default=lambda value: round(value, 3)), flush=True)


def rounded(values: dict[str, float], digits: int = 2) -> dict[str, float]:
    """Return what was seen beside a figure, without the digits that mean nothing."""
    return {name: round(value, digits) for name, value in values.items()}
