"""A recorded soak: what was let run, a sample at a time, and how it ended; one JSON object a line.

A run that was cut off has all lines but the last.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import Final, Literal, Self

USUAL_TABS: Final = 8
RSS_BAR_MIB: Final = 60.0
CPU_BAR_PERCENT: Final = 3.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What is let run.

    Attributes:
        rate: lines a second over all tabs.
        seconds: how long it shall last.
        where: the machine.

    """

    tabs: int
    rate: float
    seconds: float
    where: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """What all weighed at one moment, by the name of the quantity.

    Attributes:
        at: seconds since the kernels began to print.

    """

    at: float
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ending:
    """How many lines were printed, how many of them the archive lacks, and holds twice."""

    printed: int
    lost: int
    twice: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that is read in each sample.

    Attributes:
        name: that of its weight in a sample.
        bar: what it must not exceed with the usual tabs; None where it has none.
        held: what is held against the bar, of a whole run.

    """

    name: str
    title: str
    unit: str = ""
    bar: float | None = None
    held: Literal["most", "mean"] = "most"


AGENT_MEMORY: Final = Quantity("agent_mib", "Agent: memory", "MiB", RSS_BAR_MIB)
AGENT_CPU: Final = Quantity(
    "cpu_percent", "Agent: processor", "% of a core", CPU_BAR_PERCENT, "mean"
)
DESCRIPTORS: Final = Quantity("descriptors", "Agent: descriptors")
THREADS: Final = Quantity("threads", "Agent: threads")
QUANTITIES: Final = (
    AGENT_MEMORY,
    AGENT_CPU,
    DESCRIPTORS,
    THREADS,
    Quantity("broker_mib", "Broker: memory", "MiB"),
    Quantity("chrome_mib", "Chrome: memory", "MiB"),
    Quantity("journal_mib", "Journal on the disk", "MiB"),
    Quantity("archive_mib", "Archive on the disk", "MiB"),
)


class Recorder:
    """Writes a run to its file as it goes, each line at once."""

    def __init__(self, file: Path, setting: Setting) -> None:
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", "utf-8")
        self.add(setting)

    def add(self, part: Setting | Sample | Ending) -> None:
        """Write one line."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(part)) + "\n")


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run, as far as it came."""

    setting: Setting
    samples: tuple[Sample, ...]
    ending: Ending | None

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return what a file tells; a line that was cut off is left out."""
        whole = file.read_text("utf-8").rpartition("\n")[0]
        first, *rest = map(json.loads, whole.splitlines())
        samples = tuple(Sample(**each) for each in rest if "at" in each)
        endings = [Ending(**each) for each in rest if "lost" in each]
        return cls(Setting(**first), samples, endings[0] if endings else None)

    @property
    def lasted_s(self) -> float:
        """How long it was sampled."""
        return self.samples[-1].at

    @property
    def usual(self) -> bool:
        """Whether no more tabs are watched than the bars are meant for."""
        return self.setting.tabs <= USUAL_TABS

    def bar(self, quantity: Quantity) -> float | None:
        """Return what a quantity must not exceed in this run; None where it has no bar."""
        return quantity.bar if self.usual else None

    def weights(self, quantity: Quantity) -> list[float]:
        """Return a quantity in each sample."""
        return [sample.weights[quantity.name] for sample in self.samples]

    def held(self, quantity: Quantity) -> float:
        """Return what of a quantity is held against its bar."""
        weights = self.weights(quantity)
        return max(weights) if quantity.held == "most" else mean(weights)

    def quarter(self, quantity: Quantity, nth: int) -> list[float]:
        """Return a quantity in the samples of a quarter of the run, the first being 1."""
        ends = self.lasted_s * nth / 4
        begins = self.lasted_s * (nth - 1) / 4
        return [
            sample.weights[quantity.name] for sample in self.samples if begins <= sample.at <= ends
        ]

    def growth(self, quantity: Quantity) -> float:
        """Return by how much a quantity's median in the last quarter is above the second's.

        The first quarter is left out: what is made once is made in it.
        """
        return median(self.quarter(quantity, 4)) - median(self.quarter(quantity, 2))


def title(setting: Setting) -> str:
    """Return what was let run, in words."""
    return f"{setting.tabs} tabs, {setting.rate:g} lines a second"


def machine(where: dict[str, str]) -> str:
    """Return what it ran on, in words."""
    return ", ".join(where[name] for name in ("cores", "system", "browser"))
