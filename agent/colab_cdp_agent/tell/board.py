"""The board: the latest value of every retained topic, and the events that wait to be sent.

State flows to the broker, not messages: what was overwritten before it was sent is not sent, and
everything that still stands is sent again after a reconnect.
"""

import asyncio
import time
from collections import deque

EVENTS_KEPT = 500
SHORTEST_INTERVAL_S = 1.0


class Board:
    """What is to be known of the agent; whoever changes it never waits.

    Attributes:
        dropped: how many events were lost because the queue was full.

    """

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self._changed: dict[str, None] = {}  # in order of change
        self._leaving: set[str] = set()
        self._events: deque[tuple[str, bytes]] = deque(maxlen=EVENTS_KEPT)
        self._sent_at: dict[str, float] = {}
        self._news = asyncio.Event()
        self.dropped = 0

    @property
    def values(self) -> dict[str, bytes]:
        """What stands on the board, by topic."""
        return dict(self._values)

    def set(self, topic: str, payload: bytes) -> None:
        """Put up a value; an empty one stands for a topic that the broker is to hold nothing of."""
        self._leaving.discard(topic)
        if self._values.get(topic) == payload:
            return
        self._values[topic] = payload
        self._changed[topic] = None
        self._news.set()

    def remove(self, topic: str) -> None:
        """Take a topic down, at the broker too; once that is done it is forgotten."""
        self._leaving.add(topic)
        self._values[topic] = b""
        self._changed[topic] = None
        self._news.set()

    def say(self, topic: str, payload: bytes) -> None:
        """Queue an event; the oldest goes when the queue is full, and is counted."""
        if len(self._events) == EVENTS_KEPT:
            self.dropped += 1
        self._events.append((topic, payload))
        self._news.set()

    def repeat_all(self) -> None:
        """Take note that a broker knows nothing: everything is to be sent again."""
        self._changed = dict.fromkeys(self._values)
        self._sent_at.clear()
        self._news.set()

    async def due(self) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
        """Wait for news, and return the values and the events that are to be sent now.

        No topic's value is returned twice within a second. What is returned is still on the
        board until `sent` says that it arrived.
        """
        while True:
            now = time.monotonic()
            ready = [topic for topic in self._changed if self._ripe_at(topic) <= now]
            if ready or self._events:
                return [(topic, self._values[topic]) for topic in ready], list(self._events)
            self._news.clear()
            ripe = min((self._ripe_at(topic) for topic in self._changed), default=None)
            try:
                async with asyncio.timeout(None if ripe is None else ripe - now):
                    await self._news.wait()
            except TimeoutError:
                continue

    def sent(self, topic: str, payload: bytes) -> None:
        """Take note that a value reached the broker."""
        if topic not in self._values:
            return
        self._sent_at[topic] = time.monotonic()
        if self._values[topic] == payload:
            self._changed.pop(topic, None)
            if topic in self._leaving:
                self._leaving.remove(topic)
                del self._values[topic], self._sent_at[topic]

    def said(self, event: tuple[str, bytes]) -> None:
        """Take note that an event that was due reached the broker."""
        if self._events and self._events[0] is event:
            self._events.popleft()
        else:
            self.dropped -= 1  # the queue overflowed while it was on its way

    def _ripe_at(self, topic: str) -> float:
        return self._sent_at.get(topic, -SHORTEST_INTERVAL_S) + SHORTEST_INTERVAL_S
