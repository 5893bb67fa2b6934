"""The table: every agent and session of a broker, as much as fits the terminal."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rich.console import Console, Group
from rich.text import Text

from colab_cdp_agent.cells import fit, in_room
from colab_cdp_agent.printable import printable
from colab_cdp_agent.remote.columns import Columns
from colab_cdp_agent.remote.news import AgentNews, SessionNews
from colab_cdp_agent.remote.row import QUIET, Row, brief, order, place
from colab_cdp_agent.remote.station import Station
from colab_cdp_agent.spoken import counted
from colab_cdp_agent.tell.screen import unshown
from colab_cdp_protocols import mqtt

ALARM: Final = "bold red"
CHROME: Final = {
    "waiting": "no Chrome",
    "frozen": "Chrome is frozen",
    "needs_you": "Chrome needs you",
}
MOST_AGENT_LINES: Final = 6
LONGEST_NAME: Final = 16
FEWEST_LINES: Final = 3
"""Of the rows, however low the terminal is."""

Watched = tuple[AgentNews, SessionNews]


class Table:
    """Draws what a station knows.

    Args:
        station: whose.
        console: where; its width and height are asked for each time.

    """

    def __init__(self, station: Station, console: Console) -> None:
        self._station = station
        self._console = console

    def draw(self, now: datetime) -> Group:
        """Return the present state, in no more lines than the terminal has."""
        watched = sorted(
            (
                (agent, session)
                for agent in self._station.agents.values()
                for session in agent.sessions.values()
            ),
            key=lambda each: order(*each),
        )
        lines = [self._headline(watched, now), *self._agents(now)]
        if watched:
            lines += [Text(), *self._rows(watched, self._console.height - len(lines) - 3, now)]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)

    def _headline(self, watched: list[Watched], now: datetime) -> Text:
        station = self._station
        line = Text().append(station.root, "bold")
        if station.lost is not None:
            since = station.lost_at
            ago = f" {brief((now - since).total_seconds())} ago" if since is not None else ""
            what = f"broker lost{ago}" if station.where else "no broker yet"
            line.append(f" · {what}, trying again ({printable(station.lost)})", ALARM)
        places = [order(*each)[0] for each in watched]
        if needs := places.count(0):
            line.append(" · ").append(f"{needs} need{'s' if needs == 1 else ''} you", ALARM)
        if running := places.count(1):
            line.append(" · ").append(f"{running} running", "green")
        line.append(f" · {counted(len(watched), 'notebook')}")
        line.append(f" · {counted(len(station.agents), 'agent')}")
        if offline := sum(each.status == "offline" for each in station.agents.values()):
            line.append(f", {offline} offline", "yellow")
        if station.passed_over:
            unread = counted(station.passed_over, "message")
            line.append(f" · {unread} that cannot be read", "yellow")
        if station.lost is None:
            line.append(f" · {station.where}", QUIET)
        return line

    def _agents(self, now: datetime) -> list[Text]:
        """Return a line for each agent, those with trouble first; of many, not all."""
        agents = sorted(self._station.agents.values(), key=lambda each: (_is_well(each), each.name))
        shown = agents[:MOST_AGENT_LINES]
        width = min(max((len(each.name) for each in shown), default=0), LONGEST_NAME)
        lines = [fit(each.name, width).append("  ").append_text(_how(each, now)) for each in shown]
        rest = agents[len(shown) :]
        if rest:
            well = sum(map(_is_well, rest))
            more = f"and {counted(len(rest), 'more agent')}, {well} of them well"
            lines.append(Text(more, QUIET))
        if self._station.lost is not None:
            for line in lines:
                line.stylize(QUIET)
        return lines

    def _rows(self, watched: list[Watched], room: int, now: datetime) -> Iterator[Text]:
        """Yield the heading, and under it the first rows in `room` lines; the rest is counted."""
        several = len(self._station.agents) > 1
        places = {place(*each, several=several) for each in watched}
        if several:
            places |= self._station.agents.keys()
        columns = Columns.of(self._console.width, places)
        current = self._station.lost is None
        row = Row(columns, self._console, now, several=several, current=current)
        yield row.heading()
        room = max(FEWEST_LINES, room)
        yield from in_room(
            watched,
            room,
            lambda each: row.draw(*each),
            lambda rest: unshown([order(*each)[0] for each in rest]),
        )


def _is_well(agent: AgentNews) -> bool:
    return agent.present and (agent.info is None or agent.info.chrome.state == "connected")


def _how(agent: AgentNews, now: datetime) -> Text:
    """Return how it stands with an agent."""
    if not agent.present:
        ago = f", last heard of {brief((now - agent.at).total_seconds())} ago" if agent.at else ""
        return Text(f"{agent.status or 'not heard of on this broker yet'}{ago}", QUIET)
    parts = [Text("online", "green")]
    if agent.info is not None:
        parts += map(_stands, agent.info.browsers or (agent.info.chrome,))
    parts.append(Text(counted(len(agent.sessions), "notebook")))
    return Text(" · ").join(parts)


def _stands(browser: mqtt.ChromeInfo | mqtt.BrowserInfo) -> Text:
    """Return how it stands with a browser, which is named where there are several."""
    named = f"{printable(browser.name)} " if isinstance(browser, mqtt.BrowserInfo) else ""
    if browser.state == "connected":
        return Text(named + printable(browser.product or "Chrome"))
    reason = f": {printable(browser.reason)}" if browser.reason else ""
    return Text(f"{named}{CHROME[browser.state]}{reason}", ALARM)
