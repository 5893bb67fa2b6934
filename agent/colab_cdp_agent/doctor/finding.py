"""A finding: what was looked at, whether it is well, and what to do if it is not."""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec
from rich.console import Console
from rich.text import Text

FAILED: Final = 1
BAD_INPUT: Final = 2
UNREACHABLE: Final = 3
SEVEREST_FIRST = (BAD_INPUT, UNREACHABLE, FAILED)

MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("-", "bright_black")}
PLAIN_MARKS = {"✓": "ok", "✗": "NO", "-": "--"}
"""For terminals and files that can't hold the marks."""


class Finding(msgspec.Struct, frozen=True):
    """One line of the doctor's; `ok` is None where nothing could be said, and why is in `what`."""

    ok: bool | None
    what: str
    remedy: str = ""
    code: Literal[1, 2, 3] = FAILED


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code of the severest failure, 0 where nothing failed."""
    codes = {finding.code for finding in findings if finding.ok is False}
    return next((code for code in SEVEREST_FIRST if code in codes), 0)


def show(console: Console, finding: Finding) -> None:
    """Print a finding, and below it what to do."""
    mark, style = MARKS[finding.ok]
    if not console.encoding.lower().startswith("utf"):
        mark = PLAIN_MARKS[mark]
    line = Text(f"{mark} ", style=style).append(finding.what, style="default not bold")
    console.print(line, soft_wrap=True)
    if finding.remedy:
        indent = " " * (len(mark) + 1)
        console.print(Text(f"{indent}→ {finding.remedy}"), soft_wrap=True)
