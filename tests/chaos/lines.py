"""Printed lines and the archive's own, held against each other. Pure.

Every line has the number of its run and its own, from 0 on: so it shows which lines the archive
lacks, which it holds twice, and whether it says so by a mark.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LINE = re.compile(r"run (\d+) line (\d+)")
GAP = re.compile(r"--- \S+ .*(?:\bgap: |\blines lost: )")

Number = tuple[int, int]
"""Of a run, and of a line in it."""


def number_of(line: str) -> Number | None:
    """Return which line that is, None where it is none of ours."""
    found = LINE.fullmatch(line)
    return (int(found[1]), int(found[2])) if found else None


@dataclass
class Kept:
    """What the archive holds of one notebook.

    Attributes:
        twice: the lines that it holds more than once.
        lost: the lines that it lacks before a later one, without a mark there.
        admitted: how many it lacks where a mark says so.
        last: the last line of each run.

    """

    twice: list[Number] = field(default_factory=list)
    lost: list[Number] = field(default_factory=list)
    admitted: int = 0
    last: dict[int, int] = field(default_factory=dict)


def kept(files: Iterable[str]) -> Kept:
    """Return what the texts of a notebook's files hold, in whatever order they were written."""
    marked: dict[Number, bool] = {}
    found = Kept()
    for text in files:
        gap = False
        for line in text.split("\n"):
            number = number_of(line)
            if number is None:
                gap = gap or GAP.match(line) is not None
                continue
            if number in marked:
                found.twice.append(number)
            marked[number] = marked.get(number, False) or gap
            gap = False
    expected: Number = (-1, 0)
    for number in sorted(marked):
        run, at = number
        begin = expected[1] if run == expected[0] else 0
        if marked[number]:
            found.admitted += at - begin
        else:
            found.lost += [(run, missing) for missing in range(begin, at)]
        expected = (run, at + 1)
        found.last[run] = at
    return found
