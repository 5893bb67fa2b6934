"""The person in front of the browser: another debugging client on a socket of its own."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self, TypeVar

from websockets.sync.client import ClientConnection, connect

from chromium import Chromium

T = TypeVar("T")

CALL_LIMIT_S = 10.0
UNTIL_LIMIT_S = 15.0


class Person(ExitStack):
    """One client of the whole browser; what it attaches to is left when it leaves."""

    def __init__(self, chromium: Chromium) -> None:
        super().__init__()
        self._chromium = chromium
        self._socket: ClientConnection
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        address = self._chromium.get("/json/version")["webSocketDebuggerUrl"]
        link = connect(address, max_size=None, compression=None, close_timeout=1)
        self._socket = self.enter_context(link)
        return self

    def send(self, method: str, session: str | None = None, **params: Any) -> int:
        """Send a command without waiting for its answer, and return its number."""
        self._last += 1
        frame = {"id": self._last, "method": method, "params": params}
        self._socket.send(json.dumps(frame | ({"sessionId": session} if session else {})))
        return self._last

    def call(self, method: str, session: str | None = None, **params: Any) -> Any:
        """Return the result of one command."""
        number = self.send(method, session, **params)
        deadline = time.monotonic() + CALL_LIMIT_S
        while True:
            message = json.loads(self._socket.recv(max(0.0, deadline - time.monotonic())))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def attach(self, target: str) -> str:
        """Open a session to a target and return it."""
        session: str = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        return session

    def evaluate(self, session: str, expression: str) -> Any:
        """Return the JSON value of an expression in the page."""
        result = self.call(
            "Runtime.evaluate",
            session,
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def targets(self) -> dict[str, dict[str, Any]]:
        """Return every target by its id; `attached` says whether any client has a session."""
        return {info["targetId"]: info for info in self.call("Target.getTargets")["targetInfos"]}

    def event(self, method: str, session: str | None = None) -> dict[str, Any]:
        """Return the parameters of an event that came, or comes, in a session."""
        deadline = time.monotonic() + CALL_LIMIT_S
        while True:
            for message in self.events:
                if message["method"] == method and message.get("sessionId") == session:
                    params: dict[str, Any] = message["params"]
                    return params
            message = json.loads(self._socket.recv(max(0.0, deadline - time.monotonic())))
            if "method" in message:
                self.events.append(message)


def eventually(holds: Callable[..., T], limit: float = UNTIL_LIMIT_S, *, every: float = 0.05) -> T:
    """Return what is looked for as soon as it is truthy, looked at every so many seconds."""
    deadline = time.monotonic() + limit
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {limit:g} s"
        time.sleep(every)
    return found
