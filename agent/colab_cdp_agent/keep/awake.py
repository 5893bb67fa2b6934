"""Keeps this computer from going to sleep while a notebook runs.

The lock keeps it from sleeping by itself. It does not hold against a person, a closed lid or an
empty battery, and the screen may go dark.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

import structlog

from colab_cdp_agent.keep.wake_lock import Answer, WakeLock

TAKE_WITHIN_S = 10.0
RELEASE_WITHIN_S = 5.0
LINGER_S = 60.0
"""How long the lock outlasts the last run: a phone is told of the end before the computer sleeps,
and cells that follow each other share one lock."""
RENEW_EVERY_S = 1800.0
"""A desktop that was restarted has forgotten its locks, and tells nobody."""
RETRY_EVERY_S = 1800.0
SILENT = Answer(reason=f"it has not answered within {TAKE_WITHIN_S:.0f} s")

State = Literal["off", "not_needed", "held", "failed"]

log = structlog.get_logger()


class Awake:
    """Holds a lock against sleep while it is wanted; that none can be had here is a state.

    Args:
        on: false: nothing is ever done.
        changed: called after each change of `state` or `reason`.

    Attributes:
        state: `failed` is wanted, and not to be had.
        reason: why it failed, in a few words; None in every other state.

    """

    def __init__(self, *, on: bool, changed: Callable[[], None] = lambda: None) -> None:
        self.state: State = "not_needed" if on else "off"
        self.reason: str | None = None
        self._changed = changed
        self._wanted, self._unwanted = asyncio.Event(), asyncio.Event()
        self._lock: WakeLock | None = None
        self._silent: WakeLock | None = None
        self._answer = Answer()
        self._due = float("-inf")

    @property
    def says(self) -> str:
        """A few words for a person."""
        if self.state == "held":
            return "kept awake"
        why = {"off": "awake is off", "not_needed": "nothing runs"}.get(self.state, self.reason)
        return f"may go to sleep: {why}"

    def want(self, wanted: bool) -> None:  # noqa: FBT001 - the name says what it means
        """Say whether a notebook runs; returns at once."""
        now, past = (self._wanted, self._unwanted) if wanted else (self._unwanted, self._wanted)
        now.set()
        past.clear()

    async def run(self) -> None:
        """Take the lock when it is wanted and give it back after, until cancelled.

        Whatever ends this, the lock is given back. Returns at once where it is off.
        """
        if self.state == "off":
            return
        try:
            while True:
                await self._wanted.wait()
                await self._keep_awake()
        finally:
            await self._give_back()

    async def _keep_awake(self) -> None:
        """Have the lock until it is due anew, or until it has not been wanted for a while."""
        if _now() >= self._due:
            await self._take()
        self._tell("failed" if self._lock is None else "held", self._answer.reason)
        if not await _set_within(self._due - _now(), self._unwanted):
            return
        if self._lock is None or not await _set_within(LINGER_S, self._wanted):
            await self._give_back()

    async def _take(self) -> None:
        """Take a new lock, and only then give back the old: the computer may wait for the gap."""
        complained = self._answer.reason
        old, self._lock = self._lock, None
        try:
            self._answer = await self._ask()
        finally:
            await _release(old)
        self._due = _now() + (RETRY_EVERY_S if self._lock is None else RENEW_EVERY_S)
        if self._lock is None and self._answer.reason != complained:
            reason = self._answer.reason
            log.warning("this computer may go to sleep while a notebook runs", reason=reason)

    async def _ask(self) -> Answer:
        """Ask the computer for a lock; while an earlier question hangs, no other is asked."""
        if self._silent is not None and not self._silent.ended.done():
            return SILENT
        lock = WakeLock()
        lock.take()
        try:
            async with asyncio.timeout(TAKE_WITHIN_S):
                answer = await asyncio.wrap_future(lock.taken)
        except TimeoutError:
            self._silent = lock
            return SILENT
        else:
            if answer.way is not None:
                self._lock = lock
            return answer
        finally:
            if self._lock is not lock:
                lock.release()

    async def _give_back(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            self._due = float("-inf")
        await _release(lock)
        self._tell("not_needed", None)

    def _tell(self, state: State, reason: str | None) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._changed()


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _set_within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event, and return whether it was set in time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def _release(lock: WakeLock | None) -> None:
    """Give a lock back, and wait until it is: for a while, its thread goes on by itself."""
    if lock is None:
        return
    lock.release()
    try:
        async with asyncio.timeout(RELEASE_WITHIN_S):
            await asyncio.wrap_future(lock.ended)
    except TimeoutError:
        log.info("the lock against sleep is given back later", waited_s=RELEASE_WITHIN_S)
    except RuntimeError as error:
        log.info("the lock against sleep was gone before it was given back", reason=str(error))
