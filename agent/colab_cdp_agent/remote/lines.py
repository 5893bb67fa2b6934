"""Changes as lines: for a pipe or a file that a person reads, and as JSON for programs."""

from msgspec import UNSET

from colab_cdp_agent.printable import printable, printable_json
from colab_cdp_agent.remote.news import Change
from colab_cdp_agent.tell.screen import called, notice
from colab_cdp_protocols import mqtt


def json_line(change: Change) -> str:
    """Return a change as JSON."""
    return printable_json(mqtt.encode(change).decode())


class PlainLines:
    """A line for each change that a person should know of: not for each step of a run."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, ...], str] = {}

    def line(self, change: Change) -> str | None:
        """Return the change in words, null where it says nothing new."""
        about, says = _words(change)
        if says is None or change.status is None:
            self._forget(about)
        if says is None or self._said.get(about) == says:
            return None
        self._said[about] = says
        return f"{change.at.astimezone():%H:%M:%S} {says}"

    def _forget(self, about: tuple[str, ...]) -> None:
        for key in [key for key in self._said if key[: len(about)] == about]:
            del self._said[key]


def _words(change: Change) -> tuple[tuple[str, ...], str | None]:
    """Return what a change is about, and what there is to say of it; null when it is gone."""
    if change.broker is not UNSET:
        why = f": {printable(change.reason)}" if change.reason is not UNSET else ""
        where = f" to {change.where}" if change.where is not UNSET else ""
        return (), f"broker {change.broker}{where}{why}"
    agent = str(change.agent)
    if change.session is not UNSET:
        state = change.state
        if not isinstance(state, mqtt.State):
            return (agent, change.session), None
        words = f"{state.phase:<12} {agent}/{called(state)}  {notice(state)}"
        return (agent, change.session), words.rstrip()
    if change.info is not UNSET:
        return (agent, "Chrome"), None if change.info is None else _chrome(agent, change.info)
    return (agent,), f"{change.status or 'removed':<12} {agent}"


def _chrome(agent: str, info: mqtt.Info) -> str:
    return f"{agent}: Chrome {', '.join(map(_stands, info.browsers or (info.chrome,)))}"


def _stands(browser: mqtt.ChromeInfo | mqtt.BrowserInfo) -> str:
    named = f"{printable(browser.name)} " if isinstance(browser, mqtt.BrowserInfo) else ""
    reason = f" ({printable(browser.reason)})" if browser.reason else ""
    return f"{named}{browser.state}{reason}"
