"""`colab-cdp-agent watch`: a broker, followed without end, and shown."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from rich.console import Console
from rich.live import Live

from colab_cdp_agent.remote.news import Change
from colab_cdp_agent.remote.station import Station
from colab_cdp_agent.remote.table import Table
from colab_cdp_agent.remote.unread import LatestOfEach
from colab_cdp_agent.retry import keep
from colab_cdp_agent.tell.connection import Connection, connect
from colab_cdp_agent.tell.link import BrokerLostError, BrokerRefusedError, Link

REFRESH_S = 0.5
RETRY_FIRST_S, RETRY_LONGEST_S = 0.5, 4.0


log = structlog.get_logger()

FindBroker = Callable[[], Awaitable[Link]]
"""Finds the broker, which may be another each time; BrokerLostError where there is none."""


class Watch:
    """Follows every agent on a broker.

    Args:
        station: what is known.
        find: finds the broker.
        told: is given each change.

    """

    def __init__(
        self,
        station: Station,
        find: FindBroker,
        told: Callable[[Change], None],
    ) -> None:
        self._station = station
        self._find = find
        self._told = told
        self._welcome = False
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Follow for ever; a broker that is not there is waited for.

        Raises:
            BrokerRefusedError: the broker refused the login, the first time already.

        """
        await keep(
            self._follow,
            on=(BrokerLostError,),
            failed=self._lose,
            first=RETRY_FIRST_S,
            longest=RETRY_LONGEST_S,
        )

    async def _follow(self) -> None:
        """Connect, and hear every agent until the broker is gone."""
        link = await self._find()
        try:
            async with connect(link, unread=LatestOfEach) as connection:
                await connection.subscribe(*self._station.filters)
                self._welcome = True
                self._told(self._station.reached(link.where, datetime.now(UTC)))
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._hear(connection), name="hear")
                    tasks.create_task(self._ask(connection), name="ask for states")
        except BrokerRefusedError as error:
            if self._welcome:
                raise BrokerLostError(str(error)) from error
            raise

    async def _hear(self, connection: Connection) -> None:
        """Take message after message."""
        known = len(self._station.agents)
        async for message in connection.messages():
            changes = self._station.hear(
                message.topic, message.payload, retained=message.retained, at=datetime.now(UTC)
            )
            for change in changes:
                self._told(change)
            if len(self._station.agents) != known:
                known = len(self._station.agents)
                self._news.set()

    async def _ask(self, connection: Connection) -> None:
        """Ask for the states of each agent when it shows.

        All at once would be more than a broker keeps for one client that is slow.
        """
        asked: set[str] = set()
        while True:
            for agent in self._station.agents.keys() - asked:
                asked.add(agent)
                await connection.subscribe(self._station.states_of(agent))
            await self._news.wait()
            self._news.clear()

    def _lose(self, error: Exception) -> None:
        change = self._station.lose(str(error), datetime.now(UTC))
        if change is not None:
            self._told(change)


async def show_table(station: Station, find: FindBroker, console: Console) -> None:
    """Show a table of what is known, until cancelled; the last one stays on the terminal.

    Raises:
        BrokerRefusedError: the broker refused the login, the first time already.

    """
    table = Table(station, console)
    watching = asyncio.create_task(Watch(station, find, lambda _change: None).run(), name="watch")
    try:
        with Live(console=console, auto_refresh=False, screen=True) as live:
            while not watching.done():
                live.update(table.draw(datetime.now(UTC)), refresh=True)
                await asyncio.wait({watching}, timeout=REFRESH_S)
        await watching
    except asyncio.CancelledError:
        console.print(table.draw(datetime.now(UTC)))
        raise
    finally:
        watching.cancel()
        await asyncio.wait({watching})


async def show_lines(
    station: Station, find: FindBroker, line: Callable[[Change], str | None]
) -> None:
    """Write a line for each change that has one, until cancelled or until nobody reads.

    Raises:
        BrokerRefusedError: the broker refused the login, the first time already.

    """

    def tell(change: Change) -> None:
        text = line(change)
        if text is not None:
            write(text)

    try:
        await Watch(station, find, tell).run()
    except* BrokenPipeError as gone:
        log.debug("nobody reads any more", error=str(gone))


def write(line: str) -> None:
    """Write a line to whoever reads standard output.

    Raises:
        BrokenPipeError: nobody does any more.

    """
    sys.stdout.buffer.write(line.encode(sys.stdout.encoding, "replace") + b"\n")
    sys.stdout.buffer.flush()
