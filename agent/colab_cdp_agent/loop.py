"""The event loop of every command: one that waits for sockets, and wakes up for signals."""

import asyncio
import signal
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

READ_BYTES = 4096


class Loop(asyncio.SelectorEventLoop):
    """A selector loop on every system: aiomqtt needs one, and Windows has another by default.

    On Windows a wait for sockets is not interrupted by Ctrl+C: its handler would run when the next
    timer does. So Python writes a byte for each signal, and the loop reads it.
    https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
    """

    def run_forever(self) -> None:
        """Run until stopped; a signal is handled at once."""
        if threading.current_thread() is not threading.main_thread():
            super().run_forever()  # signals are the main thread's
            return
        with self._waking():
            super().run_forever()

    @contextmanager
    def _waking(self) -> Iterator[None]:
        ours, its = socket.socketpair()
        with ours, its:
            for end in (ours, its):
                end.settimeout(0)
            self.add_reader(ours, lambda: ours.recv(READ_BYTES))
            # A buffer that is full holds enough to wake up for.
            before = signal.set_wakeup_fd(its.fileno(), warn_on_full_buffer=False)
            try:
                yield
            finally:
                signal.set_wakeup_fd(before)
                self.remove_reader(ours)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end, and return what it returns."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(work)
