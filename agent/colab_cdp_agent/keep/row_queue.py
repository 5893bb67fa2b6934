"""The rows that wait for the journal's file: few enough, small enough, and fit to be stored."""

import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from colab_cdp_agent.keep.record import LARGEST_INTEGER
from colab_cdp_agent.keep.schema import stamp
from colab_cdp_agent.keep.statements import Statement

MOST_WAITING: Final = 10_000
LONGEST_TEXT: Final = 2_000
ADDRESS: Final = re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://\S*|[\w.-]{0,253}\.google\.com/\S*")
REPLACED_BY: Final = "(an address)"
"""An address may hold a notebook's id, or a token."""

Value = str | float | datetime | None


class Row(msgspec.Struct, frozen=True):
    """One thing to take note of: the statement, and its values by name."""

    statement: Statement
    values: Mapping[str, str | float | None]


class RowQueue:
    """Rows in the order in which they came; one that finds no room is dropped and counted.

    One thread may put while another takes.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._rows: deque[Row] = deque()

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, statement: Statement, **values: Value) -> None:
        """Add a row, if there is room."""
        if len(self._rows) >= MOST_WAITING:
            self.dropped += 1
            return
        self._rows.append(Row(statement, {name: stored(each) for name, each in values.items()}))

    def take(self, most: int) -> list[Row]:
        """Return the oldest rows, which are no longer here then."""
        return [self._rows.popleft() for _ in range(min(most, len(self._rows)))]

    def give_back(self, rows: list[Row]) -> None:
        """Put rows that were taken back to where they stood; where there is no room, drop some."""
        room = max(0, MOST_WAITING - len(self._rows))
        self.dropped += max(0, len(rows) - room)
        self._rows.extendleft(reversed(rows[:room]))

    def waiting(self, statement: Statement) -> list[Row]:
        """Return the rows of one kind that wait; for the thread that puts."""
        return [row for row in self._rows.copy() if row.statement is statement]


def stored(value: Value) -> str | float | None:
    """Return a value as it is stored.

    Moments become text in UTC, and long texts short; addresses are left out of texts, and so is
    half of a UTF-16 pair. A number that SQLite cannot hold becomes the nearest that it can.
    """
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, str):
        text = value[:LONGEST_TEXT].encode(errors="replace").decode()
        return ADDRESS.sub(REPLACED_BY, text)
    if isinstance(value, int):
        return min(max(value, -LARGEST_INTEGER), LARGEST_INTEGER)
    return value
