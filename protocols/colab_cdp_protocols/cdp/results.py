"""What commands answer. Their members keep the protocol's own spelling.

Source: https://chromedevtools.github.io/devtools-protocol/tot/
"""

from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from colab_cdp_protocols import json_text
from colab_cdp_protocols.cdp.frames import MalformedFrameError

T = TypeVar("T")


class Version(msgspec.Struct, frozen=True):
    """What `Browser.getVersion` answers."""

    product: str


class SystemInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What `SystemInfo.getInfo` answers; the command line is joined by spaces, without quotes."""

    command_line: str


class TargetInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One target: a page, a worker, a part of the browser's own interface.

    `title` is the document's own. Of a document without one Chrome says the address, in which a
    login's token may stand: then it is empty.
    """

    target_id: str
    type: str
    title: str
    url: str
    browser_context_id: str = ""

    def __post_init__(self) -> None:
        if _is_address(self.title, self.url):
            msgspec.structs.force_setattr(self, "title", "")


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


def _is_address(title: str, url: str) -> bool:
    """Return whether a title is its page's address, as Chrome shows one: host, path and query."""
    shown, slash, _ = title.casefold().partition("/")
    host = _host(url).removeprefix("www.")
    if not (slash and host):
        return False
    try:
        spoken = host.encode("ascii").decode("idna")
    except UnicodeError:
        spoken = host
    return host in shown or spoken in shown


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
