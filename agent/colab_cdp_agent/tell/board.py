"""The board: the latest value of every retained topic; beside it what is told once.

State flows to the broker, not messages: what was overwritten before it was sent is not sent, and
everything that still stands is sent again after a reconnect.
"""

import asyncio
import math
import time
from collections.abc import Callable

from colab_cdp_agent.tell.event_queue import EventQueue
from colab_cdp_agent.tell.log_tails import LogTails

SHORTEST_INTERVAL_S = 1.0
BEAT_S = 0.05
"""What changes each second is due at common moments, so that one write and one read do for many."""


class Board:
    """What is to be known of the agent; whoever changes it never waits.

    Attributes:
        events: what happened, each told once.
        answers: what came of requests, each told once.
        logs: the last printed lines of each session, told while somebody can hear them.

    """

    def __init__(self) -> None:
        self.events = EventQueue()
        self.answers = EventQueue()
        self.logs = LogTails()
        self._values: dict[str, bytes] = {}
        self._changed: dict[str, None] = {}  # in order of change
        self._on_its_way: set[str] = set()
        self._leaving: set[str] = set()
        self._ripe_at: dict[str, float] = {}
        self._news = asyncio.Event()

    @property
    def values(self) -> dict[str, bytes]:
        """What stands on the board, by topic."""
        return dict(self._values)

    def set(self, topic: str, payload: bytes) -> None:
        """Put up a value; an empty one stands for a topic that the broker is to hold nothing of."""
        self._leaving.discard(topic)
        if self._values.get(topic) != payload:
            self._change(topic, payload)

    def remove(self, topic: str) -> None:
        """Take a topic down, at the broker too; once that is done it is forgotten."""
        self._leaving.add(topic)
        self._change(topic, b"")

    def repeat(self, wanted: Callable[[str], bool]) -> None:
        """Take note that the topics of which this is true are to be sent again."""
        self._changed |= dict.fromkeys(filter(wanted, self._values))
        self._news.set()

    def repeat_all(self) -> None:
        """Take note that a broker knows nothing: everything is to be sent again."""
        self._changed = dict.fromkeys(self._values)
        self._on_its_way.clear()
        self._ripe_at.clear()
        self._news.set()

    async def due(self) -> tuple[str, bytes]:
        """Wait until a value is to be sent, and return it with its topic.

        It is on its way from then on, until `sent` says that it arrived or `repeat_all` that it did
        not. While a topic's value is on its way, and for a second after, no other is due.
        """
        while True:
            now = time.monotonic()
            waiting = [topic for topic in self._changed if topic not in self._on_its_way]
            ready = next((topic for topic in waiting if self._ripe_at.get(topic, 0.0) <= now), None)
            if ready is not None:
                self._on_its_way.add(ready)
                return ready, self._values[ready]
            self._news.clear()
            ripe = min((self._ripe_at[topic] for topic in waiting), default=None)
            try:
                async with asyncio.timeout(None if ripe is None else ripe - now):
                    await self._news.wait()
            except TimeoutError:
                continue

    def sent(self, topic: str, payload: bytes) -> None:
        """Take note that a value reached the broker."""
        if topic not in self._on_its_way:
            return  # everything is being sent again already
        self._on_its_way.remove(topic)
        next_s = time.monotonic() + SHORTEST_INTERVAL_S
        self._ripe_at[topic] = math.ceil(next_s / BEAT_S) * BEAT_S
        if self._values[topic] == payload:
            del self._changed[topic]
            if topic in self._leaving:
                self._leaving.remove(topic)
                del self._values[topic], self._ripe_at[topic]
        else:
            self._news.set()

    def _change(self, topic: str, payload: bytes) -> None:
        self._values[topic] = payload
        self._changed[topic] = None
        self._news.set()
