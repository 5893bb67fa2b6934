"""What the notebooks of one agent know of each other, and of the computer that they share."""

from colab_cdp_agent.watch.clock import Slept
from colab_cdp_protocols.mqtt import Connection

TOGETHER_S = 10.0
"""Connections that are lost within so many seconds are lost together."""


class Company:
    """All sessions of one agent.

    Attributes:
        slept: the last time that the computer slept, or the agent stood still.

    """

    def __init__(self) -> None:
        self.slept: Slept | None = None
        self._connected: dict[str, str] = {}  # the browser of each session that has a runtime
        self._lost_at: dict[str, float] = {}

    def take(self, session: str, connection: Connection, at: float, browser: str = "") -> None:
        """Take note of a session's connection, at a moment of any one clock."""
        if connection == "connected":
            self._connected[session] = browser
        elif connection != "unknown" and self._connected.pop(session, None) is not None:
            self._lost_at[session] = at

    def connected(self, browser: str = "") -> int:
        """Return how many sessions of a browser have a runtime: another one is another account."""
        return list(self._connected.values()).count(browser)

    def lost_together(self, session: str, at: float) -> int:
        """Return how many other sessions lost their connection at about that moment."""
        return sum(
            abs(moment - at) <= TOGETHER_S
            for other, moment in self._lost_at.items()
            if other != session
        )

    def forget(self, session: str) -> None:
        """Take note that a session is no more."""
        self._connected.pop(session, None)
        self._lost_at.pop(session, None)
