"""Notices that this computer slept, that the agent stood still, or that a clock was set.

A system counts for how long it slept. Sleep is what that count grew by, standing still is a tick
that comes much too late without it, and what the wall clock went otherwise than `time.monotonic`
was set by a person or a time server.

Where the system keeps no such count, sleep shows in a wall clock that ran ahead of the monotonic
one, which stops in sleep on Linux and macOS. There a clock that was set ahead can't be told from
sleep; one that was set back can. Two things nothing here can tell: a virtual machine that was
paused (its clock was set afterwards, and that is what is said), and whether the agent was stopped
or its machine had no time for it (both are `stood_still`).
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Literal

import msgspec
import structlog

EVERY_S = 1.0
NOTICED_S = 10.0
"""Shorter sleeps and halts are nobody's news."""
SET_S = 2.0
"""Smaller corrections of a wall clock are a time server's daily work."""

Kind = Literal["slept", "stood_still", "clock_set"]

log = structlog.get_logger()


class Slept(msgspec.Struct, frozen=True):
    """A while that nobody watched, or a clock that was set; Unix times, in seconds.

    `seconds` is how long it was, and it lies between the two times as the clock goes now. Of a
    clock that was set they are its last reading before and its first after, and `seconds` is by how
    much: negative for back. `counted_s` is how far `time.monotonic` went on, unwatched.
    """

    began_wall: float
    ended_wall: float
    seconds: float
    kind: Kind
    counted_s: float = 0.0


class Clock:
    """Compares each tick with the one before, about a second ago."""

    def __init__(self) -> None:
        self._last: tuple[float, float, float | None] | None = None

    def tick(self, monotonic: float, wall: float, asleep: float | None = None) -> Slept | None:
        """Return what happened since the last tick, or None: all went as it should.

        Args:
            monotonic: `time.monotonic()`.
            wall: `time.time()`.
            asleep: `asleep_s()`; without it less can be told apart.

        """
        last, self._last = self._last, (monotonic, wall, asleep)
        if last is None:
            return None
        went_on = max(0.0, monotonic - last[0])
        ahead = wall - last[1] - went_on
        told = None if asleep is None or last[2] is None else max(0.0, asleep - last[2])
        slept = ahead if told is None else told
        if slept >= NOTICED_S:
            return Slept(wall - slept, wall, slept, "slept", went_on)
        if went_on >= NOTICED_S:
            return Slept(wall - went_on, wall, went_on, "stood_still", went_on)
        if abs(ahead) >= SET_S + (told or 0.0):
            return Slept(last[1], wall, ahead, "clock_set")
        return None


async def watch_clock(tell: Callable[[Slept], None]) -> None:
    """Tell of each while that nobody watched, for as long as this runs."""
    clock = Clock()
    while True:
        slept = clock.tick(time.monotonic(), time.time(), asleep_s())
        if slept is not None:
            log.warning("nobody watched for a while", kind=slept.kind, seconds=slept.seconds)
            tell(slept)
        await asyncio.sleep(EVERY_S)


def asleep_s() -> float | None:
    """Return how long this computer has slept since it was started, in seconds.

    None where the system does not tell. Only the growth means anything.
    """
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - needed on Windows only

        # https://learn.microsoft.com/windows/win32/sysinfo/interrupt-time
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetTickCount64.restype = ctypes.c_ulonglong
        awake = ctypes.c_ulonglong()
        if not kernel.QueryUnbiasedInterruptTime(ctypes.byref(awake)):
            return None
        return float(kernel.GetTickCount64() / 1e3 - awake.value / 1e7)
    if sys.platform == "linux":  # clock_gettime(2)
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    if sys.platform == "darwin":  # clock_gettime(3): CLOCK_MONOTONIC counts sleep there
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    return None
