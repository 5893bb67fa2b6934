"""A person's own patterns: regular expressions whose named groups say what they found."""

import re
from collections.abc import Sequence

from colab_cdp_agent.watch.progress.metrics import metric_name
from colab_cdp_agent.watch.progress.reading import NUMBER, Count, Epoch, LineReading, clock_s

WORDS = ("step", "total", "epoch", "epochs", "fraction", "percent", "rate", "eta")
"""Groups with a meaning; a group of any other name is a metric of that name."""

LARGEST = 1e15
"""A count beyond it is none."""

_NUMBER = re.compile(NUMBER)


class OwnPatterns:
    """Reads a line by the first pattern that finds anything in it."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [re.compile(pattern) for pattern in patterns]

    def read(self, text: str) -> LineReading | None:
        """Read a line by the groups of the first pattern that matches it with a number."""
        for pattern in self._patterns:
            match = pattern.search(text)
            if match is not None and (reading := _reading(match.groupdict())) is not None:
                return reading
        return None


def _reading(groups: dict[str, str | None]) -> LineReading | None:
    values = {
        name: float(found[0])
        for name, text in groups.items()
        if text is not None and name != "eta" and (found := _NUMBER.search(text.replace(",", "")))
    }
    for name in WORDS:
        if name in values and not 0 <= values[name] <= LARGEST:
            del values[name]
    metrics = {metric_name(name): value for name, value in values.items() if name not in WORDS}
    fraction = values.get("fraction")
    if fraction is None and "percent" in values:
        fraction = values["percent"] / 100
    count = epoch = None
    if "step" in values:
        count = Count(
            values["step"], values.get("total"), "own", rate=values.get("rate"),
        )  # fmt: skip
    if "epoch" in values:
        epochs = values.get("epochs")
        epoch = Epoch(values["epoch"], int(epochs) if epochs else None)
    eta = clock_s((groups.get("eta") or "").strip())
    if not values and eta is None:
        return None
    return LineReading(count, epoch, metrics, fraction, eta)
