"""The field: every contender that takes part, each in its process."""

import random
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, TypeVar

import psutil

from contenders.process import ASK_LIMIT_S, FLOOR, ContenderFailedError, Name, Process
from figure import Figure

T = TypeVar("T")
Times = dict[str, list[float]]


@dataclass(frozen=True)
class Cell:
    """What is told of one contender in one column of the table: a figure, words, or both."""

    figure: float | None
    unit: str = ""
    said: str = ""
    beside: dict[str, Any] = field(default_factory=dict)


class Field(ExitStack):
    """The processes of the contenders, from entry to exit.

    Attributes:
        faults: why a contender is out since `begin`, in its own words.

    """

    def __init__(self, names: tuple[Name, ...]) -> None:
        super().__init__()
        self._names = {name.name: name for name in names}
        self._absent = {name.name: why for name in names if (why := name.absence())}
        self._running: dict[str, tuple[Process, ExitStack]] = {}
        self.faults: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.callback(self._end_all)
        self.begin()
        return self

    def _end_all(self) -> None:
        for name in list(self._running):
            self._end(name)

    def begin(self, *, anew: bool = False) -> None:
        """Let everyone take part again; with `anew` in a new process."""
        self.faults = dict(self._absent)
        for name in self._names.keys() - self._absent.keys():
            if anew and name in self._running:
                self._end(name)
            if name not in self._running:
                exits = ExitStack()
                self._running[name] = exits.enter_context(Process(self._names[name])), exits

    def drawn(self) -> list[Process]:
        """Return those that take part, in random order."""
        processes = [process for process, _exits in self._running.values()]
        return random.sample(processes, len(processes))

    def attempt(self, process: Process, do: str, **what: Any) -> dict[str, Any] | None:
        """Have something done; who cannot do it is out, and the answer None."""
        return self.try_to(process, lambda: process.ask(do, **what))

    def try_to(self, process: Process, do: Callable[[], T]) -> T | None:
        """Return what came of it; a contender that fails is out, and the answer None."""
        if process.name in self.faults:
            return None
        try:
            return do()
        except ContenderFailedError as error:
            self.faults[process.name] = str(error)
            self._end(process.name)
            return None

    def together(
        self, do: str, meanwhile: Callable[[], None] = lambda: None, **what: Any
    ) -> dict[str, dict[str, Any]]:
        """Have something done by all at once; return the answers of those who could."""
        asked = self.drawn()
        for process in asked:
            process.send(do, **what)
        meanwhile()
        limit_s = what.get("limit_s", 0) + ASK_LIMIT_S
        answers = {
            process.name: self.try_to(process, partial(process.answer, limit_s))
            for process in asked
        }
        return {name: answer for name, answer in answers.items() if answer is not None}

    def tell(self, what: str, cells: dict[str, Cell]) -> None:
        """Tell a column of the table: a cell for each contender, or why there is none."""
        load = round(psutil.getloadavg()[0], 2)
        for name in self._names:
            cell = cells.get(name) or Cell(None, said=self.faults.get(name, "not measured"))
            figure = None if cell.figure is None else float(f"{cell.figure:.3g}")
            beside = cell.beside | {"load": load}
            Figure(what, figure, cell.unit, None, beside, name, cell.said).tell()

    def tell_ratios(self, what: str, times: Times) -> None:
        """Tell the median of each contender's ratios to the floor; the floor's own in ms."""
        floor = times[FLOOR.name]
        cells = {}
        for name, each in times.items():
            if name in self.faults:
                continue
            seen = {"rounds": len(each), "ms": round(statistics.median(each), 2)}
            ratio = statistics.median(a / b for a, b in zip(each, floor, strict=True))
            cells[name] = Cell(ratio, "x", "", seen)
        cells[FLOOR.name] = Cell(statistics.median(floor), "ms", "", cells[FLOOR.name].beside)
        self.tell(what, cells)

    def _end(self, name: str) -> None:
        self._running.pop(name)[1].close()
