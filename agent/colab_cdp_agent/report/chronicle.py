"""What happened in a notebook, line by line: its phases and its moments in one order."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from colab_cdp_agent.report import words
from colab_cdp_agent.report.night import Notebook
from colab_cdp_agent.report.timeline import UNKNOWN, Stretch
from colab_cdp_agent.report.words import Clock
from colab_cdp_agent.spoken import duration, times

SHORT_S: Final = 60.0
"""An agent that was just started does not know the phase yet: not worth a line."""


class Entry(msgspec.Struct, frozen=True):
    """One line: `phase` where it tells of one, else `severity` says how much it matters."""

    at: datetime
    what: str
    text: str
    phase: str | None = None
    severity: str = "info"
    cause: str | None = None
    evidence: str | None = None


def chronicle(notebook: Notebook, clock: Clock) -> list[Entry]:
    """Return all of it, in order of time."""
    entries = [*_phases(notebook.stretches), *_moments(notebook, clock)]
    return sorted(entries, key=lambda entry: entry.at)


def _phases(stretches: tuple[Stretch, ...]) -> Iterator[Entry]:
    for stretch in stretches:
        if stretch.phase == UNKNOWN and stretch.seconds < SHORT_S:
            continue
        length = duration(stretch.seconds)
        yield Entry(stretch.began, words.phase_word(stretch.phase), f"for {length}", stretch.phase)


def _moments(notebook: Notebook, clock: Clock) -> Iterator[Entry]:
    """Yield what happened; evidence that stands with a run already is not told again."""
    told = {run.evidence for run in notebook.runs if run.evidence}
    for moment in notebook.moments:
        text = moment.text
        if moment.times > 1:
            text += f" ({times(moment.times)}, until {clock(moment.until)})"
        yield Entry(
            at=moment.at,
            what=moment.kind.replace("_", " "),
            text=text,
            severity=moment.severity,
            cause=None if moment.evidence in told else moment.cause,
            evidence=None if moment.evidence in told else moment.evidence,
        )
