"""The ghosts: what a broker retains below our name, and nobody stands behind any more.

An earlier version had other topics, a crash left some, a stray client retained a request. They are
heard on a connection of their own: on that of the publisher everything would come twice.
"""

import asyncio
from contextlib import suppress

import structlog

from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.connection import Connection, Message, connect
from colab_cdp_agent.tell.link import BrokerLostError, BrokerRefusedError, Link
from colab_cdp_protocols import mqtt

LISTEN_S = 5.0
"""How long is listened; what stands on the board by then is no ghost."""
MOST_GHOSTS = 5000
"""How many are cleared after one connect; those beyond are after the next."""

log = structlog.get_logger()


class Ghosts:
    """Clears what is retained below one agent's name and does not stand on its board.

    Args:
        root, agent: the first levels of the agent's topics.
        board: what stands there.

    """

    def __init__(self, root: str, agent: str, board: Board) -> None:
        self._below = mqtt.BELOW_AGENT.format(root=root, agent=agent)
        self._status = mqtt.STATUS.at(root=root, agent=agent)
        self._devices = mqtt.DISCOVERY.filter(agent=agent)
        self._board = board

    async def clear(self, link: Link) -> None:
        """Listen for a while, and clear; where the broker is lost meanwhile nothing is cleared."""
        heard: set[str] = set()
        try:
            async with connect(link) as connection:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LISTEN_S):
                        await self._hear(connection, heard)
        except (BrokerLostError, BrokerRefusedError) as error:
            log.debug("what the broker retains was not heard", error=str(error))
            return
        standing = {topic for topic, payload in self._board.values.items() if payload}
        ghosts = heard - standing - {self._status}
        if ghosts:
            log.info("what an earlier run left at the broker is cleared", topics=len(ghosts))
        for ghost in ghosts:
            self._board.remove(ghost)

    async def _hear(self, connection: Connection, heard: set[str]) -> None:
        await connection.subscribe(f"{self._below}#", self._devices)
        async for message in connection.messages():
            if message.retained and len(heard) < MOST_GHOSTS and self._is_ours(message):
                heard.add(message.topic)

    def _is_ours(self, message: Message) -> bool:
        """Return whether a topic is below our name, or what it holds is a device of ours.

        An agent of our name below another root has devices too; the status in them is its own.
        """
        if message.topic.startswith(self._below):
            return True
        return f'"{self._status}"'.encode() in message.payload
