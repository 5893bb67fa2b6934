"""The isolated worlds of a tab: one in its page, one in each of its cross-site frames.

A script there sees the page's elements and none of its variables, and the page sees nothing of it.
"""

from collections.abc import Callable
from typing import Any

from colab_cdp_agent.chrome.browser import (
    Browser,
    ChromeError,
    CommandRefusedError,
    NavigatedError,
    ScriptThrewError,
    SessionLostError,
)
from colab_cdp_protocols import cdp

WORLD = "colab-cdp-agent"
MAKE_LIMIT_S = 2.0

InWorld = Callable[[int], cdp.Command[cdp.ScriptResult]]
"""Makes the command that is sent, for the world with that number."""


class Worlds:
    """The worlds that were made, each once, and made anew where the page is another.

    Args:
        browser: where the tab is.
        target: Chrome's id of the tab.

    """

    def __init__(self, browser: Browser, target: str) -> None:
        self._browser = browser
        self._target = target
        self._made: dict[str | None, int] = {}

    async def enter(self, frame: str | None, session: str) -> int:
        """Return the world of the page (None), or of the frame with that session.

        Raises:
            NavigatedError: the page is on its way out.
            ChromeError: as `Browser.call`.

        """
        world = self._made.get(frame)
        if world is None:
            world = self._made[frame] = await self._make(frame, session)
        return world

    async def call(
        self, frame: str | None, session: str, command: InWorld, within: float, name: str
    ) -> cdp.ScriptResult:
        """Send a command in a world and return what came of it; `name` is the script's.

        Raises:
            NavigatedError: the page was navigated away before it answered.
            ScriptThrewError: the script threw.
            ChromeError: as `Browser.call`.

        """
        try:
            world = await self.enter(frame, session)
            result = await self._browser.call(command(world), session, within)
        except CommandRefusedError as error:
            self.forget(frame)
            raise _as_navigated(error) from error
        if result.exception_details is not None:
            await self._browser.call(cdp.release_objects(WORLD), session, within)
            raise ScriptThrewError(f"{name}: {result.exception_details}")
        return result

    def forget(self, frame: str | None) -> None:
        """Take note that a world is gone."""
        self._made.pop(frame, None)

    def clear(self) -> None:
        """Take note that all are gone."""
        self._made.clear()

    async def _make(self, frame: str | None, session: str) -> int:
        try:
            if frame is None:
                # Nearly always the main frame bears the target's id; after a prerender it may not.
                return await self._make_in(self._target, session)
        except CommandRefusedError as error:
            if "No frame" not in error.message:
                raise _as_navigated(error) from error
        tree = await self._ask(cdp.get_frame_tree(), session)
        return await self._make_in(tree.frame_tree.frame.id, session)

    async def _make_in(self, frame_id: str, session: str) -> int:
        made = await self._ask(cdp.create_isolated_world(frame_id, WORLD), session)
        number: int = made.execution_context_id
        return number

    async def _ask(self, command: cdp.Command[Any], session: str) -> Any:
        return await self._browser.call(command, session, MAKE_LIMIT_S)


def _as_navigated(error: CommandRefusedError) -> ChromeError:
    """Return the error that a refusal stands for."""
    if error.message.startswith((cdp.NAVIGATED, cdp.NO_CONTEXT)):
        return NavigatedError("navigated")
    if error.code == cdp.NO_SESSION:
        return SessionLostError("detached")
    return error
