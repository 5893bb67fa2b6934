"""Kernels that print at a given rate, an agent that watches them, and what of it is archived.

The kernels stand in a process of their own (`kernels.py`). Each line has its kernel's name and its
number, so that afterwards it is known which lines the archive lacks, and which it holds twice.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from colab_cdp_agent.tell.ports import first_free_port
from kernels import HOST
from mosquitto import Mosquitto
from night import Night

SETTLE_LIMIT_S = 20.0
WATCH_LIMIT_S = 60.0
LINE = re.compile(rb"(k\d+) line (\d{7}) ")
MOST_COUNTED = 255


class Kernels(ExitStack):
    """The process with the pages and their kernels, from entry to exit."""

    def __init__(self, tabs: int, rate: float, seconds: float, at_once: int = 1) -> None:
        super().__init__()
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
        self.callback(self._process.communicate)
        self.callback(self._process.kill)
        port = int(self._hear())
        self.urls = [f"http://{HOST}:{port}/note/k{number}" for number in range(self._tabs)]
        return self

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

    def attached(self) -> None:
        """Return once every page has its socket to its kernel."""
        assert self._hear().strip() == "connected"

    def begin(self) -> None:
        """Let every kernel run its cell."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def printed(self) -> int:
        """Return how many lines all have printed, once their cells have ended."""
        return sum(json.loads(self._hear()).values())

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def watched(kernels: Kernels, broker: Mosquitto | None = None) -> Iterator[tuple[Chromium, Night]]:
    """Open the kernels' pages in a Chromium, and have an agent watch them all."""
    with tempfile.TemporaryDirectory() as folder, kernels, Chromium() as chromium:
        for url in kernels.urls:
            chromium.open(url)
        kernels.attached()
        chromium.open("about:blank")
        profile = str(kernels.profile(Path(folder)))
        # A page on the usual port is met by whatever else is tried on this machine meanwhile.
        config = {"web": {"port": first_free_port(())}}
        with Night(chromium.port, sites=[profile], broker=broker, config=config) as night:
            for url in kernels.urls:
                night.until(
                    lambda url=url: night.session(url)["phase"] in {"running", "idle"},
                    WATCH_LIMIT_S,
                )
            yield chromium, night


@dataclass(frozen=True)
class Archived:
    """How many of the printed lines stand in the archive, and how many of these more than once."""

    kept: int
    twice: int


def archived(night: Night) -> Archived:
    """Look for every line in the files of the archive."""
    times: dict[bytes, bytearray] = defaultdict(bytearray)
    for path in (night.home / "state" / "archive").rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                for found in filter(None, map(LINE.search, file)):
                    _count(times[found[1]], int(found[2]))
    counted = [count for each in times.values() for count in each if count]
    return Archived(len(counted), sum(count > 1 for count in counted))


def _count(times: bytearray, number: int) -> None:
    times.extend(bytes(max(0, number + 1 - len(times))))
    times[number] = min(times[number] + 1, MOST_COUNTED)


def settled(night: Night, wanted: int) -> Archived:
    """Return what is archived once all lines are there, or have not come for too long."""
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while (found := archived(night)).kept < wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    return found
