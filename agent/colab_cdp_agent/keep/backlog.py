"""Final lines that wait for the disk, in bounded memory.

While the disk takes nothing they pile up; those that find no room any more are lost, and a number
in their place says how many. What came before and what comes after stays.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

SESSION_BYTES = 8 * 1_048_576
ALL_BYTES = 64 * 1_048_576
_POINTER_BYTES = 8

Lines = list[str | int]
"""Lines; a number stands for so many lost ones."""


@dataclass(slots=True)
class Room:
    """The memory that the lines of all sessions take together."""

    used_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """Lines that were handed over to be written, and the memory that they take."""

    lines: Lines
    cost_bytes: int


class Backlog:
    """The final lines of one session that are not on disk.

    Attributes:
        dropped_lines: how many found no room.
        drops: how often that began.
        failing: whether the last try to write them failed.

    """

    def __init__(self, room: Room) -> None:
        self.dropped_lines = self.drops = 0
        self.failing = False
        self._room = room
        self._lines: Lines = []
        self._waiting_bytes = 0
        self._handed_over_bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """The memory taken by lines that nobody has begun to write."""
        return self._waiting_bytes

    def add(self, line: str) -> None:
        """Let a line wait, if there is room for it.

        As long as writing succeeds a session may take all the room that there is: a cell can
        print much in one second.
        """
        cost = sys.getsizeof(line) + _POINTER_BYTES
        mine = self._waiting_bytes + self._handed_over_bytes + cost
        if (self.failing and mine > SESSION_BYTES) or self._room.used_bytes + cost > ALL_BYTES:
            self.dropped_lines += 1
            self._lose(1)
            return
        self._lines.append(line)
        self._waiting_bytes += cost
        self._room.used_bytes += cost

    def hand_over(self) -> Load:
        """Return all that waits; its fate must be told before the next call."""
        load = Load(self._lines, self._waiting_bytes)
        self._lines, self._waiting_bytes = [], 0
        self._handed_over_bytes = load.cost_bytes
        return load

    def written(self, load: Load) -> None:
        """Take note that lines are safely on disk."""
        self.failing = False
        self._handed_over_bytes = 0
        self._room.used_bytes -= load.cost_bytes

    def take_back(self, load: Load) -> None:
        """Let lines that could not be written wait again, before those that came since."""
        self.failing = True
        self._handed_over_bytes = 0
        self._waiting_bytes += load.cost_bytes
        later, self._lines = self._lines, load.lines
        for line in later:
            if isinstance(line, int):
                self._lose(line)
            else:
                self._lines.append(line)

    def _lose(self, lines: int) -> None:
        last = self._lines[-1] if self._lines else None
        if isinstance(last, int):
            self._lines[-1] = last + lines
        else:
            self._lines.append(lines)
            self.drops += 1


def encode(lines: Iterable[str]) -> bytes:
    """Return whole lines as a file holds them."""
    return "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")
