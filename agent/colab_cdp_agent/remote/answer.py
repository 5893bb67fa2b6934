"""An answer in words, for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from colab_cdp_agent.printable import printable
from colab_cdp_protocols import mqtt


def words(response: mqtt.Response) -> Iterator[str]:
    """Yield an answer line by line: a sentence as it is, what is a list one line for each part."""
    if response.status != "ok":
        yield f"{response.status}: {printable(response.error or 'no reason was given')}"
        return
    match response.data:
        case None:
            yield "ok"
        case {"result": str(says), **rest} if not rest:
            yield f"ok: {printable(says)}"
        case {"lines": list(lines)}:
            yield from map(_line, lines)
        case {"events": list(events), **rest}:
            if left_out := rest.get("left_out"):
                yield f"{_line(left_out)} earlier ones left out"
            yield from map(_event, events)
        case data:
            yield from _told(data)


def _told(data: Any) -> Iterator[str]:
    if isinstance(data, list):
        for each in data:
            yield _line(each)
    elif isinstance(data, Mapping):
        for name, value in data.items():
            if isinstance(value, list | Mapping) and value:
                yield f"{printable(str(name))}:"
                yield from (f"  {line}" for line in _told(value))
            else:
                yield f"{printable(str(name))}: {_line(value)}"
    else:
        yield _line(data)


def _event(value: Any) -> str:
    """Return what happened in one line, with this computer's time of day."""
    try:
        event = msgspec.convert(value, mqtt.Happening)
    except msgspec.ValidationError:
        return _line(value)
    alert = "! " if event.severity == "alert" else ""
    why = f" ({event.cause})" if event.cause else ""
    return f"{event.at.astimezone():%d %b %H:%M:%S}  {printable(f'{alert}{event.text}{why}')}"


def _line(value: Any) -> str:
    """Return a part of an answer in one line."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return "  ".join(_line(part) for part in value.values() if part is not None)
    return printable(mqtt.encode(value).decode())
