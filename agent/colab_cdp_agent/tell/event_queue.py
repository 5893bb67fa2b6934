"""The queue of events: bounded, in order, each told once."""

import asyncio
from collections import deque

import msgspec

EVENTS_KEPT = 500


class Event(msgspec.Struct, frozen=True, eq=False):
    """Something that happened, as it is to be published."""

    topic: str
    payload: bytes
    qos: int = 1


class EventQueue:
    """Events that wait to be sent; whoever adds one never waits.

    Attributes:
        dropped: how many were lost because the queue was full.

    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._news = asyncio.Event()
        self._rest = asyncio.Event()
        self._rest.set()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, topic: str, payload: bytes, *, qos: int = 1) -> None:
        """Queue an event; the oldest goes when the queue is full, and is counted."""
        if len(self._events) == EVENTS_KEPT:
            self.dropped += 1
        self._events.append(Event(topic, payload, qos))
        self._news.set()
        self._rest.clear()

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
        if not self._events:
            self._rest.set()

    async def empty(self) -> None:
        """Wait until every event was sent."""
        await self._rest.wait()
