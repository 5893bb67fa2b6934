"""One open notebook: attached to, read once by the observer, listened to, and left as it was."""

import asyncio
from collections import Counter

import msgspec
from msgspec import structs

from colab_cdp_agent.chrome.browser import Browser, ChromeError, ScriptThrewError
from colab_cdp_agent.chrome.tab import Tab, script
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.tell.screen import printable
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading, Seen
from colab_cdp_agent.watch.verdict import LOADING_GRACE_S, verdict
from colab_cdp_protocols import cdp, mqtt

WIRE_LIMIT_S = 3.0
POLL_S = 0.05
WORLD = "colab-cdp-agent-doctor"
"""A world of that name is shared by all who ask for it: an agent at work has another."""
ASLEEP = "look at the tab in Chrome: it sleeps, hangs or shows an alert; the agent waits for it"
MISFIT = "reload the tab; if that does not help, the site has changed: update, or use --site FILE"


async def examine(
    browser: Browser, info: cdp.TargetInfo, profile: Profile, frames: Counter[str]
) -> Finding:
    """Read a tab by its site profile, and say what the agent would make of it.

    `frames` counts, by session, the WebSocket frames that the browser tells of.
    """
    title = printable(profile.title(info.title))
    tab = Tab(browser, info)
    try:
        await tab.attach()
        await tab.call(cdp.watch_network())
        reading = await _read(tab, profile)
        found = judge(title, reading, profile)
        heard = await _hear(tab, frames) if "running" in reading.states else None
    except ChromeError as error:
        what, brief = f"{title}: {error}", f"{title} cannot be read"
        return Finding(ok=False, what=what, remedy=ASLEEP, brief=brief)
    finally:
        await tab.detach()
    return found if heard is None else with_wire(found, heard=heard)


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


async def _read(tab: Tab, profile: Profile) -> PageReading:
    """Install the observer in a world of its own, and take it out again once it has read."""
    frame = (await tab.call(cdp.get_frame_tree())).frame_tree.frame.id
    world = (await tab.call(cdp.create_isolated_world(frame, WORLD))).execution_context_id
    seen = await _call(tab, world, "observe", {"profile": msgspec.to_builtins(profile)})
    await _call(tab, world, "stop", {})
    try:
        return msgspec.convert(seen, PageReading)
    except msgspec.ValidationError as error:
        raise ScriptThrewError(f"observe.js returned something else: {error}") from error


async def _call(tab: Tab, world: int, name: str, options: object) -> object:
    call = cdp.call_function(script(name), world, options, group=WORLD, wait=False)
    result = await tab.call(call)
    if result.exception_details is not None:
        await tab.call(cdp.release_objects(WORLD))
        raise ScriptThrewError(f"{name}.js: {result.exception_details}")
    try:
        return result.read(object)
    except cdp.MalformedFrameError as error:
        raise ScriptThrewError(f"{name}.js: {error}") from error
