"""What the agent weighs while it watches N Colab tabs: memory and processor time, by the minute.

The tabs are the stand-in's, each with a running cell that prints `--rate` lines a second.
"""

import argparse
import json
import sys
import threading
import time
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from night import Night
from stage import Stage

MIB = 2**20


def main() -> None:
    """Print one line of JSON a minute, and the whole in the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=1)
    options = parser.parse_args()
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
            agent = psutil.Process(night.agent.pid)
            began, before = time.monotonic(), agent.cpu_times()
            sizes = []
            line = 0
            while (elapsed := time.monotonic() - began) < options.minutes * 60:
                for notebook in notebooks if options.rate else ():
                    stage.do(notebook.print([f"line {line}"]))
                line += 1
                threading.Event().wait(1 / options.rate if options.rate else 1)
                if elapsed // 60 >= len(sizes):
                    sizes.append(agent.memory_info().rss / MIB)
                    print(json.dumps({"minute": len(sizes) - 1, "rss_mib": round(sizes[-1], 1)}))
            used = agent.cpu_times()
            seconds = used.user + used.system - before.user - before.system
            sizes.append(agent.memory_info().rss / MIB)
        result = {
            "tabs": options.tabs,
            "minutes": options.minutes,
            "rss_first_mib": round(sizes[0], 1),
            "rss_last_mib": round(sizes[-1], 1),
            "cpu_percent": round(100 * seconds / (options.minutes * 60), 2),
        }
        print(json.dumps(result))


if __name__ == "__main__":
    main()
