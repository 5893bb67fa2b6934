"""What a command replies to whoever called it, and the exit code that goes with it."""

import sys

from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.printable import printable_lines


def say(*lines: str) -> None:
    """Say on standard output what came of it, at once."""
    for line in lines:
        print(line, flush=True)  # noqa: T201 - a person reads it


def fail(sentence: object, code: ExitCode = ExitCode.FAILED) -> ExitCode:
    """Say on standard error why a command does not do what it was asked, and return its code."""
    told = f"colab-cdp-agent: {printable_lines(str(sentence))}"
    print(told, file=sys.stderr)  # noqa: T201 - a person reads it
    return code
