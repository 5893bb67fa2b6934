"""Marks: the archive's own lines among the printed ones, such as where something is missing.

A mark is `--- `, the time with its offset from UTC, and its text. A printed line of the same form
is kept with one blank more in front: so the two can be told apart, and the blank be taken off. What
in a printed line would steer a terminal, colours apart, is left out.
"""

import re
from datetime import datetime

from colab_cdp_agent.keep.fold import COLOUR, inert

MOST_GAPS = 32
"""Each asks for the text after it once more: of so many at most."""
_TIME = r"--- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d "
_MARK = re.compile(_TIME)
_GAP = re.compile(_TIME + r"(?:.*: )?(?:gap|\d+ lines lost): ")
_LIKE_A_MARK = re.compile(rf"(?: |{COLOUR})*{_TIME}")


def mark(title: str, text: str = "") -> str:
    """Return a mark of this moment, as one line without control characters."""
    words = ": ".join(part for part in (title, text) if part)
    line = "".join(character if character.isprintable() else " " for character in words)
    return f"--- {datetime.now().astimezone().isoformat(timespec='seconds')} {line}"


def guarded(line: str) -> str:
    """Return a printed line as it is kept: no mark, whatever it is."""
    line = inert(line)  # before: what is left out must not make a mark of it
    return f" {line}" if "--- " in line and _LIKE_A_MARK.match(line) else line


def printed(kept: str) -> str:
    """Return what was printed of a text as it is kept: without marks, each line as it was."""
    lines = (line for line in kept.split("\n") if not _MARK.match(line))
    return "\n".join(
        line[1:] if line.startswith(" ") and _LIKE_A_MARK.match(line) else line for line in lines
    )


def after_gaps(kept: str) -> list[str]:
    """Return what was printed after each of the last gaps that are marked, the longest first."""
    lines = kept.split("\n")
    places = [place for place, line in enumerate(lines, 1) if _GAP.match(line)]
    return [printed("\n".join(lines[place:])) for place in places[-MOST_GAPS:]]
