"""How a command ends, as the shell that called it sees it.

Imported before anything else runs, so it imports next to nothing.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command ends with."""

    ENDED_AS_ASKED = 0
    FAILED = 1
    """The command ran, and what it was to do or to check failed."""
    BAD_INPUT = 2
    """Arguments or configuration can't be used; argparse ends with the same code."""
    UNREACHABLE = 3
    """Chrome or the broker could not be reached where the command needs it."""
