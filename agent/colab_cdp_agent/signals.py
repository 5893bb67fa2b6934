"""Ctrl+C and a request to terminate: an end as asked, at any moment, and never a traceback.

Imported before anything else runs, so it imports next to nothing.
"""

import os
import signal
from collections.abc import Callable

from colab_cdp_agent.exit_codes import ExitCode

NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last one is Windows' own
STOPPED = "Stopped."


def on_signals(act: Callable[[], object]) -> None:
    """Do this on each signal from now on, however many come."""
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda _number, _frame: act())


def end_at_once() -> None:
    """Say so and end the process, which has not started anything yet that must be ended first.

    An exception would not do: raised amid an import, or where Python cannot pass it on, it shows
    as a traceback or is lost.
    """
    os.write(1, f"{STOPPED}\n".encode())
    os._exit(ExitCode.ENDED_AS_ASKED)


def ignore() -> None:
    """Pass over every signal from now on: the process is at its end, and its exit code stands."""
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN)
