"""One open notebook: attached to, read once by the observer, listened to, and left as it was."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import msgspec
from msgspec import structs

from colab_cdp_agent.chrome.browser import Browser, ChromeError, ScriptThrewError
from colab_cdp_agent.chrome.tab import Tab, script
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.printable import printable
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading, Seen
from colab_cdp_agent.watch.verdict import LOADING_GRACE_S, verdict
from colab_cdp_protocols import cdp, mqtt

T = TypeVar("T")

WIRE_LIMIT_S = 3.0
POLL_S = 0.05
STOP_LIMIT_S = 2.0
WORLD = "colab-cdp-agent-doctor"
"""A world of that name is shared by all who ask for it: an agent at work has another."""
ASLEEP = "look at the tab in Chrome: it sleeps, hangs or shows an alert; the agent waits for it"
MISFIT = (
    "reload the tab; if that does not help, the site has changed: update, or write a capture of it"
    " with --capture, to report it or to mend the profile from (docs/profiles.md)"
)


async def examine(
    browser: Browser, info: cdp.TargetInfo, profile: Profile, frames: Counter[str]
) -> Finding:
    """Read a tab by its site profile, and say what the agent would make of it.

    `frames` counts, by session, the WebSocket frames that the browser tells of.
    """
    title, tab = printable(profile.title(info.title)), Tab(browser, info)
    try:
        async with observed(tab, profile) as (_, reading):
            found = judge(title, reading, profile)
            if "running" not in reading.states:
                return found
            await tab.call(cdp.watch_network())
            return with_wire(found, heard=await _hear(tab, frames))
    except ChromeError as error:
        return unanswered(title, error)


def unanswered(title: str, error: ChromeError) -> Finding:
    """Say of a tab that it, or the browser, did not answer."""
    brief = f"{title} cannot be read"
    return Finding(ok=False, what=f"{title}: {error}", remedy=ASLEEP, brief=brief)


def judge(title: str, reading: PageReading, profile: Profile) -> Finding:
    """Say what a reading means: the phase and the detector that answered, or what is missing."""
    now = verdict(Seen("attached", reading, loaded_s=LOADING_GRACE_S), profile)
    said = f"{title}: {now.phase}"
    if now.finding is not None:
        said += f": {now.finding.text}"
    if now.phase == "unreadable":
        return Finding(ok=False, what=said, remedy=MISFIT, brief=f"{title} cannot be read")
    if now.detector is not None:
        said += f" ({profile.site}: {now.connection}, by {now.detector})"
    if build := (*reading.values.get("build", ()), None)[0]:
        said += f", build {printable(build)}"
    if reading.broken:
        said += f"; {len(reading.broken)} paths do not parse in this browser: {reading.broken[0]!r}"
        return Finding(ok=False, what=said, remedy=f"correct them in the profile {profile.site}")
    spoils = now.phase in mqtt.NEEDS_A_PERSON
    return Finding(ok=True, what=said, brief=f"{title} needs you" if spoils else "", spoils=spoils)


def with_wire(found: Finding, *, heard: bool) -> Finding:
    """Add to a finding on a page whose cell runs whether its kernel was heard."""
    if heard:
        return structs.replace(found, what=f"{found.what}; its kernel is heard")
    what = f"{found.what}; its kernel was not heard in {WIRE_LIMIT_S:.0f} s, so it prints nothing"
    return structs.replace(found, what=f"{what}, or goes by another way than a WebSocket")


async def _hear(tab: Tab, frames: Counter[str]) -> bool:
    """Return whether a frame of the tab's WebSockets comes within some seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WIRE_LIMIT_S
    while not frames[tab.session or ""]:
        if tab.session is None or loop.time() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True


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
    """Attach to a tab, read it once, and take the observer out again, whatever comes of its use.

    Raises:
        ChromeError: the tab, or the browser, does not answer.

    """
    try:
        await tab.attach()
        frame = (await tab.call(cdp.get_frame_tree())).frame_tree.frame.id
        number = (await tab.call(cdp.create_isolated_world(frame, WORLD))).execution_context_id
        world = World(tab, number)
        async with _observer(world, profile) as reading:
            yield world, reading
    finally:
        await tab.detach()


@asynccontextmanager
async def _observer(world: World, profile: Profile) -> AsyncGenerator[PageReading]:
    """Install the observer for as long as the block lasts: what fails in it is what is told."""
    options = {"profile": msgspec.to_builtins(profile)}
    reading = await world.call("observe", options, PageReading)
    try:
        yield reading
    except BaseException:
        with suppress(ChromeError):
            await world.call("stop", {}, bool, STOP_LIMIT_S)
        raise
    await world.call("stop", {}, bool)
