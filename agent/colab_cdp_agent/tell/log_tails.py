"""The tails of the logs: what each session printed last, counted, in batches."""

import asyncio
from collections import deque
from collections.abc import Iterable

from colab_cdp_agent.spoken import shortened
from colab_cdp_protocols import mqtt

LINES_KEPT = 200
LONGEST_LINE = 500
"""In characters. A batch stays below the 1 MB that nats-server takes in a message."""


class LogTails:
    """The newest lines of each topic that were not sent yet; whoever adds some never waits."""

    def __init__(self) -> None:
        self._tails: dict[str, _Tail] = {}
        self._news = asyncio.Event()

    def add(self, topic: str, lines: Iterable[str], skipped: int = 0) -> None:
        """Add lines, of which so many before the first are skipped.

        When there are too many the oldest are left out, and a long one is cut short.
        """
        tail = self._tails.setdefault(topic, _Tail())
        tail.skip(skipped)
        for line in lines:
            tail.add(line)
        if tail.lines:
            self._news.set()

    def forget(self, topic: str) -> None:
        """Forget a topic, and how many lines it had."""
        self._tails.pop(topic, None)

    def drop(self) -> None:
        """Drop the lines that nobody could hear; they stay counted."""
        for tail in self._tails.values():
            tail.lines.clear()

    async def due(self) -> list[tuple[str, bytes]]:
        """Wait until there are lines, and take them: a batch for each topic that has some."""
        while not any(tail.lines for tail in self._tails.values()):
            self._news.clear()
            await self._news.wait()
        return [(topic, tail.take()) for topic, tail in self._tails.items() if tail.lines]


class _Tail:
    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._count = 0

    def add(self, line: str) -> None:
        self.lines.append(shortened(line, LONGEST_LINE))
        self._count += 1

    def skip(self, count: int) -> None:
        """Take note of lines that are not at hand any more."""
        if count:
            self._count += count
            self.lines.clear()  # a batch has no holes

    def take(self) -> bytes:
        """Return the lines as a payload, and keep none."""
        batch = mqtt.Log(self._count - len(self.lines), tuple(self.lines))
        self.lines.clear()
        return mqtt.encode(batch)
