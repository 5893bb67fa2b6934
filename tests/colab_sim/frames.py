"""One frame of the kernel's channel: a Jupyter message as JSON text, perhaps wrapped."""

import json
from typing import Any, Literal, TypeAlias

Message: TypeAlias = dict[str, Any]
Wrapping: TypeAlias = Literal["none", "list", "socket.io"]

PARTS = ("header", "parent_header", "metadata", "content")
BEFORE: dict[Wrapping, str] = {"none": "", "list": "[", "socket.io": '42["message",'}
AFTER: dict[Wrapping, str] = {"none": "", "list": "]", "socket.io": "]"}


def text_frame(channel: str, header: Message, parts: list[str]) -> str:
    """Return a Jupyter message, whose four parts are JSON, as a text frame of the front end."""
    known = {"msg_id": header["msg_id"], "msg_type": header["msg_type"]}
    rest = {"buffers": [], "channel": channel}
    body = ", ".join(f'"{name}": {part}' for name, part in zip(PARTS, parts, strict=True))
    return f"{json.dumps(known)[:-1]}, {body}, {json.dumps(rest)[1:]}"


def wrap(frame: str, wrapping: Wrapping) -> str:
    """Put a frame into what a front end's transport wraps around it."""
    return f"{BEFORE[wrapping]}{frame}{AFTER[wrapping]}"


def unwrap(frame: str, wrapping: Wrapping) -> str:
    """Take off what a front end's transport wraps around a frame."""
    before, after = BEFORE[wrapping], AFTER[wrapping]
    if not (frame.startswith(before) and frame.endswith(after)):
        raise ValueError(f"no frame of the wrapping {wrapping!r}: {frame[:40]}")
    return frame[len(before) : len(frame) - len(after)]
