"""One lock against the computer's sleep, held in a thread of its own.

wakepy wants a lock entered and left by one thread, and a D-Bus that hangs is waited for without
end. So each lock has a thread, a daemon: one that hangs keeps nobody from ending. What a killed
process held the system takes back: the bus by the end of the connection, macOS by the end of a
pipe, Windows by the end of the thread.
https://wakepy.readthedocs.io/stable/methods-reference.html
"""

import os
import threading
from concurrent.futures import Future
from typing import Any

import msgspec

from colab_cdp_agent.spoken import shortened

NO_SESSION_BUS = "there is no D-Bus session here"
NO_SERVICE = "no D-Bus service here can keep it awake"
LONGEST_REASON = 160


class Answer(msgspec.Struct, frozen=True):
    """By which way the computer is kept awake, or why by none; `tried` are the ways that failed."""

    way: str | None = None
    reason: str | None = None
    tried: tuple[str, ...] = ()


class WakeLock:
    """A lock that is taken once and released once.

    Attributes:
        taken: how the computer answered; the lock is held where the answer names a way.
        ended: done when the thread is over, and the lock with it; holds the RuntimeError of a
            lock that could not be given back in order, which has ended all the same.

    """

    def __init__(self) -> None:
        self.taken: Future[Answer] = Future()
        self.ended: Future[None] = Future()
        self._release = threading.Event()

    def take(self) -> None:
        """Ask for the lock, and return at once."""
        for told in (self.taken, self.ended):
            told.set_running_or_notify_cancel()  # who stops waiting cancels no thread
        threading.Thread(target=self._live, name="wake lock", daemon=True).start()

    def release(self) -> None:
        """Give the lock back as soon as that can be done, and return at once."""
        self._release.set()

    def _live(self) -> None:
        try:
            self._hold()
        except Exception as error:  # noqa: BLE001 - it leaves in the task that waits, not here
            if not self.taken.done():
                self.taken.set_exception(error)
            self.ended.set_exception(error)
        else:
            self.ended.set_result(None)

    def _hold(self) -> None:
        try:
            from wakepy import keep  # noqa: PLC0415 - 50 ms that no start has to wait for
        except ImportError as error:
            self.taken.set_result(Answer(reason=f"wakepy cannot be imported: {error}"))
            return
        bus = _session_bus()
        ways: Any = [lambda: bus]  # wakepy asks for classes, and calls them
        try:
            with keep.running(on_fail="pass", dbus_adapter=ways) as mode:
                tried = tuple(
                    f"{each.method_name}: {each.failure_reason}"
                    for each in mode.result.list_methods(ignore_unused=True)
                    if not each.success
                )
                if mode.active_method is None:
                    self.taken.set_result(Answer(reason=_reason(tried), tried=tried))
                else:
                    self.taken.set_result(Answer(mode.active_method.name, tried=tried))
                    self._release.wait()
        finally:
            if bus is not None:
                bus.close_connections()  # wakepy leaves it open where a call failed


def _session_bus() -> Any:
    """Return wakepy's own way to the session bus, or None on a system that has no D-Bus."""
    try:
        from wakepy import JeepneyDBusAdapter  # noqa: PLC0415 - as above
    except ImportError:
        return None
    return JeepneyDBusAdapter()


def _reason(tried: tuple[str, ...]) -> str:
    """Return in a few words why no way is open."""
    if all(way.startswith("org.") for way in tried):
        return NO_SERVICE if "DBUS_SESSION_BUS_ADDRESS" in os.environ else NO_SESSION_BUS
    return shortened(" ".join(tried[0].split()), LONGEST_REASON)
