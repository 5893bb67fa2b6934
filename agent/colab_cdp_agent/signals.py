"""Ctrl+C and a request to terminate: an end as asked, at any moment, and never a traceback."""

import asyncio
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")
ENDED_AS_ASKED = 0
STOPPED = "Stopped."


def end_at_once() -> None:
    """End the process on a signal, for as long as it has started nothing that must be ended.

    An exception would not do: raised amid an import, or where Python cannot pass it on, it shows
    as a traceback or is lost.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        os.write(1, f"{STOPPED}\n".encode())
        os._exit(ENDED_AS_ASKED)

    _install(end)


def on_signals(stop: asyncio.Event) -> None:
    """Set the event on each signal, however many come and however late."""
    loop = asyncio.get_running_loop()

    def stop_soon(_number: int, _frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    _install(stop_soon)


def _install(take: Callable[[int, FrameType | None], Any]) -> None:
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, take)
