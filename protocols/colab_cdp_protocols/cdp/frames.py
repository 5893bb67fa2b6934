"""Frames of the protocol: commands out; replies, refusals and events in.

Flat sessions: a frame that belongs to an attached target names its `sessionId`.

Source: https://chromedevtools.github.io/devtools-protocol/tot/
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from colab_cdp_protocols import json_text

T = TypeVar("T")

NAVIGATED = "Inspected target navigated or closed"
NO_CONTEXT = "Cannot find context with specified id"
NO_SESSION = -32001
INTERNAL_ERROR = -32603


class MalformedFrameError(Exception):
    """A frame is not a CDP message; `str` says what was wrong with it."""


class Command(msgspec.Struct, Generic[T], frozen=True):
    """One call of a CDP method whose result has type `T`."""

    method: str
    params: Mapping[str, Any]
    result: Any = Any

    def encode(self, number: int, session: str | None) -> bytes:
        """Return the text frame of this command under its number, in a session or at the root."""
        frame: dict[str, Any] = {"id": number, "method": self.method, "params": self.params}
        if session is not None:
            frame["sessionId"] = session
        return _encoder.encode(frame)

    def parse(self, result: msgspec.Raw) -> T:
        """Return the command's result as its type.

        Raises:
            MalformedFrameError: the browser's answer has another shape.

        """
        try:
            value: T = json_text.decode(result, self.result)
        except (msgspec.DecodeError, RecursionError) as error:
            raise MalformedFrameError(f"{self.method} answered something else: {error}") from error
        return value


class Reply(msgspec.Struct, frozen=True):
    """The answer to the command of that number; `result` is still JSON."""

    number: int
    result: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True):
    """The browser's refusal of the command of that number."""

    number: int
    code: int
    message: str


class Event(msgspec.Struct, frozen=True):
    """Something that happened, in a session or (None) in the browser."""

    method: str
    params: msgspec.Raw
    session: str | None


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Frame(msgspec.Struct):
    id: int | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"{}")
    error: _Error | None = None
    sessionId: str | None = None  # noqa: N815 - the protocol's own spelling


_encoder = msgspec.json.Encoder()


def decode(frame: str | bytes) -> Reply | Refusal | Event:
    """Return what one frame of the browser says.

    Half of a UTF-16 pair, which JavaScript allows in a text, is read as U+FFFD.

    Raises:
        MalformedFrameError: the frame is no JSON object with an `id` or a `method`.

    """
    try:
        message = json_text.decode(frame, _Frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedFrameError(f"not a CDP frame: {error}") from error
    if message.id is not None:
        if message.error is not None:
            return Refusal(message.id, message.error.code, message.error.message)
        return Reply(message.id, message.result)
    if message.method is not None:
        return Event(message.method, message.params, message.sessionId)
    raise MalformedFrameError("not a CDP frame: neither an id nor a method in it")


def params(event: Event, shape: type[T]) -> T:
    """Return an event's parameters as one of the shapes in `events`.

    Raises:
        MalformedFrameError: they have another shape.

    """
    try:
        return json_text.decode(event.params, shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedFrameError(f"{event.method} carried something else: {error}") from error
