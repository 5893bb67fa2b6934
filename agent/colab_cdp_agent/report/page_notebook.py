"""One notebook on the page: its bar, its runs with their curves, and what happened."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from colab_cdp_agent.report import pictures, words
from colab_cdp_agent.report.chronicle import Entry, chronicle
from colab_cdp_agent.report.markup import Markup, lines, tag
from colab_cdp_agent.report.night import Curve, Notebook, Run
from colab_cdp_agent.report.timeline import Span
from colab_cdp_agent.report.words import Clock
from colab_cdp_agent.spoken import counted, duration

MOST_ENTRIES: Final = 1_000
"""Of what happened: the latest."""
MOST_CURVES: Final = 6
"""That are drawn for one run; of the others only numbers are told."""
MOST_SPOKEN: Final = 12
"""Stretches in the text alternative of a bar; the table below it has all of them."""


def article(notebook: Notebook, span: Span, clock: Clock) -> Markup:
    """Return everything about one notebook."""
    facts = [tag("p", words.duties_line(notebook.counts))]
    facts += [tag("p", "Archive: ", tag("code", file)) for file in notebook.archive]
    return tag(
        "article",
        tag("h2", tag("bdi", notebook.title), phase_now(notebook)),
        pictures.bar(notebook.stretches, span, clock, bar_says(notebook, clock)),
        pictures.axis(span, clock),
        *(_run(run, clock) for run in notebook.runs),
        *_happened(notebook, clock),
        tag("div", *facts, class_="facts"),
        id=notebook.id,
    )


def link(notebook: Notebook) -> Markup:
    """Return a notebook's title, as the way to what the page says of it."""
    return tag("a", tag("bdi", notebook.title), href=f"#{notebook.id}")


def phase_now(notebook: Notebook) -> Markup:
    """Return the phase that a notebook is in, or was when it was last seen."""
    return _pill(words.phase_now(notebook), notebook.phase)


def _pill(says: str, phase: str) -> Markup:
    return tag("span", says, class_=f"pill {pictures.phase_class(phase)}")


def bar_says(notebook: Notebook, clock: Clock) -> str:
    """Return a bar of phases in words."""
    told = [words.stretch_line(each, clock) for each in notebook.stretches[:MOST_SPOKEN]]
    more = len(notebook.stretches) - len(told)
    return f"{notebook.title}: {', '.join(told)}" + (f", and {more} more" if more else "")


def table(class_: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Return a table; each cell says its column's name, for where columns have no room."""
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in heads)))
    body = [
        tag("tr", *(tag("td", cell, data_head=name) for name, cell in zip(heads, row, strict=True)))
        for row in rows
    ]
    return tag("table", head, tag("tbody", *body), class_=class_)


def _run(run: Run, clock: Clock) -> Markup:
    began = clock(run.began) if run.began is not None else "?"
    ended = clock(run.ended) if run.ended is not None else "…"
    length = duration((run.until - run.began).total_seconds()) if run.began is not None else ""
    outcome = words.OUTCOMES.get(run.outcome, run.outcome)
    heading = tag(
        "h3",
        tag("span", f"{began} to {ended}", class_="time"),
        tag("span", outcome, class_=f"outcome {run.outcome}"),
        tag("span", length, class_="quiet"),
    )
    drawn = [_figure(curve, clock) for curve in run.curves[:MOST_CURVES]]
    rest = [
        tag("p", f"{curve.name}: {words.curve_line(curve)}") for curve in run.curves[MOST_CURVES:]
    ]
    return tag(
        "section",
        heading,
        *_reason(run.cause, run.evidence),
        *_how_far(run),
        tag("div", *drawn, class_="curves") if drawn else "",
        *rest,
        class_="run",
    )


def _how_far(run: Run) -> Iterator[Markup]:
    fraction = run.progress.fraction
    if fraction is not None:
        shown = f"{min(max(fraction, 0.0), 1.0):.3f}"
        yield tag("progress", words.how_far(run), value=shown, aria_label="How far the run came")
    if far := words.how_far(run):
        yield tag("p", far)


def _figure(curve: Curve, clock: Clock) -> Markup:
    says = f"{curve.name}: {words.curve_line(curve)}"
    times = f"{clock(curve.points[0][0])} to {clock(curve.points[-1][0])}"
    return tag(
        "figure",
        tag("figcaption", tag("strong", curve.name), tag("span", words.curve_line(curve))),
        pictures.curve(curve, says),
        tag("p", times, class_="quiet time"),
    )


def _reason(cause: str | None, evidence: str | None) -> Iterator[Markup]:
    """Yield why something was so, and what tells it."""
    if cause:
        yield tag("p", cause, class_="cause")
    if evidence:
        yield tag("pre", lines(evidence))


def _happened(notebook: Notebook, clock: Clock) -> Iterator[Markup]:
    entries = chronicle(notebook, clock)
    shown = entries[-MOST_ENTRIES:]
    yield tag("h3", "What happened")
    if len(entries) > len(shown):
        left_out = counted(len(entries) - len(shown), "earlier line")
        yield tag("p", f"{left_out} left out.", class_="quiet")
    yield table("happened", ("When", "What", "More"), [_entry(entry, clock) for entry in shown])


def _entry(entry: Entry, clock: Clock) -> tuple[str, str, str]:
    what = (
        _pill(entry.what, entry.phase)
        if entry.phase is not None
        else tag("span", entry.what, class_=f"kind {entry.severity}")
    )
    reason = list(_reason(entry.cause, entry.evidence))
    more = tag("div", tag("p", entry.text), *reason) if reason else entry.text
    return tag("span", clock(entry.at), class_="time"), what, more
