"""One open notebook: attached to, read once by the observer, and left as it was."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from colab_cdp_agent.chrome.browser import Browser, ChromeError, ScriptThrewError
from colab_cdp_agent.chrome.tab import Tab, script
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.tell.screen import printable
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading, Seen
from colab_cdp_agent.watch.verdict import LOADING_GRACE_S, verdict
from colab_cdp_protocols import cdp

T = TypeVar("T")

WORLD = "colab-cdp-agent-doctor"
"""A world of that name is shared by all who ask for it: an agent at work has another."""
ASLEEP = "look at the tab in Chrome: it sleeps, hangs or shows an alert; the agent waits for it"
MISFIT = (
    "reload the tab; if that does not help, the site has changed: update, or write a capture of it"
    " with --capture, to report it or to mend the profile from (docs/profiles.md)"
)


async def examine(browser: Browser, info: cdp.TargetInfo, profile: Profile) -> Finding:
    """Read a tab by its site profile, and say what the agent would make of it."""
    title = printable(profile.title(info.title))
    try:
        async with observed(Tab(browser, info), profile) as (_, reading):
            return judge(title, reading, profile)
    except ChromeError as error:
        return Finding(ok=False, what=f"{title}: {error}", remedy=ASLEEP)


def judge(title: str, reading: PageReading, profile: Profile) -> Finding:
    """Say what a reading means: the phase and the detector that answered, or what is missing."""
    now = verdict(Seen("attached", reading, loaded_s=LOADING_GRACE_S), profile)
    said = f"{title}: {now.phase}"
    if now.finding is not None:
        said += f": {now.finding.text}"
    if now.phase == "unreadable":
        return Finding(ok=False, what=said, remedy=MISFIT)
    if now.detector is not None:
        said += f" ({profile.site}: {now.connection}, by {now.detector})"
    if reading.broken:
        said += f"; {len(reading.broken)} paths do not parse in this browser: {reading.broken[0]!r}"
        return Finding(ok=False, what=said, remedy=f"correct them in the profile {profile.site}")
    return Finding(ok=True, what=said)


class World:
    """The world in a tab that only a visitor has: what is installed there, the page never sees."""

    def __init__(self, tab: Tab, number: int) -> None:
        self._tab = tab
        self._number = number

    async def call(self, name: str, options: object, shape: type[T], within: float = 5.0) -> T:
        """Run a page script in it and return what it returned.

        Raises:
            ScriptThrewError: the script threw, or returned another shape.
            ChromeError: as `Browser.call`.

        """
        call = cdp.call_function(script(name), self._number, options, group=WORLD, wait=False)
        result = await self._tab.call(call, within)
        if result.exception_details is not None:
            await self._tab.call(cdp.release_objects(WORLD))
            raise ScriptThrewError(f"{name}.js: {result.exception_details}")
        try:
            return result.read(shape)
        except cdp.MalformedFrameError as error:
            raise ScriptThrewError(f"{name}.js returned something else: {error}") from error


@asynccontextmanager
async def observed(tab: Tab, profile: Profile) -> AsyncGenerator[tuple[World, PageReading]]:
    """Attach to a tab, read it once, and take the observer out again once its reading was used.

    Raises:
        ChromeError: the tab, or the browser, does not answer.

    """
    try:
        await tab.attach()
        frame = (await tab.call(cdp.get_frame_tree())).frame_tree.frame.id
        number = (await tab.call(cdp.create_isolated_world(frame, WORLD))).execution_context_id
        world = World(tab, number)
        options = {"profile": msgspec.to_builtins(profile)}
        reading = await world.call("observe", options, PageReading)
        yield world, reading
        await world.call("stop", {}, bool)
    finally:
        await tab.detach()
