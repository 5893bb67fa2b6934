"""A recorded soak as a picture: a curve for each quantity, all over the same time.

It is an SVG that stands by itself: it brings its own background, so that it reads the same on a
light page and on a dark one.
"""

from collections.abc import Iterator
from typing import Final

from colab_cdp_agent.keep.curve import MOST_POINTS, thinned
from colab_cdp_agent.report.markup import Markup, tag
from colab_cdp_agent.spoken import duration
from soak_run import QUANTITIES, Quantity, Run, machine, title

WIDTH: Final = 860
LEFT: Final = 190
RIGHT: Final = 110
TOP: Final = 92
ROW: Final = 78
PLOT: Final = 54
FOOT: Final = 44
ROOM: Final = 1.15
"""Above the highest value, or the bar."""
STEPS_S: Final = (10, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)
MOST_TICKS: Final = 6
STYLE: Final = """
text { fill: #dee2e8; font: 13px system-ui, -apple-system, "Segoe UI", Arial, sans-serif }
.head { font-size: 17px; font-weight: 600 }
.name { font-weight: 600 }
.dim { fill: #9a9ea6; font-size: 12px }
.last { font-size: 17px; font-weight: 600 }
.dim.over { fill: #f07178 }
.end { text-anchor: end }
.middle { text-anchor: middle }
.curve { fill: none; stroke: #64d2dc; stroke-width: 1.5; stroke-linejoin: round }
.bar { stroke: #e5c07b; stroke-dasharray: 5 4 }
.dim.of-bar { fill: #e5c07b }
.floor { stroke: #4a4f5a }
.grid { stroke: #272b34 }
"""


def draw(run: Run) -> str:
    """Return the picture of a run of at least two samples."""
    height = TOP + ROW * len(QUANTITIES) + FOOT
    says = f"{title(run.setting)}, for {duration(run.lasted_s)}"
    body = (
        tag("title", says),
        tag("style", Markup(STYLE)),
        tag(
            "rect", x="0.5", y="0.5", width=str(WIDTH - 1), height=str(height - 1), rx="8",
            fill="#12141a", stroke="#3a3f4a",
        ),
        _text(24, 34, says, "head"),
        _text(24, 56, _came_to(run), "dim"),
        _text(24, 74, f"{machine(run.setting.where)}, {run.setting.where['date']}", "dim"),
        *_time(run, height),
        *(
            part
            for place, quantity in enumerate(QUANTITIES)
            for part in _row(run, quantity, TOP + ROW * place)
        ),
    )  # fmt: skip
    return tag(
        "svg", *body, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}",
        role="img",
    ) + "\n"  # fmt: skip


def _came_to(run: Run) -> str:
    """Return what came of the lines."""
    if run.ending is None:
        return "cut off before its end"
    printed, lost, twice = run.ending.printed, run.ending.lost, run.ending.twice
    return f"{printed:,} lines printed, {lost:,} lost, {twice:,} archived twice"


def _row(run: Run, quantity: Quantity, top: float) -> Iterator[Markup]:
    """Yield a quantity: its name and range at the left, its curve, at the right its last value."""
    weights, bar = run.weights(quantity), run.bar(quantity)
    most = max(*weights, bar or 0.0) * ROOM or 1.0
    floor = top + PLOT

    def y(weight: float) -> float:
        return floor - weight / most * PLOT

    yield _text(24, top + 22, quantity.title, "name")
    ends = (spelled(quantity, end) for end in (min(weights), max(weights)))
    extent = " to ".join(dict.fromkeys(ends))
    yield _line(LEFT, floor, WIDTH - RIGHT, "floor")
    yield _text(LEFT - 8, floor + 4, "0", "dim end")
    yield _text(24, top + 40, extent, "dim")
    if bar is not None:
        held = run.held(quantity)
        kind = "over" if held > bar else "of-bar"
        says = f"{quantity.held} {spelled(quantity, held)}, bar {bar:g}"
        yield _text(24, top + 56, says, f"dim {kind}")
        yield _line(LEFT, y(bar), WIDTH - RIGHT, "bar")
    points = [(sample.at, weight) for sample, weight in zip(run.samples, weights, strict=True)]
    places = (points[place] for place in thinned(points, MOST_POINTS))
    path = " ".join(f"{_x(at, run):.1f},{y(weight):.1f}" for at, weight in places)
    yield tag("polyline", points=path, class_="curve")
    yield _text(WIDTH - RIGHT + 14, top + 30, spelled(quantity, weights[-1]), "last")
    yield _text(WIDTH - RIGHT + 14, top + 48, quantity.unit, "dim")


def _time(run: Run, height: float) -> Iterator[Markup]:
    """Yield the lines of time through all rows, and what they are called."""
    step = next(
        (each for each in STEPS_S if run.lasted_s <= each * MOST_TICKS), run.lasted_s / MOST_TICKS
    )
    for tick in range(int(run.lasted_s / step) + 1):
        x = f"{_x(tick * step, run):.1f}"
        yield tag("line", x1=x, x2=x, y1=str(TOP), y2=str(height - FOOT), class_="grid")
        yield _text(float(x), height - FOOT + 18, spoken(tick * step), "dim middle")


def _x(at: float, run: Run) -> float:
    return LEFT + at / run.lasted_s * (WIDTH - LEFT - RIGHT)


def _line(x: float, y: float, until: float, kind: str) -> Markup:
    return tag("line", x1=f"{x:g}", x2=f"{until:g}", y1=f"{y:.1f}", y2=f"{y:.1f}", class_=kind)


def _text(x: float, y: float, says: str, kind: str) -> Markup:
    return tag("text", says, x=f"{x:g}", y=f"{y:.1f}", class_=kind)


def spelled(quantity: Quantity, weight: float) -> str:
    """Return a weight with as many digits as mean something: what is counted has none."""
    digits = 2 if weight < 10 else 1 if weight < 100 else 0
    return f"{weight:,.{digits if quantity.unit else 0}f}"


def spoken(seconds: float) -> str:
    """Return a time on the axis: `2 h`, `30 min`."""
    return duration(seconds).removesuffix(" 00 min") if seconds else "0"
