"""Text in the cells of a terminal: cut to a width, and rows of it to a height."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rich.text import Text

T = TypeVar("T")


def fit(text: str, width: int, style: str = "", *, right: bool = False) -> Text:
    """Return a text in just so many cells: cut with an ellipsis, or filled with blanks."""
    fitted = Text(text, style)
    fitted.truncate(width, overflow="ellipsis")
    fitted.align("right" if right else "left", width)
    return fitted


def in_room(
    items: Sequence[T],
    room: int,
    draw: Callable[[T], list[Text]],
    rest: Callable[[Sequence[T]], Text],
) -> Iterator[Text]:
    """Yield the lines of the first items in `room` lines, or in two where there is less room.

    The first item is cut where it has more; a last line says what `rest` makes of the others.
    """
    for shown, item in enumerate(items):
        here = room - (shown + 1 < len(items))
        lines = draw(item)
        if len(lines) > here and shown:
            yield rest(items[shown:])
            return
        if len(lines) > here:
            here = max(here, 1)
            lines = [*lines[: here - 1], lines[here - 1].append("…" if len(lines) > here else "")]
        yield from lines
        room -= len(lines)
