"""The subset of the Chrome DevTools Protocol that the agent speaks.

Commands carry the type of their result; frames from the browser become `Reply`, `Refusal` or
`Event`. Flat sessions: a frame that belongs to an attached target names its `sessionId`.

Source: https://chromedevtools.github.io/devtools-protocol/tot/
"""

import base64
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from colab_cdp_protocols import json_text

T = TypeVar("T")

NAVIGATED = "Inspected target navigated or closed"
NO_CONTEXT = "Cannot find context with specified id"
NO_SESSION = -32001
INTERNAL_ERROR = -32603
TEXT_FRAME, BINARY_FRAME = 1, 2
"""Opcodes of WebSocket frames: https://www.rfc-editor.org/rfc/rfc6455#section-5.2"""


class MalformedFrameError(Exception):
    """A frame is not a CDP message; `str` says what was wrong with it."""


class Command(msgspec.Struct, Generic[T], frozen=True):
    """One call of a CDP method whose result has type `T`."""

    method: str
    params: Mapping[str, Any]
    result: Any = Any

    def encode(self, number: int, session: str | None) -> bytes:
        """Return the text frame of this command under its number, in a session or at the root."""
        frame: dict[str, Any] = {"id": number, "method": self.method, "params": self.params}
        if session is not None:
            frame["sessionId"] = session
        return _encoder.encode(frame)

    def parse(self, result: msgspec.Raw) -> T:
        """Return the command's result as its type.

        Raises:
            MalformedFrameError: the browser's answer has another shape.

        """
        try:
            value: T = json_text.decode(result, self.result)
        except (msgspec.DecodeError, RecursionError) as error:
            raise MalformedFrameError(f"{self.method} answered something else: {error}") from error
        return value


class Reply(msgspec.Struct, frozen=True):
    """The answer to the command of that number; `result` is still JSON."""

    number: int
    result: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True):
    """The browser's refusal of the command of that number."""

    number: int
    code: int
    message: str


class Event(msgspec.Struct, frozen=True):
    """Something that happened, in a session or (None) in the browser."""

    method: str
    params: msgspec.Raw
    session: str | None


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Frame(msgspec.Struct):
    id: int | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"{}")
    error: _Error | None = None
    sessionId: str | None = None  # noqa: N815 - the protocol's own spelling


_encoder = msgspec.json.Encoder()


def decode(frame: str | bytes) -> Reply | Refusal | Event:
    """Return what one frame of the browser says.

    Half of a UTF-16 pair, which JavaScript allows in a text, is read as U+FFFD.

    Raises:
        MalformedFrameError: the frame is no JSON object with an `id` or a `method`.

    """
    try:
        message = json_text.decode(frame, _Frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedFrameError(f"not a CDP frame: {error}") from error
    if message.id is not None:
        if message.error is not None:
            return Refusal(message.id, message.error.code, message.error.message)
        return Reply(message.id, message.result)
    if message.method is not None:
        return Event(message.method, message.params, message.sessionId)
    raise MalformedFrameError("not a CDP frame: neither an id nor a method in it")


# Values that commands answer and events carry. Their members keep the protocol's own spelling.


class Version(msgspec.Struct, frozen=True):
    """What `Browser.getVersion` answers."""

    product: str


class SystemInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What `SystemInfo.getInfo` answers; the command line is joined by spaces, without quotes."""

    command_line: str


class TargetInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One target: a page, a worker, a part of the browser's own interface."""

    target_id: str
    type: str
    title: str
    url: str
    browser_context_id: str = ""


class AttachedSession(msgspec.Struct, frozen=True, rename="camel"):
    """What `Target.attachToTarget` answers."""

    session_id: str


class World(msgspec.Struct, frozen=True, rename="camel"):
    """What `Page.createIsolatedWorld` answers."""

    execution_context_id: int


class Frame(msgspec.Struct, frozen=True):
    """One frame of a page."""

    id: str
    url: str


class _MainFrame(msgspec.Struct, frozen=True):
    frame: Frame


class FrameTree(msgspec.Struct, frozen=True, rename="camel"):
    """What `Page.getFrameTree` answers; the frames below the main one are left out."""

    frame_tree: _MainFrame


class RemoteValue(msgspec.Struct, frozen=True):
    """What a function returned, or threw; nothing is the same as null."""

    value: Any = "null"


class _Thrown(msgspec.Struct):
    description: str = ""


class ExceptionDetails(msgspec.Struct, frozen=True):
    """What a script threw."""

    text: str
    exception: _Thrown | None = None

    def __str__(self) -> str:
        return (self.exception and self.exception.description) or self.text


class ScriptResult(msgspec.Struct, frozen=True, rename="camel"):
    """What `Runtime.callFunctionOn` answers to `call_function`: JSON text, or what was thrown."""

    result: RemoteValue
    exception_details: ExceptionDetails | None = None

    def read(self, shape: type[T]) -> T:
        """Return the value that the function returned, as its type.

        Raises:
            MalformedFrameError: it has another shape, or there is none.

        """
        text = self.result.value
        try:
            return json_text.decode(text if isinstance(text, str) else "", shape)
        except (msgspec.DecodeError, RecursionError) as error:
            raise MalformedFrameError(f"a script returned something else: {error}") from error


class TargetEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Target.targetCreated` and `Target.targetInfoChanged`."""

    target_info: TargetInfo


class TargetGone(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Target.targetDestroyed` and `Target.targetCrashed`."""

    target_id: str


class SessionGone(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Target.detachedFromTarget`."""

    session_id: str


class SessionOpened(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Target.attachedToTarget`."""

    session_id: str
    target_info: TargetInfo


class SocketCreated(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Network.webSocketCreated`; the address may hold a secret."""

    request_id: str
    url: str


class Response(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Network.responseReceived`: what was loaded, and into which frame."""

    type: str
    frame_id: str = ""


class SocketClosed(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Network.webSocketClosed`."""

    request_id: str


class SocketPayload(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """One frame of a page's WebSocket: text (opcode 1), or bytes (2) in base64."""

    opcode: int
    payload_data: str

    def data(self) -> str | bytes:
        """Return what was sent, empty where it is neither text nor bytes."""
        if self.opcode == TEXT_FRAME:
            return self.payload_data
        try:
            return base64.b64decode(self.payload_data) if self.opcode == BINARY_FRAME else ""
        except ValueError:
            return ""


class SocketFrame(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The parameters of `Network.webSocketFrameReceived` and `Network.webSocketFrameSent`."""

    request_id: str
    response: SocketPayload


class ScreencastFrame(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Page.screencastFrame`: a picture in base64, and its number."""

    data: str
    session_id: int


def params(event: Event, shape: type[T]) -> T:
    """Return an event's parameters as one of the shapes above.

    Raises:
        MalformedFrameError: they have another shape.

    """
    try:
        return json_text.decode(event.params, shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedFrameError(f"{event.method} carried something else: {error}") from error


# Commands.


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
