"""Every way in which attaching to a Chrome fails."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from websockets.asyncio.server import ServerConnection, serve

from chromium import free_port
from colab_cdp_agent.chrome import managed, version_page
from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.attached import Attached
from colab_cdp_agent.chrome.browser import Browser, ChromeError, connect_browser
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.processes import RunningBrowser
from colab_cdp_agent.chrome.silence import Surroundings, explain
from colab_cdp_agent.chrome.tabs import Tabs
from colab_cdp_agent.chrome.user_data_folders import UserDataFolder
from colab_cdp_agent.settings.names import UsualPort
from colab_cdp_protocols import cdp
from command import Command, run
from scene import set_scene
from stranger import HOST, http, stranger
from troubles.register import Place, error_of, logged, played, says

WHERE = f"{HOST}:9222"
FROZEN_LIMIT_S = 30.0

Talk = Callable[[ServerConnection], Awaitable[None]]


def located(port: int, folder: Path | None = None) -> str:
    """Return with what sentence and remedy a Chrome is not found."""
    return error_of(lambda: played(locate(HOST, port, folder)), ChromeAbsentError)


def explained(*browsers: RunningBrowser, policy: str | None = None) -> str:
    """Return why nothing listens on 9222 beside these browsers, and what to do."""
    error = explain(WHERE, 9222, Surroundings(browsers, policy), "linux")
    return f"{error}\n{error.remedy}"


@says(
    "nothing listens on 127.0.0.1:9222",
    "waiting for Chrome",
    "start a Chrome that listens, with a profile folder of its own (since Chrome 136 the port is"
    " ignored for the everyday profile): colab-cdp-agent chrome --port 9222, or by hand: …; or let"
    " the agent into the Chrome that is open (144 or newer): tick the box at"
    " chrome://inspect/#remote-debugging in it, and start the agent without --port",
)
def nothing_listens(place: Place) -> str:
    agent = Command(place.folder, "--port", str(free_port()), "--no-mqtt")
    line = agent.until("waiting for Chrome")
    agent.process.terminate()
    agent.end()
    return f"{line}\n{located(free_port())}"


def looked_everywhere(*folders: UserDataFolder) -> str:
    """Return how no browser is found, where none was named, beside these folders."""
    port = UsualPort(free_port())
    return error_of(lambda: played(locate(HOST, port, None, folders)), ChromeAbsentError)


@says("…, and no browser of this computer has allowed remote debugging")
def none_allowed(_place: Place) -> str:
    return looked_everywhere()


@says("…, nor where … listened before: it has ended, or allows it no more")
def one_has_ended(place: Place) -> str:
    stale(place)
    return looked_everywhere(UserDataFolder("Chromium", place.folder))


@says("nothing listens on 127.0.0.1:9222, and no Chrome was found running")
def none_runs(_place: Place) -> str:
    return explained()


@says(
    "nothing listens on 127.0.0.1:9222: … runs without a debugging port",
    "tick 'Allow remote debugging for this browser instance' at chrome://inspect/#remote-debugging,"
    " or …",
)
def without_a_port(_place: Place) -> str:
    return explained(RunningBrowser(7, "Chrome"))


@says(
    "nothing listens on 127.0.0.1:9222: … has that port, but its everyday profile, so ignores it",
    "end it, and start a Chrome that listens, …",
)
def everyday_profile(_place: Place) -> str:
    return explained(RunningBrowser(7, "Chrome", 9222))


@says(
    "nothing listens on 127.0.0.1:9222: … has that port and the folder …, but is not ready",
    "wait until it has started; if it does not get ready, end it, and start a Chrome that listens,"
    " …",
)
def not_ready(_place: Place) -> str:
    return explained(RunningBrowser(7, "Chrome", 9222, "/home/me/night"))


@says("nothing listens on 127.0.0.1:9222: … has the port …", "name it: --port …")
def another_port(_place: Place) -> str:
    return explained(RunningBrowser(7, "Chrome", 9333, "/home/me/night"))


@says(
    "nothing listens on 127.0.0.1:9222: … took a port of its own choice",
    'name its folder: --profile-dir "…"',
)
def any_port(_place: Place) -> str:
    return explained(RunningBrowser(7, "Chrome", 0, "/home/me/night"))


@says(
    "nothing listens on 127.0.0.1:9222: … forbids it: RemoteDebuggingAllowed is false",
    "ask whoever manages this computer, or use a browser that is not managed, such as Chromium",
)
def forbidden(place: Place) -> str:
    (place.folder / "it.json").write_text('{"RemoteDebuggingAllowed": false}', encoding="utf-8")
    return explained(policy=next(managed.linux((place.folder,))))


@says(
    "127.0.0.1:9222 answers 404 for /json/version: either this is not Chrome, or it is a Chrome"
    " that asks for consent, and whose profile folder is at none of the usual places",
    "give the profile folder with --profile-dir, or …",
)
def asks_from_an_unusual_folder(_place: Place) -> str:
    with stranger(http("404 Not Found", b"")) as there:
        return located(there.port)


@says(
    "127.0.0.1:9222 is an HTTP server (status …), but not Chrome's debugging port",
    "free port 9222, or name Chrome's own port with --port",
)
def web_server(_place: Place) -> str:
    with stranger(http("200 OK", b"<h1>It works!</h1>")) as there:
        return located(there.port)


@says(
    "127.0.0.1:9222 does not speak HTTP: another program holds this port",
    "name Chrome's own port with --port, or free port 9222",
)
def no_http(_place: Place) -> str:
    with stranger(b"SSH-2.0-OpenSSH_9.9\r\n") as there:
        return located(there.port)


@says("127.0.0.1:9222 speaks TLS: another program holds this port")
def tls(_place: Place) -> str:
    with stranger(b"\x15\x03\x01\x00\x02\x02\x46") as there:
        return located(there.port)


@says(
    "127.0.0.1:9222 accepts connections but does not answer: a frozen Chrome, or no Chrome",
    "look what holds port 9222, or name Chrome's own port with --port",
)
def silent(place: Place) -> str:
    place.patch.setattr(version_page, "ANSWER_LIMIT_S", 0.2)
    with stranger(None) as there:
        return located(there.port)


@says(
    "…: there is no such folder",
    "name the folder of a running Chrome that listens: the one that chrome://version calls"
    " 'Profile Path', without its last part",
)
def no_folder(place: Place) -> str:
    return located(0, place.folder / "none")


@says("… is no folder of Chrome's: there is no 'Local State' in it")
def strange_folder(place: Place) -> str:
    return located(0, place.folder)


@says(
    "… is one of the profiles in a folder of Chrome's",
    'name the folder above it: --profile-dir "…"',
)
def one_profile(place: Place) -> str:
    (place.folder / "Local State").write_text("{}", encoding="ascii")
    (place.folder / "Default").mkdir()
    return located(0, place.folder / "Default")


@says(
    "the Chrome of … does not listen: there is no DevToolsActivePort in it",
    "a Chrome that was started with a port of its own writes none: name it with --port; else …",
)
def silent_folder(place: Place) -> str:
    (place.folder / "Local State").write_text("{}", encoding="ascii")
    return located(0, place.folder)


@says(
    "…/DevToolsActivePort does not hold a port and a path",
    "restart that Chrome: it writes the file",
)
def garbage_in_the_port_file(place: Place) -> str:
    (place.folder / "DevToolsActivePort").write_text("9222", encoding="ascii")
    return located(0, place.folder)


def stale(place: Place, port: int | None = None) -> None:
    """Leave the port file of a Chrome that has ended; by default nothing listens on its port."""
    text = f"{port or free_port()}\n/devtools/browser/gone"
    (place.folder / "DevToolsActivePort").write_text(text, encoding="ascii")


@says(
    "… names port …, and nothing listens there: that Chrome has ended",
    "start it again; if it runs, its box at chrome://inspect/#remote-debugging is unticked",
)
def stale_port_file(place: Place) -> str:
    stale(place)
    return located(0, place.folder)


@says(
    "… is of a Chrome that has ended: another one listens on …",
    "start the one of this folder, or name the other one with --port …",
)
def anothers_port(place: Place) -> str:
    version = b'{"webSocketDebuggerUrl": "ws://localhost:1/devtools/browser/another"}'
    with stranger(http("200 OK", version)) as there:
        stale(place, there.port)
        return located(0, place.folder)


@says("Chrome does not answer: …")
def gone_meanwhile(_place: Place) -> str:
    return error_of(lambda: played(attached(free_port())), ChromeError)


@says("Chrome refused the connection (HTTP …)")
def refused(_place: Place) -> str:
    with stranger(http("403 Forbidden", b"")) as there:
        return error_of(lambda: played(attached(there.port)), ChromeError)


async def attached(port: int, *calls: cdp.Command[Any], within: float = 10.0) -> None:
    """Connect to whatever is on a port, and ask it something."""
    address = f"ws://{HOST}:{port}/devtools/browser/1"
    async with (
        connect_browser(address, Tabs(bool).take, patience=5) as browser,
        asyncio.TaskGroup() as tasks,
    ):
        reading = tasks.create_task(browser.read())
        tasks.create_task(browser.run_errands())
        for call in calls:
            await browser.call(call, within=within)
        await reading


def facing(talk: Talk, *calls: cdp.Command[Any], within: float = 10.0) -> str:
    """Return how a connection ends to a Chrome that talks like this, and what was logged."""
    fates: list[str] = []

    async def story() -> None:
        async with serve(talk, HOST, 0, close_timeout=0.1) as server:
            try:
                await attached(server.sockets[0].getsockname()[1], *calls, within=within)
            except* ChromeError as group:
                fates.extend(map(str, group.exceptions))

    lines = logged(lambda: played(story()))
    return "\n".join([lines, *fates])


@says("Chrome closed the connection")
def closed(_place: Place) -> str:
    async def talk(other: ServerConnection) -> None:
        await other.close()

    return facing(talk)


@says("the connection to Chrome broke off")
def broke_off(_place: Place) -> str:
    async def talk(other: ServerConnection) -> None:
        other.transport.abort()

    return facing(talk)


@says("chrome sent a frame that is not CDP", "chrome sent an event of another shape")
def odd_frames(_place: Place) -> str:
    async def talk(other: ServerConnection) -> None:
        await other.send("no JSON")
        await other.send(json.dumps({"method": "Target.targetCreated", "params": {"a": 1}}))

    return facing(talk)


@says("…: no answer in … s")
def late(_place: Place) -> str:
    async def talk(other: ServerConnection) -> None:
        await other.wait_closed()

    return facing(talk, cdp.get_version(), within=0.1)


@says("chrome sent an answer of another shape")
def odd_answer(_place: Place) -> str:
    async def story() -> None:
        class Silent:
            async def send(self, _text: bytes) -> None:
                """Take it."""

        browser = Browser(cast(Any, Silent()), lambda _event: None)

        def undo(late: cdp.SessionOpened) -> cdp.Command[Any]:
            return cdp.detach(late.session_id)

        asked = asyncio.ensure_future(
            browser.call(cast(Any, cdp.attach("T")), within=0.05, undo=undo)
        )
        await asyncio.wait({asked})
        browser._take(json.dumps({"id": 1, "result": {"b": 2}}).encode())

    return logged(lambda: played(story()))


@says("this is the browser that is watched as '…' already")
def twice(_place: Place) -> str:
    """Lead to one browser by its port, and by its folder."""
    attached_to, address = Attached(), f"ws://{HOST}:1/devtools/browser/one"

    def hold_again() -> None:
        with attached_to.hold(address, "work"), attached_to.hold(address, "home"):
            raise AssertionError("it was held twice")

    return error_of(hold_again, ChromeAbsentError)


@says("Chrome does not answer: frozen, or overloaded")
def frozen(place: Place) -> str:
    with set_scene(place.folder) as scene:
        scene.chromium.freeze()
        try:
            said = scene.night.until(
                lambda: "frozen" in str(scene.night.info()["chrome"]) and scene.night.info(),
                FROZEN_LIMIT_S,
            )
        finally:
            scene.chromium.thaw()
    return str(said)


@says(
    "… is another machine: the debugging port has no password and no encryption, and whoever"
    " reaches it can read every tab, cookie and account of that browser. Use an SSH tunnel to"
    " 127.0.0.1, or insist with --remote-chrome",
)
def another_machine(place: Place) -> str:
    (place.folder / "mine.yaml").write_text("chrome: {host: 192.0.2.1}\n", encoding="utf-8")
    return run(place.folder, "doctor", "--config", "mine.yaml").stdout
