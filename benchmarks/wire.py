"""From a kernel's lines to the archive on disk: none lost, and what each costs the agent.

The kernels stand in a process of their own (`kernels.py`) and print `--rate` lines a second over
all tabs. Afterwards every line is looked for in the files of the archive.
"""

import argparse

import psutil

from figure import Figure
from printing import Kernels, settled, watched

MIB = 2**20
CPU_BAR_US, RSS_BAR_MIB = 60.0, 60.0


def measure(options: argparse.Namespace) -> None:
    """Let the kernels print, and tell the figures."""
    kernels = Kernels(options.tabs, options.rate, options.minutes * 60, options.at_once)
    with watched(kernels) as (_chromium, night):
        agent = psutil.Process(night.agent.pid)
        first, before = agent.memory_info().rss / MIB, agent.cpu_times()
        kernels.begin()
        printed = kernels.printed()
        found = settled(night, printed)
        used, last = agent.cpu_times(), agent.memory_info().rss / MIB
    cpu = used.user + used.system - before.user - before.system
    what = f"{options.rate:g} lines a second over {options.tabs} tabs"
    seen = {"minutes": options.minutes, "lines_sent": printed, "lines_archived": found.kept}
    seen |= {"lines_twice": found.twice, "load": round(psutil.getloadavg()[0], 2)}
    lost = printed - found.kept
    Figure(f"{what}: lines lost on the way to the archive", lost, "", 0, seen).tell()
    each = round(1e6 * cpu / max(printed, 1), 1)
    Figure(f"{what}: the agent's processor time a line", each, "µs", CPU_BAR_US, seen).tell()
    seen = {"rss_first_mib": round(first, 1), "rss_last_mib": round(last, 1)}
    Figure(f"{what}: memory at the end", round(last, 1), "MiB", RSS_BAR_MIB, seen).tell()


def main() -> None:
    """Tell the lines that were lost, the processor time a line, and the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five minutes, not half a one")
    parser.add_argument("--tabs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3000, help="lines a second, of all tabs")
    parser.add_argument("--at-once", type=int, default=1, help="lines in one message")
    parser.add_argument("--minutes", type=float)
    options = parser.parse_args()
    options.minutes = options.minutes or (5 if options.full else 0.5)
    measure(options)


if __name__ == "__main__":
    main()
