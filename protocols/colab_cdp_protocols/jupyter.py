"""What a notebook's front end and its kernel say to each other, out of their WebSocket's frames.

A frame is recognised by what is in it, never by the socket's address: a page has other sockets, and
the address of one that was opened before we looked is not known.

Sources: https://jupyter-client.readthedocs.io/en/stable/messaging.html (messages),
https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html (frames)
"""

import struct
from typing import Any, TypeVar

import msgspec

from colab_cdp_protocols import json_text, wrapping

T = TypeVar("T")

LONGEST_ID = 256
"""Of a message, a session or a type. Many of them are remembered: what is longer is none."""


class MalformedContentError(Exception):
    """A message's content has another shape; `str` says which message, and what was wrong."""


class Header(msgspec.Struct, frozen=True, gc=False):
    """Who a message is: its own id, its type, and the session of the client it belongs to."""

    msg_id: str
    msg_type: str
    session: str = ""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message. `parent` is the request it answers, or None; `content` is still JSON.

    `channel` is "iopub", "shell", "stdin" or "control", and "" where the frame does not say.
    """

    channel: str
    header: Header
    parent: Header | None
    content: msgspec.Raw


class Status(msgspec.Struct, frozen=True, gc=False):
    """`status`: "busy", "idle", "starting"; of the server itself "restarting" and "dead"."""

    execution_state: str


class Stream(msgspec.Struct, frozen=True, gc=False):
    """`stream`: printed text; `name` is "stdout" or "stderr"."""

    name: str
    text: str


class ExecuteInput(msgspec.Struct, frozen=True, gc=False):
    """`execute_input`: the code that the kernel begins to run."""

    code: str = ""
    execution_count: int | None = None


class ExecuteRequest(msgspec.Struct, frozen=True, gc=False):
    """`execute_request`: the code that a front end wants to be run."""

    code: str = ""
    silent: bool = False
    store_history: bool = True


class ExecuteReply(msgspec.Struct, frozen=True, gc=False):
    """`execute_reply`: how it ended; `status` is "ok", "error" or "aborted"."""

    status: str
    execution_count: int | None = None


class Error(msgspec.Struct, frozen=True, gc=False):
    """`error`: what the code raised; the lines of the traceback may hold ANSI colours."""

    ename: str
    evalue: str
    traceback: tuple[str, ...] = ()


class Data(msgspec.Struct, frozen=True):
    """`display_data`, `update_display_data` and `execute_result`: one thing by its MIME types."""

    data: dict[str, Any]

    @property
    def text(self) -> str | None:
        """The thing as plain text, where it has one; it may come as a list of strings."""
        plain = self.data.get("text/plain")
        if isinstance(plain, list) and all(isinstance(line, str) for line in plain):
            return "".join(plain)
        return plain if isinstance(plain, str) else None


class ClearOutput(msgspec.Struct, frozen=True, gc=False):
    """`clear_output`: drop what was shown, now or (`wait`) when the next output comes."""

    wait: bool = False


class InputRequest(msgspec.Struct, frozen=True, gc=False):
    """`input_request`: the code waits for a line that a person types."""

    prompt: str = ""
    password: bool = False


class ShutdownReply(msgspec.Struct, frozen=True, gc=False):
    """`shutdown_reply`: the kernel ends, to be started again or not."""

    restart: bool = False


def content(message: Message, shape: type[T]) -> T:
    """Return a message's content as one of the shapes above.

    Raises:
        MalformedContentError: it has another shape.

    """
    try:
        return json_text.decode(message.content, shape)
    except (msgspec.DecodeError, RecursionError) as error:
        kind = message.header.msg_type
        raise MalformedContentError(f"{kind} carried something else: {error}") from error


def messages(frame: str | bytes) -> tuple[Message, ...]:
    """Return the Jupyter messages of one WebSocket frame; none where it is another protocol's.

    Text is JSON; bytes are one of the two binary layouts, or JSON. Messages that are wrapped in
    something else are found a few levels deep, see `wrapping`. No frame raises, and none costs
    more than time in proportion to its length.
    """
    if isinstance(frame, bytes):
        if b"msg_id" not in frame:
            return ()
        if (message := _from_v1(frame)) is not None:
            return (message,)
        frame = _json_part(frame)
    elif "msg_id" not in frame:
        return ()
    if (message := _from_json(frame)) is not None:
        return (message,)
    text = frame if isinstance(frame, str) else frame.decode(errors="replace")
    found = (_from_json(wrapped) for wrapped in wrapping.objects(text, "msg_id"))
    return tuple(message for message in found if message is not None)


class _Header(msgspec.Struct, gc=False):
    msg_id: str = ""
    msg_type: str = ""
    session: str | None = None


class _Envelope(msgspec.Struct, gc=False):
    header: _Header
    parent_header: _Header | None = None
    content: msgspec.Raw = msgspec.Raw(b"{}")
    channel: str | None = None


def _message(
    channel: str | None, header: _Header, parent: _Header | None, body: msgspec.Raw
) -> Message | None:
    if not (header.msg_id and header.msg_type and _is_short(header)):
        return None
    if parent is not None and not _is_short(parent):
        return None
    answered = (
        Header(parent.msg_id, parent.msg_type, parent.session or "")
        if parent is not None and parent.msg_id
        else None
    )
    own = Header(header.msg_id, header.msg_type, header.session or "")
    return Message(channel or "", own, answered, body)


def _is_short(header: _Header) -> bool:
    return (
        len(header.msg_id) <= LONGEST_ID
        and len(header.msg_type) <= LONGEST_ID
        and (header.session is None or len(header.session) <= LONGEST_ID)
    )


def _from_json(text: str | bytes) -> Message | None:
    try:
        envelope = json_text.decode(text, _Envelope)
    except (msgspec.DecodeError, RecursionError):
        return None
    return _message(envelope.channel, envelope.header, envelope.parent_header, envelope.content)


# How the binary layouts begin.
_V1 = struct.Struct("<7Q")  # the number of offsets, then six: five parts, and where they end
_BEFORE_V1 = struct.Struct(">2I")  # the number of parts, then where the first begins


def _from_v1(frame: bytes) -> Message | None:
    """Read the subprotocol `v1.kernel.websocket.jupyter.org`; its buffers are left alone."""
    if len(frame) < _V1.size:
        return None
    count, channel, header, parent, metadata, body, end = _V1.unpack_from(frame)
    if count < 6 or not (  # noqa: PLR2004 - see _V1
        8 * (count + 1) <= channel <= header <= parent <= metadata <= body <= end <= len(frame)
    ):
        return None
    try:
        return _message(
            frame[channel:header].decode(),
            json_text.decode(frame[header:parent], _Header),
            json_text.decode(frame[parent:metadata], _Header),
            msgspec.Raw(memoryview(frame)[body:end]),
        )
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _json_part(frame: bytes) -> bytes:
    """Return the first part, JSON, of the layout before v1; another frame comes back as it is."""
    if len(frame) < _BEFORE_V1.size:
        return frame
    count, first = _BEFORE_V1.unpack_from(frame)
    if not (count and first == 4 * (count + 1) <= len(frame)):
        return frame
    second = int.from_bytes(frame[8:12], "big") if count > 1 else len(frame)
    return frame[first:second]
