"""What events carry. Their members keep the protocol's own spelling.

Source: https://chromedevtools.github.io/devtools-protocol/tot/
"""

import base64

import msgspec

from colab_cdp_protocols.cdp.results import TargetInfo

TEXT_FRAME, BINARY_FRAME = 1, 2
"""Opcodes of WebSocket frames: https://www.rfc-editor.org/rfc/rfc6455#section-5.2"""


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
    """The parameters of `Network.responseReceived`: what is loaded, and into which frame."""

    request_id: str
    type: str
    frame_id: str = ""


class LoadingFailed(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of `Network.loadingFailed`: what is not loaded; `canceled` by intent."""

    request_id: str
    canceled: bool = False


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
