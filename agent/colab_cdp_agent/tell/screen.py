"""The terminal: one live line per notebook, plain lines where it is none, JSON for machines."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from colab_cdp_agent.cells import fit, in_room
from colab_cdp_agent.log import Format
from colab_cdp_agent.printable import printable, printable_json
from colab_cdp_agent.spoken import counted, duration, times
from colab_cdp_protocols import mqtt

REFRESH_S = 0.5
PHASE_WIDTH = 12
BROWSER_WIDTH = 16
GAP = "  "
LEAST_BESIDE = 24
"""Cells beside a title, below which what is told of a notebook has a line of its own."""
COLOURS: dict[mqtt.Phase, str] = {
    "running": "green",
    "idle": "cyan",
    "queued": "cyan",
    "connecting": "yellow",
    "reconnecting": "yellow",
    "needs_you": "bold white on red",
    "limited": "bold white on red",
    "unreadable": "bold magenta",
    "ended": "red",
    "sleeping": "blue",
    "gone": "bright_black",
    "paused": "blue",
}


class Screen:
    """Shows the sessions to whoever started the agent.

    Args:
        form: `text` for people, `json` for one line of JSON at each change.
        states: the present states, by session.
        headline: what is said about Chrome, page and broker: lines on a terminal, else one.

    """

    def __init__(
        self, form: Format, states: dict[str, mqtt.State], headline: Callable[[], Sequence[str]]
    ) -> None:
        self._form = form
        self._states = states
        self._headline = headline
        # What a page says is no markup: `[/content]` is a path there, and a fault in rich.
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._shown: dict[str, str] = {}
        self._headline_shown = ""

    def say(self, line: str) -> None:
        """Print one line that stays."""
        if self._form == "text":
            self._console.print(line, soft_wrap=not self._console.is_terminal)

    async def run(self) -> None:
        """Show the sessions until cancelled."""
        if self._form == "text" and self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False, transient=False) as live:
                while True:
                    live.update(self._table(), refresh=True)
                    await asyncio.sleep(REFRESH_S)
        while True:
            self._print_changes()
            await asyncio.sleep(REFRESH_S)

    def _table(self) -> Group:
        headline = [Text(printable(line), "bright_black") for line in self._headline()]
        states = sorted(self._states.values(), key=rank)
        browser = min(_longest(state.browser or "" for state in states), BROWSER_WIDTH)
        title = min(_longest(state.title for state in states), self._console.width * 3 // 10)
        rows = in_room(
            states,
            self._console.height - len(headline),
            lambda state: self._row(state, browser, title),
            lambda rest: unshown([rank(state)[0] for state in rest]),
        )
        lines = [*rows, *headline]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)

    def _row(self, state: mqtt.State, browser: int, title: int) -> list[Text]:
        """Return a notebook in a line, or in more where a person is to do something."""
        head = Text(" ").append_text(fit(state.phase, PHASE_WIDTH, COLOURS[state.phase]))
        if browser:  # before the title: it is what tells two of one title apart
            head.append(GAP).append_text(fit(printable(state.browser or ""), browser))
        room = self._console.width - head.cell_len - title - 2 * len(GAP)
        beside = room >= LEAST_BESIDE
        head.append(GAP)
        if not beside:
            head.append(printable(state.title))
            room = max(1, self._console.width - len(GAP))
        else:
            head.append_text(fit(printable(state.title), title)).append(GAP)
        told = Text(detail(state))
        # What a person is to do is shown whole; everything else keeps to its line.
        lines = [told] if state.attention is None else list(told.wrap(self._console, room))
        if not told:
            return [head]
        if beside:
            head.append_text(lines.pop(0))
        indent = " " * (self._console.width - room)
        return [head, *(Text(indent).append_text(line) for line in lines)]

    def _print_changes(self) -> None:
        headline = printable(" · ".join(self._headline()))
        if self._form == "text" and headline != self._headline_shown:
            self._headline_shown = headline
            self._console.print(headline, soft_wrap=True)
        for session, state in self._states.items():
            line = f"{state.phase:<12} {called(state)}  {notice(state)}".rstrip()
            if self._shown.get(session) == line:
                continue
            self._shown[session] = line
            if self._form == "json":
                sys.stdout.write(printable_json(mqtt.encode(state).decode()) + "\n")
                sys.stdout.flush()
            else:
                self._console.print(line, soft_wrap=True)


def _longest(texts: Iterable[str]) -> int:
    return max((cell_len(printable(text)) for text in texts), default=0)


def unshown(ranks: Sequence[int]) -> Text:
    """Return the line that counts the notebooks for which a terminal has no room, by their rank."""
    needs = ranks.count(0)
    more = f", {needs} of them needing you" if needs else ""
    return Text(f"and {counted(len(ranks), 'more notebook')}{more}", "bright_black")


def rank(state: mqtt.State) -> tuple[int, str, str]:
    """Return what the sessions are sorted by: who needs a person, who runs, the rest; by title."""
    if state.phase in mqtt.NEEDS_A_PERSON or state.attention is not None:
        place = 0
    else:
        place = 1 if state.phase == "running" else 2
    return place, state.title.casefold(), state.id


def standing(browser: mqtt.ChromeInfo | mqtt.BrowserInfo) -> str:
    """Return how it stands with a browser, in the few words of a headline."""
    named = f"{browser.name} " if isinstance(browser, mqtt.BrowserInfo) else ""
    if browser.state == "connected":
        return named + (browser.product or "").removeprefix("Chrome/")
    return f"{named}{browser.state} ({browser.reason})"


def called(state: mqtt.State) -> str:
    """Return what a session's notebook is called, and in which browser where there are several."""
    return printable(f"{state.title} ({state.browser})" if state.browser else state.title)


def notice(state: mqtt.State) -> str:
    """Return what a person should know of a session beyond its phase."""
    return printable(state.attention.text) if state.attention else ""


def detail(state: mqtt.State) -> str:
    """Return what stands behind a session's phase and title on a terminal."""
    if state.attention is not None:
        return notice(state)
    parts = [*how_far(state.progress)] or [*_what_was_done(state)]
    if state.output.last_line:
        parts.append(printable(state.output.last_line).strip())
    return " · ".join(parts)


def how_far(progress: mqtt.Progress) -> Iterator[str]:
    """Yield how far a run is, how long it still takes, and its loss, as far as they are known."""
    if progress.fraction is not None:
        yield f"{min(max(progress.fraction, 0.0), 1.0):.0%}".replace("%", " %")
    elif reached := position(progress):
        yield reached
    if progress.eta_s:
        yield f"{duration(progress.eta_s)} left"
    if "loss" in progress.metrics:
        yield f"loss {progress.metrics['loss']:.4g}"


def position(progress: mqtt.Progress) -> str:
    """Return the epoch or the step at which a run is; nothing where neither is known."""
    if progress.epoch is not None:
        return f"epoch {progress.epoch}" + (f" of {progress.epochs}" if progress.epochs else "")
    if progress.step is not None:
        return f"step {progress.step:,}" + (f" of {progress.total:,}" if progress.total else "")
    return ""


def _what_was_done(state: mqtt.State) -> Iterator[str]:
    """Yield what is known of a session that tells nothing of how far it is."""
    if state.runtime.accelerator:
        yield printable(state.runtime.accelerator)
    if state.output.page_lines:
        yield f"{counted(state.output.page_lines, 'line')} in the page"
    if state.duties.clear.count:
        yield f"cleared {times(state.duties.clear.count)}"
    if state.duties.keep_alive.count:
        yield f"kept alive {times(state.duties.keep_alive.count)}"
