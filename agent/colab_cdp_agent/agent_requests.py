"""What a person asks of the agent itself, rather than of one notebook."""

import asyncio
from collections.abc import Callable, Iterator

from colab_cdp_agent.answer import Answer, done
from colab_cdp_agent.config import Config, state_dir
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_agent.tell.screen import called
from colab_cdp_agent.watch.browsers import Browsers
from colab_cdp_protocols import mqtt


class AgentRequests:
    """Carries out the verbs of the agent.

    Args:
        config: what the agent was set to.
        board: what is published.
        bulletin: the states of all sessions.
        browsers: whose sessions they are.
        info: gives how it stands with the agent.

    """

    def __init__(
        self,
        config: Config,
        board: Board,
        bulletin: Bulletin,
        browsers: Browsers,
        info: Callable[[], mqtt.Info],
    ) -> None:
        self._config = config
        self._board = board
        self._bulletin = bulletin
        self._browsers = browsers
        self._info = info

    async def carry_out(self, verb: str) -> Answer:
        """Carry out a verb; none of them takes arguments."""
        if verb == "sessions":
            entries = self._bulletin.sessions()
            return done(f"{len(entries)} sessions", entries)
        if verb == "refresh":
            self._board.repeat_all()
            asks = (
                "; Chrome asks once more: click Allow in it" if self._browsers.ask_again() else ""
            )
            return done(f"everything is published anew{asks}")
        if verb == "doctor":
            findings = [*await asyncio.to_thread(self._machine), *self._chrome(), *self._pages()]
            wrong = sum(finding["ok"] is False for finding in findings)
            return done(f"{wrong} findings need you" if wrong else "all is well", findings)
        self._browsers.pause(on=verb == "pause")
        return done("the duties rest" if self._browsers.paused else "the duties are done again")

    def _machine(self) -> list[dict[str, object]]:
        """Look at the computer, as far as that is possible without a new connection to Chrome."""
        # The doctor's package imports the agent: it is a command of its own.
        from colab_cdp_agent.doctor import machine  # noqa: PLC0415

        found = [machine.python(), *machine.folders(state_dir(), self._config.archive)]
        return [_finding(each.what, each.remedy, ok=each.ok) for each in found]

    def _chrome(self) -> Iterator[dict[str, object]]:
        for browser in self._browsers.several or (self._browsers.info,):
            name = browser.name if isinstance(browser, mqtt.BrowserInfo) else "Chrome"
            if browser.state == "connected":
                yield _finding(f"{name}: {browser.product}", ok=True)
            else:
                yield _finding(f"{name}: {browser.state}: {browser.reason}", ok=False)

    def _pages(self) -> Iterator[dict[str, object]]:
        """Say how each notebook stands; nothing in a tab is touched."""
        for state in self._bulletin.states.values():
            said = f"{called(state)}: {state.phase}"
            if state.attention is not None:
                yield _finding(f"{said}: {state.attention.text}", ok=False)
            else:
                detector = state.witnesses.detector
                yield _finding(f"{said} ({detector})" if detector else said, ok=True)


def _finding(what: str, remedy: str = "", *, ok: bool | None) -> dict[str, object]:
    return {"ok": ok, "what": what, "remedy": remedy}
