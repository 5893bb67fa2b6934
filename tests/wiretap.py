"""A wiretap between the agent and Chrome: everything passes, and every command is written down."""

import json
from collections import Counter
from typing import Any

from relay import Relay
from websocket_frames import TEXT

HARMLESS = frozenset(
    {
        "Browser.getVersion of the browser",
        "Network.enable",
        "Page.createIsolatedWorld",
        "Page.getFrameTree",
        "Runtime.callFunctionOn",
        "Runtime.releaseObjectGroup",
        "Target.attachToTarget of the browser",
        "Target.detachFromTarget of the browser",
        "Target.setAutoAttach",
        "Target.setDiscoverTargets of the browser",
    }
)
"""On a tab's session; at browser level an auto-attach would make a person's pop-ups hang."""


class Wiretap(Relay):
    """A relay to Chrome's debugging port, up from entry to exit.

    Attributes:
        methods: how often each method was called.

    """

    def __init__(self, chrome_port: int) -> None:
        super().__init__(chrome_port, self._take)
        self.methods: Counter[str] = Counter()

    def _take(self, opcode: int, body: bytes) -> None:
        if opcode == TEXT:
            command: dict[str, Any] = json.loads(body)
            whose = "" if "sessionId" in command else " of the browser"
            self.methods[command["method"] + whose] += 1
