"""Someone who follows a broker of several machines, with the project's own link and retry loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle

from colab_cdp_agent.config import Mqtt
from colab_cdp_agent.retry import keep
from colab_cdp_agent.tell.connection import connect
from colab_cdp_agent.tell.link import BrokerLostError, Link, configured_links


class Watcher:
    """Hears everything below a topic, from whichever machine of the broker answers.

    Attributes:
        values: the latest value of each topic; an empty one is taken out.
        reached: where it was connected, in order.

    """

    def __init__(self, settings: Mqtt, topics: str = "colab/#", start: int = 0) -> None:
        self.values: dict[str, bytes] = {}
        self.reached: list[str] = []
        links = configured_links(settings)
        self._links: Iterator[Link] = cycle((*links[start:], *links[:start]))
        self._topics = topics

    async def run(self) -> None:
        """Follow for ever."""
        await keep(
            self._follow, on=(BrokerLostError,), failed=lambda _: None, first=0.1, longest=0.5
        )

    async def _follow(self) -> None:
        link = next(self._links)
        async with connect(link) as connection:
            await connection.subscribe(self._topics)
            self.reached.append(link.where)
            async for message in connection.messages():
                if message.payload:
                    self.values[message.topic] = message.payload
                else:
                    self.values.pop(message.topic, None)


@asynccontextmanager
async def watching(*watchers: Watcher) -> AsyncIterator[None]:
    """Follow for as long as the block runs; a watcher that fails, fails it."""
    tasks = [asyncio.create_task(watcher.run()) for watcher in watchers]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
