"""JSON objects inside what programs wrap around them on a WebSocket.

A front end may put its messages into lists, into an object of its own, into a string of JSON, or
behind the packet type of Socket.IO (https://socket.io/docs/v4/socket-io-protocol/): `42["event",
{…}]`.
"""

import re
from collections.abc import Iterator

import msgspec

from colab_cdp_protocols import json_text

MAX_DEPTH = 8
MAX_ELEMENTS = 64

_SOCKET_IO = re.compile(r"\A\s*(?:\d{1,4}-?(?:/[^,\[{]{0,200},)?\d{0,20}\|?(?=[\[{\"]))?")
_NOTHING = msgspec.Raw(b"")


class _Object(msgspec.Struct, gc=False):
    data: msgspec.Raw = _NOTHING
    msg: msgspec.Raw = _NOTHING
    message: msgspec.Raw = _NOTHING


# A list as a struct: the elements beyond the last field are skipped, and cost no memory.
_List = msgspec.defstruct(
    "_List",
    [(f"element_{number}", msgspec.Raw, _NOTHING) for number in range(MAX_ELEMENTS)],
    array_like=True,
    gc=False,
)


def objects(text: str, word: str) -> Iterator[str]:
    """Return the JSON objects in a text that hold the word, outer ones before inner ones.

    Looks `MAX_DEPTH` wrappings deep, at the first `MAX_ELEMENTS` of a list, and in an object at
    `data`, `msg` and `message`. Takes time in proportion to the text's length; never raises.
    """
    layer = [text]
    for _ in range(MAX_DEPTH):
        inner: list[str] = []
        for wrapped in layer:
            bare = _SOCKET_IO.sub("", wrapped)
            if word in bare:
                if bare.startswith("{"):
                    yield bare
                inner += _unwrapped(bare)
        layer = inner


def _unwrapped(text: str) -> list[str]:
    try:
        match text[:1]:
            case '"':
                return [json_text.decode(text, str)]
            case "{":
                parts = msgspec.structs.astuple(json_text.decode(text, _Object))
            case "[":
                parts = msgspec.structs.astuple(json_text.decode(text, _List))
            case _:
                return []
    except (msgspec.DecodeError, RecursionError):
        return []
    return [bytes(part).decode() for part in parts if part]
