"""Attach to N tabs and run one script in each: the agent's link against a hand-written floor.

Each runs in a process of its own, against one Chromium, in random order; between two runs Chrome is
given time to put the sessions away. Only ratios say something: each is the median over the rounds
of the time against the floor's in the same round.

Beside them runs the floor once more, as the null control, and a floor that evaluates in an isolated
world, as the agent must: a page's own scripts see nothing of it there.
"""

import argparse
import random
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from contenders.process import AGENT, FLOOR, FLOOR_AGAIN, ISOLATED_FLOOR, Process
from contenders.shared import open_tabs, until_quiet
from figure import Figure

BAR = 1.3
NAMES = (FLOOR, AGENT, FLOOR_AGAIN, ISOLATED_FLOOR)
SETTLE_S = 0.2


class Times:
    """What each run took, in milliseconds: by the clock, and of its own processor."""

    def __init__(self, names: list[str]) -> None:
        self.wall: dict[str, list[float]] = {name: [] for name in names}
        self.cpu: dict[str, list[float]] = {name: [] for name in names}

    def take(self, name: str, answer: dict[str, float]) -> None:
        """Take note of one run."""
        self.wall[name].append(answer["ms"])
        self.cpu[name].append(answer["cpu_ms"])

    def figure(self, what: str, bar: float | None) -> Figure:
        """Return the agent's ratio to the floor, and the others beside it."""
        seen = {
            "rounds": len(self.wall["floor"]),
            "load": psutil.getloadavg()[0],
            "floor_again": ratio(self.wall, "floor again"),
            "isolated_floor": ratio(self.wall, "isolated floor"),
            "own_cpu": ratio(self.cpu, "agent"),
            "floor_ms": statistics.median(self.wall["floor"]),
            "agent_ms": statistics.median(self.wall["agent"]),
            "best_to_best": min(self.wall["agent"]) / min(self.wall["floor"]),
        }
        beside = {name: round(value, 2) for name, value in seen.items()}
        return Figure(what, round(ratio(self.wall, "agent"), 2), "x", bar, beside)


def ratio(times: dict[str, list[float]], name: str) -> float:
    """Return the median over the rounds of a run's time against the floor's."""
    return statistics.median(a / b for a, b in zip(times[name], times["floor"], strict=True))


def run(process: Process, chromium: Chromium, kind: str, tabs: int) -> dict[str, float]:
    """Attach, evaluate in every tab, and leave; return what that took, but for the leaving."""
    time.sleep(SETTLE_S)
    answer = process.attach(chromium, kind, tabs)
    process.ask("close")
    return answer


def measure(chromium: Chromium, processes: list[Process], tabs: int, rounds: int) -> Times:
    """Run everything in the same tabs, after a round that only warms up."""
    open_tabs(chromium, "any", tabs)
    until_quiet(chromium)
    names = [process.name for process in processes]
    times = Times(names)
    for number in range(rounds + 1):
        for process in random.sample(processes, len(processes)):
            answer = run(process, chromium, "any", tabs)
            (times if number else Times(names)).take(process.name, answer)
    return times


def measure_fresh(chromium: Chromium, processes: list[Process], tabs: int, rounds: int) -> Times:
    """Run everything in tabs that nobody has attached to before."""
    times = Times([process.name for process in processes])
    for _round in range(rounds):
        order = random.sample(processes, len(processes))
        kinds = {process.name: process.name.replace(" ", "-") for process in order}
        opened = [each for kind in kinds.values() for each in open_tabs(chromium, kind, tabs)]
        until_quiet(chromium)
        for process in order:
            times.take(process.name, run(process, chromium, kinds[process.name], tabs))
        for target in opened:
            chromium.close(target)
    return times


def main() -> None:
    """Tell one figure for each number of tabs, and one for tabs that are attached to at first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds, and 1 to 200 tabs")
    parser.add_argument("--tabs", type=int, nargs="+")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    rounds = options.rounds or (60 if options.full else 25)
    with ExitStack() as exits:
        processes = [exits.enter_context(Process(name)) for name in NAMES]
        for tabs in options.tabs or ([1, 10, 50, 200] if options.full else [50]):
            with Chromium() as chromium:
                times = measure(chromium, processes, tabs, rounds)
            what = f"attach and run a script, in {tabs} tabs at once, against the floor"
            times.figure(what, BAR).tell()
        with Chromium() as chromium:
            fresh = measure_fresh(chromium, processes, 25, rounds // 5)
        what = "the same for the first time, in 25 tabs: their isolated worlds are made"
        fresh.figure(what, None).tell()


if __name__ == "__main__":
    main()
