"""What the notebooks of one agent know of each other, and of the computer that they share."""

from colab_cdp_agent.watch.clock import Slept
from colab_cdp_protocols.mqtt import Connection

TOGETHER_S = 10.0
"""Connections that are lost within so many seconds are lost together."""


class Company:
    """All sessions of one agent.

    Attributes:
        connected: the sessions that have a runtime.
        slept: the last time that the computer slept, or the agent stood still.

    """

    def __init__(self) -> None:
        self.connected: set[str] = set()
        self.slept: Slept | None = None
        self._lost_at: dict[str, float] = {}

    def take(self, session: str, connection: Connection, at: float) -> None:
        """Take note of a session's connection, at a moment of any one clock."""
        if connection == "connected":
            self.connected.add(session)
        elif connection != "unknown" and session in self.connected:
            self.connected.discard(session)
            self._lost_at[session] = at

    def lost_together(self, session: str, at: float) -> int:
        """Return how many other sessions lost their connection at about that moment."""
        return sum(
            abs(moment - at) <= TOGETHER_S
            for other, moment in self._lost_at.items()
            if other != session
        )

    def forget(self, session: str) -> None:
        """Take note that a session is no more."""
        self.connected.discard(session)
        self._lost_at.pop(session, None)
