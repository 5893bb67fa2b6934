"""One session as a row of the table."""

from datetime import datetime
from typing import Final

from rich.console import Console
from rich.text import Text

from colab_cdp_agent.cells import fit
from colab_cdp_agent.printable import printable
from colab_cdp_agent.remote.columns import AGE_WIDTH, INDENT, SHARE_WIDTH, Columns
from colab_cdp_agent.remote.news import AgentNews, SessionNews
from colab_cdp_agent.sparkline import sparkline
from colab_cdp_agent.spoken import duration
from colab_cdp_agent.tell.screen import COLOURS, PHASE_WIDTH, detail, notice, position, rank
from colab_cdp_protocols import mqtt

QUIET: Final = "bright_black"
LONGEST_NOTICE: Final = 5
"""Lines of what a person is to do."""
NOT_WATCHED: Final = 3
"""The place of whom nobody watches, after the three of `rank`."""


def order(agent: AgentNews, session: SessionNews) -> tuple[int, str, str, str]:
    """Return what rows are sorted by: who needs a person, who runs, the rest, the unwatched."""
    place, title, identity = rank(session.state)
    return (place if agent.present else NOT_WATCHED), title, agent.name, identity


def place(agent: AgentNews, session: SessionNews, *, several: bool) -> str:
    """Return where a session is: on which of several agents, in which of several browsers."""
    named = (agent.name if several else "", session.state.browser)
    return "/".join(printable(part) for part in named if part)


class Row:
    """Draws rows that fit some columns.

    Args:
        columns: their widths.
        several: whether there are several agents.
        console: where they are drawn.
        now: the present.
        current: whether there is a broker that tells what is news.

    """

    def __init__(
        self, columns: Columns, console: Console, now: datetime, *, several: bool, current: bool
    ) -> None:
        self._columns = columns
        self._several = several
        self._console = console
        self._now = now
        self._current = current
        self._plain = not console.encoding.lower().startswith("utf")

    def heading(self) -> Text:
        """Return what stands above the rows."""
        columns = self._columns
        told = fit("progress", columns.bar + SHARE_WIDTH).append(" ")
        told.append_text(fit("left", columns.left)).append(" ")
        told.append_text(fit("loss", columns.loss + 1 + columns.sparks)).append(" ")
        told.append_text(fit("last line", columns.line))
        told.truncate(columns.told, pad=True)
        named = "agent" if self._several else "browser"
        where = fit(named, columns.place).append(" ") if columns.place else Text()
        heading = Text(" " * (PHASE_WIDTH + 1)).append_text(where)
        heading.append_text(fit("notebook", columns.title))
        if columns.beside:
            heading.append(" ").append_text(told)
        heading.append(" ").append_text(fit("news", AGE_WIDTH, right=True))
        heading.stylize(QUIET)
        return heading

    def draw(self, agent: AgentNews, session: SessionNews) -> list[Text]:
        """Return a session in one line, or in more where a person is to do something."""
        columns, state = self._columns, session.state
        here = agent.present and self._current
        phase = "offline" if agent.status == "offline" else state.phase.replace("_", " ")
        below = self._told(agent, session)
        row = Text().append_text(fit(phase, PHASE_WIDTH, COLOURS[state.phase])).append(" ")
        if columns.place:
            where = place(agent, session, several=self._several)
            row.append_text(fit(where, columns.place)).append(" ")
        row.append_text(fit(printable(state.title), columns.title)).append(" ")
        indent = INDENT
        if columns.beside:
            indent = " " * row.cell_len
            told, *below = below
            told.truncate(columns.told, overflow="ellipsis", pad=True)
            row.append_text(told).append(" ")
        age = brief((self._now - session.at).total_seconds())
        row.append_text(fit(age, AGE_WIDTH, QUIET, right=True))
        lines = [row, *(Text(indent).append_text(line) for line in below if line)]
        return lines if here else [Text(line.plain, QUIET) for line in lines]

    def _told(self, agent: AgentNews, session: SessionNews) -> list[Text]:
        state = session.state
        if agent.status == "offline":
            word = state.phase.replace("_", " ")
            return [Text(f"was {word} · {detail(state)}".removesuffix(" · "))]
        if state.attention is not None:
            return self._notice(notice(state))
        if state.progress.fraction is None and not position(state.progress):
            return [Text(detail(state))]
        return [self._how_far(session)]

    def _notice(self, text: str) -> list[Text]:
        width = self._columns.told
        lines = list(Text(text).wrap(self._console, width)) or [Text()]
        for line in lines:
            line.rstrip()
        if len(lines) > LONGEST_NOTICE:
            rest = Text(" ").join(lines[LONGEST_NOTICE - 1 :])
            rest.truncate(width, overflow="ellipsis")
            lines[LONGEST_NOTICE - 1 :] = [rest]
        return lines

    def _how_far(self, session: SessionNews) -> Text:
        columns, progress = self._columns, session.state.progress
        far = self._position(progress).append(" ")
        loss = progress.metrics.get("loss")
        far.append_text(fit("" if loss is None else f"{loss:.4g}", columns.loss)).append(" ")
        curve = ""
        if not self._plain and len(session.losses) > 1:
            curve = sparkline([value for _at, value in session.losses], columns.sparks or 1)
        if columns.sparks:
            far.append_text(fit(curve, columns.sparks, "cyan")).append(" ")
        if columns.line:
            line = printable(session.state.output.last_line or "").strip()
            far.append_text(fit(line, columns.line))
        far.rstrip()
        return far

    def _position(self, progress: mqtt.Progress) -> Text:
        """Return a bar with its percentage and what is left, or how far it is in another way."""
        columns = self._columns
        width = columns.bar
        left = duration(progress.eta_s) if progress.eta_s else ""
        if columns.tight:
            left = left.replace(" min", "m").replace(" ", "")
        if progress.fraction is None:
            room = width + SHARE_WIDTH
            if not left:
                return fit(position(progress), room + 1 + columns.left)
            return fit(position(progress), room).append(" ").append_text(fit(left, columns.left))
        fraction = min(max(progress.fraction, 0.0), 1.0)
        done = round(fraction * width)
        full, empty = ("#", ".") if self._plain else ("█", "░")
        bar = Text().append(full * done, "green").append(empty * (width - done), QUIET)
        bar.append(f"{fraction:.0%}".rjust(SHARE_WIDTH)).append(" ")
        return bar.append_text(fit(left, columns.left))


def brief(seconds: float) -> str:
    """Return a length of time in one unit."""
    whole = max(0, round(seconds))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"
