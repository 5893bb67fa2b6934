"""How long a run may be silent, by its own rhythm; and how long a runtime may live.

Pure: moments are seconds of any one clock that goes forward, `time.monotonic()` as a rule.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

SHORTEST_STALL_S = 600.0
"""No run is called stalled sooner."""
UNHEARD_STALL_S = 3600.0
"""A run that never printed has no rhythm; some train for long before their first line."""
STALL_PAUSES = 4.0
"""How many of its longest usual pauses a run is silent for before it is stalled."""
FORGET_PAUSES = 10.0
"""A pause that does not come again within ten times its own length was not usual: a download."""
LIFETIMES: Final = {12: "a free runtime", 24: "a runtime of Pro+"}
"""For how many hours a runtime lives at most, by plan; https://research.google.com/colaboratory/faq.html."""
NEAR_HOURS = 1


class Rhythm:
    """Knows a run's two longest pauses, and when the longest was.

    The longest counts while it is young, so that a run which prints once an epoch is given time
    from its first epoch on. After that the second counts: a pause is usual if it came twice.
    """

    def __init__(self) -> None:
        self._heard: float | None = None
        self._printed = False
        self._longest = self._second = 0.0
        self._longest_at = 0.0

    def begin(self, at: float) -> None:
        """Take note that a run begins: what was known of another is forgotten."""
        self._heard, self._printed = at, False
        self._longest = self._second = 0.0
        self._longest_at = at

    def heard(self, at: float) -> None:
        """Take note that the run printed something, or drew its bar anew."""
        if self._heard is None:
            return
        pause = max(0.0, at - self._heard)
        self._heard, self._printed = at, True
        if pause >= self._longest:
            self._second, self._longest, self._longest_at = self._longest, pause, at
        else:
            self._second = max(self._second, pause)

    def slept(self, seconds: float) -> None:
        """Take off the present silence what nobody could hear: so much of the clock used here."""
        if self._heard is not None:
            self._heard += max(0.0, seconds)

    def stalled(self, at: float) -> float | None:
        """Return for how many seconds the run has been silent if it is stalled, else None."""
        if self._heard is None:
            return None
        silence = at - self._heard
        return silence if silence >= self._patience(at) else None

    def _patience(self, at: float) -> float:
        """Return after how many seconds of silence the run is stalled."""
        if not self._printed:
            return UNHEARD_STALL_S
        young = at - self._longest_at <= FORGET_PAUSES * self._longest
        usual = self._longest if young else self._second
        return max(SHORTEST_STALL_S, STALL_PAUSES * usual)


def lifetime_near(
    started: datetime | None, now: datetime, plan_hours: Iterable[int] = tuple(LIFETIMES)
) -> str | None:
    """Return a sentence in the last hour before a runtime reaches a limit of its life, else None.

    Args:
        started: when the runtime was seen to start; None where nobody saw it.
        now: the present moment.
        plan_hours: the limits that may be this runtime's: nothing in the page tells its plan.

    """
    if started is None:
        return None
    for hours in plan_hours:
        near = hours - NEAR_HOURS
        if timedelta(hours=near) <= now - started < timedelta(hours=hours):
            whose = LIFETIMES.get(hours, "a runtime of this plan")
            return f"The runtime has lived for {near} hours: {whose} ends after {hours} at most."
    return None
