"""The consent of a person, without which some browsers let no connection in.

Each handshake with such a browser raises a question in it, which waits for a click however long
it takes, also after the asker has left. So a question is raised once when the agent is started and
once each time a person asks for it, and never by itself: nobody shall find a heap of them.
"""

import uuid
from typing import Final, Literal

from colab_cdp_agent.chrome.browser import HandshakeRefusedError, NoAnswerError
from colab_cdp_protocols import mqtt

KIND: Final = "consent"
PATIENCE_S: Final = 120.0
AGAIN: Final = "to be asked again press Enter in the agent's terminal, or send the agent `refresh`"


class ConsentNeededError(Exception):
    """The browser asks a person at each connection, and may not be made to ask now."""


class Consent:
    """Whether a question may be raised in one browser, and what came of the last one.

    Attributes:
        state: `free`: one may be raised; `open`: one is on the screen; `given`: it was allowed,
            and the connection is held; `spent`: a person has to ask for the next one.

    """

    def __init__(self) -> None:
        self.state: Literal["free", "open", "given", "spent"] = "free"
        self._browser = ""
        self._why = ""

    def ask(self, browser: str) -> str:
        """Take the right to raise one question, and return what a person is to do.

        Raises:
            ConsentNeededError: there is none.

        """
        if self.state != "free":
            raise ConsentNeededError(self._why)
        self.state, self._browser = "open", browser
        return f"consent: click Allow in {browser}, which asks whether the agent may connect"

    def given(self) -> None:
        """Take note that there is a connection, where one was asked for."""
        if self.state == "open":
            self.state = "given"

    def ended(self, error: Exception) -> Exception:
        """Take note of how question or connection ended, and return what is to be said of it."""
        if self.state not in {"open", "given"}:
            return error
        asked, self.state, browser = self.state == "open", "spent", self._browser
        if asked and isinstance(error, HandshakeRefusedError):
            self._why = f"consent: it was refused in {browser}; {AGAIN}"
        elif asked and isinstance(error, NoAnswerError):
            self._why = (
                f"consent: nobody clicked Allow in {browser} within {PATIENCE_S:g} s; "
                f"close the old question there; {AGAIN}"
            )
        else:
            self._why = f"consent: {browser} asks anew for each connection; {AGAIN}"
            return error
        return ConsentNeededError(self._why)

    def renew(self) -> bool:
        """Give the right to one more question, as a person asked; false where none is needed."""
        if self.state != "spent":
            return False
        self.state = "free"
        return True


class Notice:
    """What a person is told of it: that they are needed, once, and that they are no more."""

    def __init__(self) -> None:
        self._stands = False

    def take(self, info: mqtt.ChromeInfo) -> mqtt.Happening | None:
        """Return what is to be told now that it stands so with the browser."""
        if info.state == "needs_you" and not self._stands:
            self._stands = True
            return self._happening(info, "alert", info.reason or "")
        if info.state == "connected" and self._stands:
            self._stands = False
            return self._happening(info, "info", "Over: consent")
        return None

    def _happening(
        self, info: mqtt.ChromeInfo, severity: mqtt.Severity, text: str
    ) -> mqtt.Happening:
        return mqtt.Happening(uuid.uuid4().hex, info.since, KIND, severity, text)
