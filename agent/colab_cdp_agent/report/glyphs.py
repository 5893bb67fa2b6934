"""Pictures made of characters: a bar of phases, and a sparkline; each has a plain twin."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from colab_cdp_agent.report.timeline import NOT_WATCHED, UNKNOWN, Span, Stretch
from colab_cdp_protocols.mqtt import NEEDS_A_PERSON


class Glyph(NamedTuple):
    """How a phase is drawn: its character, the same for a terminal without it, its colour."""

    character: str
    plain: str
    colour: str


GLYPHS: Final[dict[str, Glyph]] = {
    "running": Glyph("█", "#", "green"),
    "idle": Glyph("░", ".", "cyan"),
    "queued": Glyph("░", ".", "cyan"),
    "connecting": Glyph("▒", "~", "yellow"),
    "reconnecting": Glyph("▒", "~", "yellow"),
    "needs_you": Glyph("!", "!", "bold red"),
    "limited": Glyph("!", "!", "bold red"),
    "unreadable": Glyph("?", "?", "bold magenta"),
    "ended": Glyph("▁", "_", "red"),
    "sleeping": Glyph("z", "z", "blue"),
    "paused": Glyph("=", "=", "blue"),
    "gone": Glyph("○", "o", "bright_black"),
    UNKNOWN: Glyph("·", ":", "bright_black"),
    NOT_WATCHED: Glyph("╌", "-", "bright_black"),
}
OTHER: Final = Glyph("?", "?", "bold magenta")
"""For a phase of a later version."""

SPARKS: Final = "▁▂▃▄▅▆▇█"
NOT_A_NUMBER: Final = "?"


def glyph(phase: str) -> Glyph:
    """Return how a phase is drawn."""
    return GLYPHS.get(phase, OTHER)


def bar(stretches: Sequence[Stretch], span: Span, width: int) -> list[str]:
    """Return the phase of each of `width` cells of a span: the one that filled most of it.

    One in which a person was needed shows however short it was.
    """
    cell = span.seconds / width
    held: list[dict[str, float]] = [defaultdict(float) for _ in range(width)]
    for stretch in stretches:
        began = (stretch.began - span.began).total_seconds()
        ended = (stretch.ended - span.began).total_seconds()
        for place in range(int(began / cell), min(int(ended / cell) + 1, width)):
            part = min(ended, (place + 1) * cell) - max(began, place * cell)
            held[place][stretch.phase] += max(0.0, part)
    return [_shown(each) for each in held]


def _shown(held: dict[str, float]) -> str:
    urgent = [phase for phase, seconds in held.items() if phase in NEEDS_A_PERSON and seconds]
    if urgent:
        return max(urgent, key=held.__getitem__)
    return max(held, key=held.__getitem__, default=UNKNOWN)


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Return a curve as at most `width` characters; a value that is null is not a number."""
    step = max(1.0, len(values) / width)
    picked = [values[int(place * step)] for place in range(min(width, len(values)))]
    numbers = [value for value in picked if value is not None]
    if not numbers:
        return NOT_A_NUMBER * len(picked)
    lowest, height = min(numbers), max(numbers) / 2 - min(numbers) / 2  # halves do not overflow
    top = len(SPARKS) - 1
    return "".join(
        NOT_A_NUMBER
        if value is None
        else SPARKS[round((value / 2 - lowest / 2) / height * top) if height else 0]
        for value in picked
    )
