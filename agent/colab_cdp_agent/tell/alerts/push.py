"""The way out: one message through one channel, in a process of its own.

Apprise stays out of the agent: it would cost 28 MiB of memory from the first alert on, a third of
a second in which nothing else runs well, and a call that hangs could not be ended. The address
goes through a pipe, never onto a command line.
"""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from colab_cdp_agent.children import apart, clean_environment
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.tell.alerts.order import Message, Order, Outcome

LIMIT_S: Final = 60.0
MODULE: Final = "colab_cdp_agent.tell.alerts.apprise_process"


class Push:
    """One channel; a message at a time.

    Args:
        url: its address.

    """

    def __init__(self, url: PushUrl) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"push {url.channel}")

    async def send(self, message: Message) -> Outcome:
        """Send a message, and return how that went; who is cancelled ends the process."""
        return await self._ask(Order(self._url.reveal(), message))

    async def check(self) -> Outcome:
        """Return whether Apprise can read the address, without sending anything."""
        return await self._ask(Order(self._url.reveal(), None))

    async def _ask(self, order: Order) -> Outcome:
        call = _Call(msgspec.json.encode(order))
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, call.run)
        finally:
            call.give_up()


class _Call:
    """One process, from start to end, in a thread; another may end it."""

    def __init__(self, order: bytes) -> None:
        self._order = order
        self._lock = threading.Lock()
        self._given_up = False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> Outcome:
        """Return how it went, within a minute."""
        try:
            process = self._start()
        except OSError as error:
            return Outcome("refused", f"no process could be started: {error.strerror}")
        if process is None:
            return Outcome("refused", "ended with the agent")
        with process:
            try:
                answer, _ = process.communicate(self._order, LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                return Outcome("unreachable", f"no answer within {LIMIT_S:.0f} s")
        try:
            return msgspec.json.decode(answer, type=Outcome)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Outcome("refused", f"Apprise ended with {process.returncode}")

    def give_up(self) -> None:
        """End the process, if it runs."""
        with self._lock:
            self._given_up = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._given_up:
                return None
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", MODULE],
                env=clean_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Ctrl+C is for the agent, which ends this one itself.
                **apart(),
            )
            return self._process
