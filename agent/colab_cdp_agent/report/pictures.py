"""The pictures of the page, drawn as SVG: a bar of phases, and a curve.

Widths are percentages, so that a picture fits a phone as well as a desk, and text in it keeps its
size. Colours and strokes are the style sheet's.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from colab_cdp_agent.report import glyphs, words
from colab_cdp_agent.report.markup import Markup, tag
from colab_cdp_agent.report.night import Curve
from colab_cdp_agent.report.timeline import Span, Stretch
from colab_cdp_agent.report.words import Clock
from colab_cdp_protocols.mqtt import NEEDS_A_PERSON

STEPS: Final = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880)
)
MOST_TICKS: Final = 5
MARGIN: Final = 0.06
LEAST_WIDTH: Final = 0.4
"""Per cent: the shortest time in which a person was needed can still be seen."""
MOST_PIECES: Final = 500
WIDTH: Final = 1000
HEIGHT: Final = 100
DRAWN: Final = frozenset({
    "running", "idle", "queued", "connecting", "reconnecting", "needs_you", "limited", "ended",
    "unreadable", "sleeping", "gone", "paused", "unknown", "not_watched",
})  # fmt: skip


def phase_class(phase: str) -> str:
    """Return the class that gives a phase its colour; one of a later version has no own."""
    return f"phase-{phase}" if phase in DRAWN else "phase-unknown"


def bar(stretches: Sequence[Stretch], span: Span, clock: Clock, says: str) -> Markup:
    """Return a bar of phases; `says` is its text alternative."""
    few = stretches if len(stretches) <= MOST_PIECES else _coarse(stretches, span)
    ordered = sorted(few, key=lambda each: each.phase in NEEDS_A_PERSON)  # these on top
    pieces = [_piece(stretch, span, clock) for stretch in ordered]
    return tag("svg", *pieces, class_="bar", role="img", aria_label=says)


def _coarse(stretches: Sequence[Stretch], span: Span) -> Iterator[Stretch]:
    """Yield what can be seen of very many stretches."""
    cell = (span.ended - span.began) / MOST_PIECES
    for place, phase in enumerate(glyphs.bar(stretches, span, MOST_PIECES)):
        yield Stretch(span.began + place * cell, span.began + (place + 1) * cell, phase)


def _piece(stretch: Stretch, span: Span, clock: Clock) -> Markup:
    began = _percent((stretch.began - span.began).total_seconds(), span)
    width = _percent(stretch.seconds, span)
    if stretch.phase in NEEDS_A_PERSON:
        width = max(width, LEAST_WIDTH)
    return tag(
        "rect", tag("title", words.stretch_line(stretch, clock)), x=f"{began:.2f}%",
        width=f"{width:.2f}%", height="100%", class_=phase_class(stretch.phase),
    )  # fmt: skip


def axis(span: Span, clock: Clock) -> Markup:
    """Return the hours below bars."""
    marks = [
        tag(
            "text", clock(at), x=f"{_percent((at - span.began).total_seconds(), span):.2f}%", y="12"
        )
        for at in _ticks(span)
    ]
    return tag("svg", *marks, class_="axis", aria_hidden="true")


def _ticks(span: Span) -> Iterator[datetime]:
    """Yield a few round times of day, none so near to an edge that its text would be cut."""
    step = next(
        (each for each in STEPS if span.ended - span.began <= each * MOST_TICKS), timedelta(days=7)
    )
    margin = (span.ended - span.began) * MARGIN
    midnight = span.began.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + step * ((span.began - midnight) // step)
    while at < span.ended - margin:
        if at >= span.began + margin:
            yield at
        at += step


def curve(drawn: Curve, says: str) -> Markup:
    """Return a curve over its own time; `says` is its text alternative."""
    return tag(
        "svg",
        tag("path", d=_path(drawn), class_="line"),
        class_="curve",
        viewBox=f"0 -4 {WIDTH} {HEIGHT + 8}",
        preserveAspectRatio="none",
        role="img",
        aria_label=says,
    )


def _path(drawn: Curve) -> str:
    """Return the path of a curve, broken where it was not finite."""
    first, last = drawn.points[0][0], drawn.points[-1][0]
    seconds = (last - first).total_seconds()
    numbers = drawn.numbers or [0.0]
    lowest, height = min(numbers), max(numbers) - min(numbers)
    pieces, pen = [], "M"
    for at, value in drawn.points:
        if value is None:
            pen = "M"
            continue
        x = (at - first).total_seconds() / seconds * WIDTH if seconds else WIDTH / 2
        y = (1 - (value - lowest) / height) * HEIGHT if height else HEIGHT / 2
        # A line of no length is a dot, where the curve has one point only.
        pieces.append(f"{pen}{x:.0f} {y:.1f}" + ("h0" if pen == "M" else ""))
        pen = "L"
    return "".join(pieces)


def _percent(seconds: float, span: Span) -> float:
    return 100 * seconds / span.seconds if span.seconds else 0.0


def legend(stretches: Iterable[Stretch], span: Span) -> Markup:
    """Return what the colours of bars stand for, but for what is too short to be seen."""
    longest: dict[str, float] = {}
    for stretch in stretches:
        width = _percent(stretch.seconds, span)
        longest[stretch.phase] = max(width, longest.get(stretch.phase, 0.0))
    seen = [
        phase for phase, width in longest.items() if width >= LEAST_WIDTH or phase in NEEDS_A_PERSON
    ]
    return tag("ul", *_keys(seen), class_="legend")


def hatching() -> Markup:
    """Return what gives the time in which nobody watched its stripes; to stand once in a page."""
    stripes = tag("path", d="M0 8L8 0M-2 2L2-2M6 10L10 6")
    pattern = tag(
        "pattern", stripes, id="hatching", width="8", height="8", patternUnits="userSpaceOnUse"
    )
    return tag("svg", tag("defs", pattern), class_="hatching", aria_hidden="true")


def _keys(phases: Sequence[str]) -> Iterator[Markup]:
    for phase in phases:
        swatch = tag(
            "svg",
            tag("rect", width="100%", height="100%", class_=phase_class(phase)),
            class_="swatch",
            aria_hidden="true",
        )
        yield tag("li", swatch, words.phase_word(phase))
