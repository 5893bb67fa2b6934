"""The text of a printed line: what a person would see of it, cut to a length that bounds its cost.

Every regular expression of this package sees at most `LINE_CHARACTERS`. The built-in ones hold no
repeat inside a repeat, and their repeats are possessive or bounded: none runs away, whatever the
line. A person's own patterns run under a deadline too, see `patterns`.
"""

import re
from collections.abc import Iterator

LINE_CHARACTERS = 2000
LINES_AT_ONCE = 4
"""How many lines are read of a text that holds several: the last ones."""

_STEERS = re.compile(
    r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]?+|\][^\x07\x1b]*+(?:\x07|\x1b\\)?+|[ -/]?+[0-Z\\-~])|[\b\x07]"
)


def shown(line: str) -> Iterator[str]:
    """Yield what a line shows: itself, or the last state that it was redrawn in."""
    if "\r" not in line and "\n" not in line:
        text = line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS]
        yield _STEERS.sub("", text) if "\x1b" in text or "\b" in text else text
        return
    # What is redrawn grows at its end: the present state stands there.
    for each in _STEERS.sub("", line[-LINE_CHARACTERS:]).split("\n")[-LINES_AT_ONCE:]:
        yield next((state for state in reversed(each.split("\r")) if state.strip()), "")
