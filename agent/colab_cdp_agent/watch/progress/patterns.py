"""A person's own patterns: regular expressions whose named groups say what they found.

They run under a deadline: nobody sees of a pattern such as `(a+)+$` that it takes for ever on some
lines, and a line that is read for ever stops the whole watch.
"""

import re
from collections.abc import Sequence

import regex
import structlog

from colab_cdp_agent.watch.progress.metrics import metric_name
from colab_cdp_agent.watch.progress.reading import NUMBER, Count, Epoch, LineReading, clock_s

WORDS = ("step", "total", "epoch", "epochs", "fraction", "percent", "rate", "eta")
"""Groups with a meaning; a group of any other name is a metric of that name."""

LARGEST = 1e15
"""A count beyond it is none."""

LIMIT_S = 0.02
"""How long a pattern may take for one line. One that takes longer is not asked again."""

_NUMBER = re.compile(NUMBER)

log = structlog.get_logger()


class OwnPatterns:
    """Reads a line by the first pattern that finds anything in it.

    Raises:
        re.error: a pattern is none.

    """

    def __init__(self, patterns: Sequence[str]) -> None:
        for pattern in patterns:
            re.compile(pattern)
        self._patterns = [regex.compile(pattern, regex.VERSION0) for pattern in patterns]

    def read(self, text: str) -> LineReading | None:
        """Read a line by the groups of the first pattern that matches it with a number."""
        for pattern in list(self._patterns):
            try:
                match = pattern.search(text, timeout=LIMIT_S)
            except TimeoutError:
                self._patterns.remove(pattern)
                log.warning(
                    "a pattern of progress.patterns is too slow, and not used any more",
                    pattern=pattern.pattern,
                )
                continue
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
