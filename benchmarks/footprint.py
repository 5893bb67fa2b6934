"""What the agent weighs while it watches N Colab tabs: memory and processor time, by the minute.

The tabs are the stand-in's, each with a running cell that prints `--rate` lines a second.
"""

import argparse
import sys
import threading
import time
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from figure import Figure
from night import Night
from stage import Stage

MIB = 2**20
RSS_BAR_MIB, GROWTH_BAR_MIB, CPU_BAR_PERCENT = 60.0, 2.0, 2.0
STEPS = 10  # memory is read so many times, evenly over the run


def watch(stage: Stage, night: Night, notebooks: list, options: argparse.Namespace) -> list[float]:
    """Let the cells print for a while; return what the agent weighed, in MiB, step by step."""
    agent = psutil.Process(night.agent.pid)
    seconds = options.minutes * 60
    began, sizes, line = time.monotonic(), [], 0
    while (elapsed := time.monotonic() - began) < seconds:
        if elapsed >= len(sizes) * seconds / STEPS:
            sizes.append(agent.memory_info().rss / MIB)
            print(f"  {elapsed:4.0f} s: {sizes[-1]:.1f} MiB", file=sys.stderr)
        for notebook in notebooks if options.rate else ():
            stage.do(notebook.print([f"line {line}"]))
        line += 1
        threading.Event().wait(1 / options.rate if options.rate else 1)
    sizes.append(agent.memory_info().rss / MIB)
    return sizes


def main() -> None:
    """Tell the memory, its growth after the first tenth of the run, and the processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="ten minutes, not one")
    parser.add_argument("--tabs", type=int, default=8)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--rate", type=float, default=1)
    options = parser.parse_args()
    options.minutes = options.minutes or (10 if options.full else 1)
    with Stage() as stage, Chromium(stage.sim.chromium_flags) as chromium:
        notebooks = [stage.notebook(f"tab {number}") for number in range(options.tabs)]
        for notebook in notebooks:
            chromium.open(notebook.url)
            stage.do(notebook.opened())
            stage.do(notebook.cell("running"))
        chromium.open("about:blank")
        with Night(chromium.port) as night:
            for notebook in notebooks:
                night.until(lambda url=notebook.url: night.session(url)["phase"] == "running")
            before = psutil.Process(night.agent.pid).cpu_times()
            sizes = watch(stage, night, notebooks, options)
            used = psutil.Process(night.agent.pid).cpu_times()
    seconds = used.user + used.system - before.user - before.system
    what = f"{options.tabs} tabs watched for {options.minutes:g} minutes"
    seen = {"rate": options.rate, "load": round(psutil.getloadavg()[0], 2)}
    seen |= {"mib": [round(size, 1) for size in sizes]}
    Figure(f"{what}: memory", round(max(sizes), 1), "MiB", RSS_BAR_MIB, seen).tell()
    grown = round(sizes[-1] - sizes[1], 1)
    Figure(f"{what}: growth after the first tenth", grown, "MiB", GROWTH_BAR_MIB).tell()
    share = round(100 * seconds / (options.minutes * 60), 2)
    Figure(f"{what}: share of a core", share, "%", CPU_BAR_PERCENT).tell()


if __name__ == "__main__":
    main()
