"""What an agent, its broker, its Chrome and its files weigh at a moment."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

MIB = 2**20
KEPT = {"journal_mib": "journal-*", "archive_mib": "archive/**/*"}


class Vitals:
    """Reads them all, by the names of the quantities in `soak_run.py`.

    Args:
        agent: its process id, and so on.
        state: the agent's state folder.

    """

    def __init__(self, agent: int, broker: int, chrome: int, state: Path) -> None:
        self._agent, self._broker = psutil.Process(agent), psutil.Process(broker)
        self._chrome = psutil.Process(chrome)
        self._state = state
        self._last = self._used()

    def read(self) -> dict[str, float]:
        """Return all weights; the processor's share is that since the last reading."""
        before, self._last = self._last, self._used()
        seconds, used = (now - then for now, then in zip(self._last, before, strict=True))
        with self._agent.oneshot():
            weights = {
                "agent_mib": self._agent.memory_info().rss / MIB,
                "cpu_percent": 100 * used / seconds,
                "descriptors": _descriptors(self._agent),
                "threads": self._agent.num_threads(),
            }
        weights["broker_mib"] = self._broker.memory_info().rss / MIB
        weights["chrome_mib"] = sum(_own_bytes(self._chrome)) / MIB
        for name, pattern in KEPT.items():
            weights[name] = sum(_sizes(self._state, pattern)) / MIB
        return {name: round(weight, 3) for name, weight in weights.items()}

    def _used(self) -> tuple[float, float]:
        """Return the moment, and the agent's processor time until then."""
        times = self._agent.cpu_times()
        return time.monotonic(), times.user + times.system


def _descriptors(process: psutil.Process) -> int:
    return process.num_handles() if sys.platform == "win32" else process.num_fds()


def _own_bytes(process: psutil.Process) -> Iterator[int]:
    """Yield the memory of each process of a tree; one that has just ended has none.

    Where the system tells, what several share is shared out among them.
    """
    for each in (process, *process.children(recursive=True)):
        try:
            if sys.platform == "linux":
                yield each.memory_full_info().pss
            else:
                yield each.memory_info().rss
        except psutil.NoSuchProcess:
            assert each != process


def _sizes(folder: Path, pattern: str) -> Iterator[int]:
    """Yield the size of each file; one that has just gone has none."""
    for path in folder.glob(pattern):
        try:
            yield path.stat().st_size
        except FileNotFoundError:
            continue
