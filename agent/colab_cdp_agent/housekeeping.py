"""Housekeeping: what is over is taken down, and nothing outlives what it told of."""

import asyncio
from datetime import UTC, datetime

from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_agent.watch.browsers import Browsers
from colab_cdp_agent.watch.house import House

GHOSTS_AFTER_S = 5.0
EVERY_S = 60.0


class Housekeeping:
    """Takes down topics of an earlier run, and sessions that are gone for a day.

    Args:
        topics: where it is kept what is published, for the next start.
        board: what is published.
        bulletin: the states of all sessions.
        browsers: whose sessions they are.
        house: what these share.

    """

    def __init__(
        self,
        topics: TopicFile,
        board: Board,
        bulletin: Bulletin,
        browsers: Browsers,
        house: House,
    ) -> None:
        self._topics = topics
        self._board = board
        self._bulletin = bulletin
        self._browsers = browsers
        self._house = house

    async def run(self) -> None:
        """Keep house for as long as the agent runs."""
        await asyncio.sleep(GHOSTS_AFTER_S)
        known = await asyncio.to_thread(self._topics.read, datetime.now(UTC))
        for ghost in known - self._board.values.keys():
            self._board.remove(ghost)
        while True:
            for session in self._browsers.forget_old():
                await self._forget(session)
            await asyncio.to_thread(self._topics.write, tuple(self._board.values))
            await asyncio.sleep(EVERY_S)

    async def _forget(self, session: str) -> None:
        self._bulletin.forget(session)
        self._house.company.forget(session)
        self._house.archive.forget(session)
        await self._house.wishes.forget(session)
