"""Reading and acting on a tab from a test, over one debugging connection per call."""

import json
import time
from typing import Any

from websockets.sync.client import connect

CALL_LIMIT_S = 20.0
UNTIL_LIMIT_S = 30.0


def call(port: int, target: str, method: str, **params: Any) -> Any:
    """Return the result of one CDP command on a target."""
    uri = f"ws://127.0.0.1:{port}/devtools/page/{target}"
    with connect(uri, max_size=None, compression=None, close_timeout=1) as connection:
        connection.send(json.dumps({"id": 1, "method": method, "params": params}))
        while True:
            answer = json.loads(connection.recv(CALL_LIMIT_S))
            if answer.get("id") == 1:
                assert "error" not in answer, answer
                return answer["result"]


def evaluate(port: int, target: str, expression: str) -> Any:
    """Return the JSON value of an expression, awaited if it is a promise."""
    result = call(
        port,
        target,
        "Runtime.evaluate",
        expression=expression,
        awaitPromise=True,
        returnByValue=True,
    )
    assert "exceptionDetails" not in result, result["exceptionDetails"]
    return result["result"].get("value")


def until(port: int, target: str, condition: str, limit: float = UNTIL_LIMIT_S) -> Any:
    """Return the value of a JavaScript expression as soon as it is truthy."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        value = evaluate(port, target, condition)
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"never became true: {condition}")
