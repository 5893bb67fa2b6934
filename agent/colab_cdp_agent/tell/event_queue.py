"""The queue of events: bounded, in order, each told once."""

import asyncio
from collections import deque

import msgspec

EVENTS_KEPT = 500


class Event(msgspec.Struct, frozen=True, eq=False):
    """Something that happened, as it is to be published."""

    topic: str
    payload: bytes


class EventQueue:
    """Events that wait to be sent; whoever adds one never waits.

    Attributes:
        dropped: how many were lost because the queue was full.

    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._news = asyncio.Event()
        self.dropped = 0

    def add(self, topic: str, payload: bytes) -> None:
        """Queue an event; the oldest goes when the queue is full, and is counted."""
        if len(self._events) == EVENTS_KEPT:
            self.dropped += 1
        self._events.append(Event(topic, payload))
        self._news.set()

    async def due(self) -> Event:
        """Wait until there is an event, and return the oldest; it stays until it was `sent`."""
        while not self._events:
            self._news.clear()
            await self._news.wait()
        return self._events[0]

    def sent(self, event: Event) -> None:
        """Take note that an event that was due reached the broker."""
        if self._events and self._events[0] is event:
            self._events.popleft()
        else:
            self.dropped -= 1  # the queue overflowed while it was on its way
