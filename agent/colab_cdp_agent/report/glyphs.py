"""A bar of phases made of characters; each has a plain twin."""

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
