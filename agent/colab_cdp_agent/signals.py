"""Ctrl+C, a request to terminate, a closed terminal: an end as asked, and never a traceback.

Imported before anything else runs, so it imports next to nothing.
"""

import os
import signal
from collections.abc import Callable, Iterator

from colab_cdp_agent.exit_codes import ExitCode

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # each system has some of them
HANGUP = getattr(signal, "SIGHUP", None)
STOPPED = "Stopped."


def on_signals(act: Callable[[], object]) -> None:
    """Do this on each signal from now on, however many come."""
    for number in _numbers():
        if number == HANGUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # it was started by `nohup`
        signal.signal(number, lambda _number, _frame: act())


def end_at_once() -> None:
    """Say so and end the process, which has not started anything yet that must be ended first.

    An exception would not do: raised amid an import, or where Python cannot pass it on, it shows
    as a traceback or is lost.
    """
    try:
        os.write(1, f"{STOPPED}\n".encode())
    finally:
        os._exit(ExitCode.ENDED_AS_ASKED)


def ignore() -> None:
    """Pass over every signal from now on: the process is at its end, and its exit code stands."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)


def _numbers() -> Iterator[signal.Signals]:
    for name in NAMES:
        number: signal.Signals | None = getattr(signal, name, None)
        if number is not None:
            yield number
