"""From a kernel's lines to the archive on disk: none lost, and what each costs the agent.

The kernels stand in a process of their own (`kernels.py`) and print `--rate` lines a second over
all tabs. Afterwards every line is looked for in the files of the archive.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from figure import Figure
from kernels import HOST
from night import Night

MIB = 2**20
CPU_BAR_US, RSS_BAR_MIB = 60.0, 60.0
SETTLE_LIMIT_S = 20.0
LINE = re.compile(rb"(k\d+) line (\d{7}) ")


class Kernels:
    """The process with the pages and their kernels, from entry to exit."""

    def __init__(self, tabs: int, rate: float, seconds: float, at_once: int) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, str(Path(__file__).with_name("kernels.py"))),
                *("--tabs", str(tabs), "--rate", str(rate)),
                *("--seconds", str(seconds), "--at-once", str(at_once)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.urls: list[str] = []
        self._tabs = tabs

    def __enter__(self) -> Self:
        port = int(self.hear())
        self.urls = [f"http://{HOST}:{port}/note/k{number}" for number in range(self._tabs)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def profile(self, folder: Path) -> Path:
        """Write the site profile of these pages, and return its file."""
        address = re.escape(self.urls[0].rsplit("/", 1)[0])
        states = {
            "control": [{"css": "#control"}],
            "connected": [{"css": "#control.connected"}],
            "running": [{"css": "#cell.running"}],
        }
        file = folder / "kernels.yaml"
        profile = {"site": "kernels", "notebooks": [rf"{address}/[^/?#]+"], "states": states}
        file.write_text(json.dumps(profile), encoding="utf-8")
        return file

    def begin(self) -> None:
        """Let every kernel run its cell."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Return the next line that it says."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def archived(home: Path) -> Counter[tuple[bytes, bytes]]:
    """Return how often each kernel's line stands in any file of the agent's state folder."""
    found: Counter[tuple[bytes, bytes]] = Counter()
    for path in (home / "state").rglob("*"):
        if path.is_file():
            found.update(LINE.findall(path.read_bytes()))
    return found


def settled(night: Night, wanted: int) -> Counter[tuple[bytes, bytes]]:
    """Return the archived lines once all are there, or nothing more has come for a while."""
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while len(found := archived(night.home)) < wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def measure(options: argparse.Namespace) -> None:
    """Let the kernels print, and tell the figures."""
    seconds = options.minutes * 60
    with (
        tempfile.TemporaryDirectory() as folder,
        Kernels(options.tabs, options.rate, seconds, options.at_once) as kernels,
        Chromium() as chromium,
    ):
        for url in kernels.urls:
            chromium.open(url)
        assert kernels.hear().strip() == "connected"
        chromium.open("about:blank")
        with Night(chromium.port, sites=[str(kernels.profile(Path(folder)))]) as night:
            for url in kernels.urls:
                night.until(lambda url=url: night.session(url)["phase"] in {"running", "idle"})
            agent = psutil.Process(night.agent.pid)
            first, before = agent.memory_info().rss / MIB, agent.cpu_times()
            kernels.begin()
            printed = sum(json.loads(kernels.hear()).values())
            found = settled(night, printed)
            used, last = agent.cpu_times(), agent.memory_info().rss / MIB
    cpu = used.user + used.system - before.user - before.system
    kept, twice = len(found), sum(found.values()) - len(found)
    what = f"{options.rate:g} lines a second over {options.tabs} tabs"
    seen = {"minutes": options.minutes, "lines_sent": printed, "lines_archived": kept}
    seen |= {"lines_twice": twice, "load": round(psutil.getloadavg()[0], 2)}
    Figure(f"{what}: lines lost on the way to the archive", printed - kept, "", 0, seen).tell()
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
