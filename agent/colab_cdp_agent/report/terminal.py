"""The report for a terminal, 80 columns wide or more, and for a pipe."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from colab_cdp_agent.printable import printable
from colab_cdp_agent.report import words
from colab_cdp_agent.report.chronicle import Entry, chronicle
from colab_cdp_agent.report.glyphs import bar, glyph
from colab_cdp_agent.report.night import Night, Notebook, Run
from colab_cdp_agent.report.words import Clock
from colab_cdp_agent.sparkline import sparkline
from colab_cdp_agent.spoken import counted, duration

WIDEST_BAR: Final = 96
NARROWEST_BAR: Final = 20
SPARK_WIDTH: Final = 24
MOST_ENTRIES: Final = 40
"""Of what happened in one notebook; the page shows more."""
MOST_CURVES: Final = 6
QUIET: Final = "bright_black"
OUTCOME_COLOURS: Final = {
    "finished": "green", "running": "green", "failed": "bold red", "kernel_died": "bold red",
    "lost": "bold red", "interrupted": "yellow", "unknown": "yellow",
}  # fmt: skip
SEVERITY_COLOURS: Final = {"alert": "bold red", "warning": "yellow"}

Line = tuple[str, Text]
"""What stands to the left, and what to the right."""


class Report:
    """A night on a terminal.

    Args:
        console: where it is printed.
        night: what.

    """

    def __init__(self, console: Console, night: Night) -> None:
        self._console = console
        self._night = night
        self._clock = Clock(night.span)
        self._plain = not console.encoding.lower().startswith("utf")

    def show(self) -> None:
        """Print all of it."""
        night, clock = self._night, self._clock
        self._console.print(Text(f"{night.agent}: {clock.headline()}", "bold"))
        self._console.print(Text(words.summary(night)))
        needs = [(each.title, need) for each in night.notebooks for need in each.open_needs]
        self._list(
            "Needs you",
            [f"{title}: {need.text} (since {clock(need.since)})" for title, need in needs],
            "bold red",
        )
        self._list("Limits", [words.limit_line(limit, clock) for limit in night.limits])
        self._list("Not watched", [words.gap_line(gap, clock) for gap in night.gaps])
        for notebook in night.notebooks:
            self._notebook(notebook)

    def _list(self, heading: str, lines: Iterable[str], style: str = "bold") -> None:
        found = [Text(printable(line)) for line in lines]
        if not found:
            return
        self._console.print(Text(f"\n{heading}", style))
        self._grid([("", line) for line in found])

    def _notebook(self, notebook: Notebook) -> None:
        title = Text(f"\n{printable(notebook.title)}", "bold")
        title.append(f"  {printable(words.phase_now(notebook))}", glyph(notebook.phase).colour)
        self._console.print(title)
        self._bar(notebook)
        self._grid([line for run in notebook.runs for line in self._run(run)])
        entries = chronicle(notebook, self._clock)
        shown = entries[-MOST_ENTRIES:]
        self._console.print()
        if len(entries) > len(shown):
            left_out = counted(len(entries) - len(shown), "earlier line")
            self._console.print(Text(f"  {left_out} left out; --html shows more", QUIET))
        self._grid([line for entry in shown for line in self._entry(entry)])
        self._console.print(Text(f"\n  {words.duties_line(notebook.counts)}"))
        for file in notebook.archive:
            self._console.print(Text(f"  Archive: {printable(file)}"), soft_wrap=True)

    def _bar(self, notebook: Notebook) -> None:
        span = self._night.span
        began, ended = self._clock(span.began), self._clock(span.ended)
        room = self._console.width - len(began) - len(ended) - 4
        width = min(max(room, NARROWEST_BAR), WIDEST_BAR)
        line = Text(f"  {began} ")
        cells = bar(notebook.stretches, span, width)
        for phase, group in groupby(cells):
            line.append(self._character(phase) * len(list(group)), glyph(phase).colour)
        self._console.print(line.append(f" {ended}"), no_wrap=True, overflow="crop")
        legend = Text(" " * (len(began) + 3))
        for phase in dict.fromkeys(cells):
            legend.append(self._character(phase), glyph(phase).colour)
            legend.append(f" {printable(words.phase_word(phase))}  ")
        self._console.print(legend, "\n")

    def _character(self, phase: str) -> str:
        return glyph(phase).plain if self._plain else glyph(phase).character

    def _run(self, run: Run) -> Iterator[Line]:
        began = self._clock(run.began) if run.began is not None else "?"
        ended = self._clock(run.ended) if run.ended is not None else "…"
        outcome = Text(words.OUTCOMES.get(run.outcome, printable(run.outcome)))
        outcome.stylize(OUTCOME_COLOURS.get(run.outcome, ""))
        if run.began is not None:
            outcome.append(f" after {duration((run.until - run.began).total_seconds())}")
        yield f"{began} to {ended}", outcome
        yield from _reason(run.cause, run.evidence)
        if far := words.how_far(run):
            yield "", Text(printable(far))
        for curve in run.curves[:MOST_CURVES]:
            line = Text(f"{printable(curve.name)} ")
            if not self._plain and len(curve.points) > 1:
                line.append(sparkline([value for _at, value in curve.points], SPARK_WIDTH), "cyan")
                line.append(" ")
            yield "", line.append(words.curve_line(curve))
        if len(run.curves) > MOST_CURVES:
            left_out = counted(len(run.curves) - MOST_CURVES, "more metric")
            yield "", Text(f"{left_out}; --html shows all", QUIET)

    def _entry(self, entry: Entry) -> Iterator[Line]:
        line = Text(printable(entry.what))
        line.stylize(
            glyph(entry.phase).colour
            if entry.phase is not None
            else SEVERITY_COLOURS.get(entry.severity, "")
        )
        if entry.phase is None:
            line.append(":")
        yield self._clock(entry.at), line.append(f" {printable(entry.text)}", "default not bold")
        yield from _reason(entry.cause, entry.evidence)

    def _grid(self, lines: Iterable[Line]) -> None:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for left, right in lines:
            grid.add_row("", Text(left, QUIET), right)
        if grid.row_count:
            self._console.print(grid)


def _reason(cause: str | None, evidence: str | None) -> Iterator[Line]:
    """Yield why something was so, and what tells it, line by line."""
    if cause:
        yield "", Text(f"because: {printable(cause)}")
    for line in (evidence or "").splitlines():
        if shown := printable(line).rstrip():
            yield "", Text(f"│ {shown}", QUIET)
