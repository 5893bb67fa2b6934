"""The report as one HTML page that needs nothing beside it, for a phone, a desk and paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from colab_cdp_agent.report import pictures, words
from colab_cdp_agent.report.markup import Markup, document, tag
from colab_cdp_agent.report.night import Night, Notebook
from colab_cdp_agent.report.page_notebook import article, bar_says, link, phase_now, table
from colab_cdp_agent.report.words import Clock
from colab_cdp_agent.spoken import duration

STYLE: Final = Path(__file__).with_name("page.css")


def page(night: Night) -> str:
    """Return the page."""
    clock = Clock(night.span)
    content = tag(
        "main",
        *_needs(night, clock),
        *_overview(night, clock),
        *(article(notebook, night.span, clock) for notebook in night.notebooks),
        *_limits(night, clock),
        *_gaps(night, clock),
    )
    body = tag("body", pictures.hatching(), _head(night, clock), content, _foot(clock))
    return document(f"{night.agent}: {clock.headline()}", STYLE.read_text("utf-8"), body)


def _head(night: Night, clock: Clock) -> Markup:
    return tag(
        "header",
        tag("p", f"Night report of {night.agent}", class_="kicker"),
        tag("h1", clock.headline()),
        tag("p", words.summary(night), class_="summary"),
    )


def _foot(clock: Clock) -> Markup:
    return tag("footer", tag("p", f"Times are {clock.zone()}. Written by colab-cdp-agent."))


def _needs(night: Night, clock: Clock) -> Iterator[Markup]:
    """Yield what still stands, before everything else."""
    needs = [
        tag(
            "li",
            tag("strong", link(notebook)),
            tag("span", need.text),
            tag("span", f"since {clock(need.since)}", class_="quiet"),
        )
        for notebook in night.notebooks
        for need in notebook.open_needs
    ]
    if needs:
        yield tag("section", tag("h2", "Needs you"), tag("ul", *needs), class_="needs")


def _overview(night: Night, clock: Clock) -> Iterator[Markup]:
    """Yield every notebook's bar, one below the other over the same hours."""
    if not night.notebooks:
        return
    rows = [_row(notebook, night, clock) for notebook in night.notebooks]
    stretches = [stretch for notebook in night.notebooks for stretch in notebook.stretches]
    yield tag(
        "section",
        tag("h2", "At a glance"),
        *rows,
        pictures.axis(night.span, clock),
        pictures.legend(stretches, night.span),
        class_="overview",
    )


def _row(notebook: Notebook, night: Night, clock: Clock) -> Markup:
    name = tag("p", link(notebook), phase_now(notebook), class_="name")
    drawn = pictures.bar(notebook.stretches, night.span, clock, bar_says(notebook, clock))
    return tag("div", name, drawn, class_="row")


def _limits(night: Night, clock: Clock) -> Iterator[Markup]:
    """Yield the limits ledger."""
    rows = []
    for limit in night.limits:
        row = limit.row
        used = duration(row.after_s) if row.after_s is not None else "unknown"
        lifted = clock(row.lifted) if row.lifted is not None else "not yet"
        rows.append(
            (
                tag("span", clock(row.at), class_="time"),
                tag("bdi", limit.title),
                row.text,
                str(row.sessions),
                row.accelerator or "unknown",
                used,
                lifted,
            )
        )
    if rows:
        heads = ("Shown", "Notebook", "What it said", "Sessions", "Accelerator", "After", "Lifted")
        yield tag("section", tag("h2", "Limits"), table("limits", heads, rows))


def _gaps(night: Night, clock: Clock) -> Iterator[Markup]:
    """Yield when nothing was watched."""
    rows = [
        (
            tag("span", f"{clock(gap.began)} to {clock(gap.ended)}", class_="time"),
            duration(gap.seconds),
            words.WHY[gap.why],
        )
        for gap in night.gaps
    ]
    if rows:
        heads = ("When", "How long", "Why")
        yield tag("section", tag("h2", "Not watched"), table("gaps", heads, rows))
