"""A finding: what was looked at, whether it is well, and what to do if it is not."""

from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.text import Text

from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.printable import printable

SEVEREST_FIRST = (ExitCode.BAD_INPUT, ExitCode.UNREACHABLE, ExitCode.FAILED)

MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("-", "bright_black")}
PLAIN_MARKS = {"✓": "ok", "✗": "NO", "-": "--"}
"""For terminals and files that can't hold the marks."""


class Finding(msgspec.Struct, frozen=True):
    """One line of the doctor's; `ok` is None where nothing could be said, and why is in `what`.

    Attributes:
        brief: what the verdict on the night says of it, in a few words; else nothing is said.
        spoils: by day nothing is wrong with it, and a night with it is not safe.

    """

    ok: bool | None
    what: str
    remedy: str = ""
    code: ExitCode = ExitCode.FAILED
    brief: str = ""
    spoils: bool = False


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """Return the exit code of the severest failure, of none where nothing failed."""
    codes = {finding.code for finding in findings if finding.ok is False}
    return next((code for code in SEVEREST_FIRST if code in codes), ExitCode.ENDED_AS_ASKED)


def show(console: Console, finding: Finding) -> None:
    """Print a finding, and below it what to do."""
    mark, style = MARKS[finding.ok]
    if not console.encoding.lower().startswith("utf"):
        mark = PLAIN_MARKS[mark]
    line = Text(f"{mark} ", style=style).append(printable(finding.what), style="default not bold")
    console.print(line, soft_wrap=True)
    if finding.remedy:
        indent = " " * (len(mark) + 1)
        console.print(Text(f"{indent}→ {printable(finding.remedy)}"), soft_wrap=True)
