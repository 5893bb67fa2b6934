"""The one Chromium that the contenders share."""

import time
from contextlib import suppress

import psutil

from chromium import Chromium
from contenders.contender import PAGE

QUIET_SHARE = 0.06  # of a core: what fifty idle tabs need
QUIET_LIMIT_S = 30.0


def open_tabs(chromium: Chromium, kind: str, count: int) -> list[str]:
    """Open tabs of a kind, each with a number in its page; return their targets."""
    return [chromium.open(PAGE.format(kind) + str(number)) for number in range(count)]


def until_quiet(chromium: Chromium) -> None:
    """Wait until Chrome has nothing left to do."""
    browser = psutil.Process(chromium.pid)
    deadline, used = time.monotonic() + QUIET_LIMIT_S, 0.0
    while time.monotonic() < deadline:
        before, used = used, 0.0
        for process in (browser, *browser.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # one that is spare ends at any time
                times = process.cpu_times()
                used += times.user + times.system
        if used - before < QUIET_SHARE:
            return
        time.sleep(1)
