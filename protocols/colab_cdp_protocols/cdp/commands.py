"""The commands that the agent gives, each with the type of its result.

Source: https://chromedevtools.github.io/devtools-protocol/tot/
"""

from typing import Any

from colab_cdp_protocols.cdp.frames import Command
from colab_cdp_protocols.cdp.results import (
    AttachedSession,
    FrameTree,
    ScriptResult,
    SystemInfo,
    Version,
    World,
)


def get_version() -> Command[Version]:
    """Ask for the browser's product name and version."""
    return Command("Browser.getVersion", {}, Version)


def get_system_info() -> Command[SystemInfo]:
    """Ask for the command line with which the browser runs."""
    return Command("SystemInfo.getInfo", {}, SystemInfo)


def discover_targets() -> Command[Any]:
    """Ask to be told of every page: created, changed, destroyed and crashed."""
    return Command("Target.setDiscoverTargets", {"discover": True, "filter": [{"type": "page"}]})


def attach(target: str) -> Command[AttachedSession]:
    """Open a flat session to a target."""
    return Command("Target.attachToTarget", {"targetId": target, "flatten": True}, AttachedSession)


def detach(session: str) -> Command[Any]:
    """End a session; what it had enabled ends with it."""
    return Command("Target.detachFromTarget", {"sessionId": session})


def auto_attach() -> Command[Any]:
    """Attach to a page's cross-site frames and workers, now and as they come.

    On the session of a page, a frame or a worker only, never the browser's: there it makes a
    person's pop-ups hang.
    """
    how = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
    wanted = {"filter": [{"type": "iframe"}, {"type": "worker"}]}
    return Command("Target.setAutoAttach", how | wanted)


def watch_network() -> Command[Any]:
    """Ask for the frames of WebSockets, also of those that are open already.

    The buffers for bodies of other requests, which nobody asks for, are as small as they can be.
    """
    return Command("Network.enable", {"maxTotalBufferSize": 1, "maxResourceBufferSize": 1})


def get_frame_tree() -> Command[FrameTree]:
    """Ask for a page's main frame."""
    return Command("Page.getFrameTree", {}, FrameTree)


def create_isolated_world(frame: str, name: str) -> Command[World]:
    """Make (or find) the isolated world of that name in a frame."""
    return Command("Page.createIsolatedWorld", {"frameId": frame, "worldName": name}, World)


def call_function(
    declaration: str, context: int, options: object, *, group: str, wait: bool
) -> Command[ScriptResult]:
    """Call a function of one options object in a world.

    What it returns comes back as JSON text: making a value of it in the browser would cost more
    than the call itself. With `wait` a promise is waited for.
    """
    make_text = (
        f"async (options) => JSON.stringify(await ({declaration}\n)(options))"
        if wait
        else f"(options) => JSON.stringify(({declaration}\n)(options))"
    )
    return Command(
        "Runtime.callFunctionOn",
        {
            "functionDeclaration": make_text,
            "executionContextId": context,
            "arguments": [{"value": options}],
            "returnByValue": True,
            "awaitPromise": wait,
            "objectGroup": group,
        },
        ScriptResult,
    )


def run_source(
    source: str, context: int, *, group: str, limit_s: float, most_characters: int
) -> Command[ScriptResult]:
    """Run a function of no arguments, given by its source, in a world; its promise is waited for.

    What it returns comes back as JSON text, cut off where it is longer than it may be. A loop that
    does not end is ended by the browser.
    """
    text = f"JSON.stringify(await ({source}\n)())?.slice(0, {most_characters + 1})"
    return Command(
        "Runtime.evaluate",
        {
            "expression": f"(async () => {text})()",
            "contextId": context,
            "returnByValue": True,
            "awaitPromise": True,
            "timeout": limit_s * 1000,
            "objectGroup": group,
        },
        ScriptResult,
    )


def release_objects(group: str) -> Command[Any]:
    """Let go of every remote object of a group: a thrown error is kept in it."""
    return Command("Runtime.releaseObjectGroup", {"objectGroup": group})


def thaw() -> Command[Any]:
    """Wake a tab that Chrome froze in the background; a tab that is awake stays as it is."""
    return Command("Page.setWebLifecycleState", {"state": "active"})


def emulate_focus(*, on: bool) -> Command[Any]:
    """Let a page take itself for the visible and focused one; its tab is not raised."""
    return Command("Emulation.setFocusEmulationEnabled", {"enabled": on})


def start_screencast(size: int, quality: int) -> Command[Any]:
    """Ask for pictures of a page as it paints, JPEG, no side longer than that many pixels."""
    wanted = {"format": "jpeg", "quality": quality, "maxWidth": size, "maxHeight": size}
    return Command("Page.startScreencast", wanted)


def acknowledge_frame(number: int) -> Command[Any]:
    """Take note of one picture: the next is not sent before."""
    return Command("Page.screencastFrameAck", {"sessionId": number})


def stop_screencast() -> Command[Any]:
    """Ask for no more pictures."""
    return Command("Page.stopScreencast", {})
