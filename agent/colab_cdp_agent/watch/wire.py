"""The wire witness: what a tab's page and its kernel say to each other, heard through Chrome.

Chrome tells every frame of a page's WebSockets, also of those that were open before. Whatever is
no Jupyter message is passed over. The page is not touched.

Printed text is not urgent: what came in a tenth of a second is taken at once, at the same moments
in every tab, because a message in a row of others costs less than one by itself. It never comes
after what Chrome told later, and whoever looks at the witness looks at all of it.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable

import msgspec
import structlog

from colab_cdp_agent.watch.facts import Fact
from colab_cdp_agent.watch.kernel import Conversation
from colab_cdp_agent.watch.seen import WireReading
from colab_cdp_protocols import cdp, jupyter
from colab_cdp_protocols.mqtt import Kernel

FRAME_LIMIT_BYTES = 32 * 2**20
SOCKETS_KEPT = 64
FOREIGN_AFTER = 50
"""A socket whose first so many frames hold no Jupyter message speaks of something else."""
LIVELY_S = 15.0
PRINTED = re.compile(b"stream")
"""Stands in each frame that brings printed text; in another one it delays no more than a beat."""
MOST_WAITING_BYTES = 2**20
HEARTBEAT = 64
"""A frame of so few characters tells nothing of what a socket is for; an idle one has no other."""

CHANNELS = re.compile(r"/api/kernels/([^/?#]+)/channels(?:[?#]|$)")

log = structlog.get_logger()

SocketId = tuple[str, str]
"""The session of the page, frame or worker that has the socket, and Chrome's number of it."""


class Traffic(msgspec.Struct):
    """What one WebSocket of the tab carried: how much of it was Jupyter's, and of which kernel."""

    kernel: str | None = None
    messages: int = 0
    foreign: int = 0


class WireWitness:
    """Listens to one tab; whatever it makes out is told as facts, in order.

    Args:
        hear: called with each fact, in order; returns at once.
        lost: called with a sentence where something could not be taken.
        news: called when the kernel began to do something else.
        at_next_beat: has what it is given called, once, a little later.
        page: Chrome's name of the tab's main frame.

    """

    def __init__(
        self,
        hear: Callable[[Fact], None],
        lost: Callable[[str], None],
        news: Callable[[], None],
        at_next_beat: Callable[[Callable[[], None]], object],
        page: str,
    ) -> None:
        self._conversation = Conversation()
        self._hear = hear
        self._lost = lost
        self._news = news
        self._at_next_beat = at_next_beat
        self._page = page
        self._loading: tuple[str, str] | None = None  # in which session, by which request
        self._waiting: list[cdp.Event] = []
        self._waiting_bytes = 0
        self._sockets: dict[SocketId, Traffic] = {}
        self._heard_at = self._changed_at = time.monotonic()
        self._kernel: Kernel = "unknown"

    @property
    def lively(self) -> bool:
        """Whether a kernel said something in the last seconds."""
        return self.heard and time.monotonic() - self._heard_at < LIVELY_S

    def reading(self) -> WireReading:
        """Return what the kernel's own word comes to at this moment."""
        self.catch_up()
        clock = time.monotonic()
        return WireReading(
            self._conversation.kernel,
            open=self.open,
            since_s=clock - self._changed_at,
            heard_s=clock - self._heard_at,
            asks=self._conversation.asks,
        )

    @property
    def open(self) -> bool:
        """Whether a kernel's socket is known to be open."""
        return any(socket.kernel or socket.messages for socket in self._sockets.values())

    @property
    def heard(self) -> bool:
        """Whether a kernel's message was heard on a socket that is open."""
        return any(socket.messages for socket in self._sockets.values())

    @property
    def runtime(self) -> str | None:
        """A name of the kernel behind the newest socket, which is not its id."""
        named = [socket.kernel for socket in self._sockets.values() if socket.kernel]
        return self._conversation.runtime or (named[-1] if named else None)

    def take(self, event: cdp.Event) -> None:
        """Take one event of the tab's network."""
        size = len(event.params)
        if size < MOST_WAITING_BYTES - self._waiting_bytes and PRINTED.search(event.params):
            self._waiting.append(event)
            self._waiting_bytes += size
            if len(self._waiting) == 1:
                self._at_next_beat(self.catch_up)
            return
        self.catch_up()
        self._take(event)

    def catch_up(self) -> None:
        """Take what waits for its beat."""
        if self._waiting:
            waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
            for event in waiting:
                self._take(event)

    def _take(self, event: cdp.Event) -> None:
        if len(event.params) > FRAME_LIMIT_BYTES:
            self._lost(f"a message of {len(event.params) / 1e6:.0f} MB was not read")
            return
        session = event.session or ""
        try:
            if event.method == "Network.webSocketFrameReceived":
                self._take_frame(session, cdp.params(event, cdp.SocketFrame), received=True)
            elif event.method == "Network.webSocketFrameSent":
                self._take_frame(session, cdp.params(event, cdp.SocketFrame), received=False)
            elif event.method == "Network.webSocketCreated":
                created = cdp.params(event, cdp.SocketCreated)
                self._leave_page(session)
                self._socket((session, created.request_id)).kernel = _kernel_of(created.url)
            elif event.method == "Network.webSocketClosed":
                self._close((session, cdp.params(event, cdp.SocketClosed).request_id))
            elif event.method == "Network.responseReceived":
                self._load(session, cdp.params(event, cdp.Response))
            elif event.method == "Network.loadingFailed":
                self._give_up(session, cdp.params(event, cdp.LoadingFailed))
        except cdp.MalformedFrameError as error:
            log.warning("chrome sent an event of another shape", error=str(error))

    def child_ended(self, session: str) -> None:
        """Take note that a frame or a worker of the tab is gone, and with it its sockets."""
        self.catch_up()
        self._close_all(session)

    def page_came(self) -> None:
        """Take note that a page answers, which may open no socket that would tell of it."""
        if self._loading is not None:
            self.catch_up()
            self._leave_page(self._loading[0])

    def deafen(self) -> None:
        """Take note that the tab cannot be heard for a while: it sleeps, or hangs."""
        self.catch_up()
        if self._sockets:
            self._sockets.clear()
            self._tell(self._conversation.deafened())

    def leave(self) -> None:
        """Take note that the tab is gone, and with it whoever would tell how the run ends."""
        self.catch_up()
        self._sockets.clear()
        self._tell(self._conversation.left())

    def _take_frame(self, session: str, frame: cdp.SocketFrame, *, received: bool) -> None:
        number = (session, frame.request_id)
        socket = self._socket(number)
        if socket.foreign >= FOREIGN_AFTER and not socket.messages:
            return
        messages = jupyter.messages(frame.response.data())
        if not messages:
            socket.foreign += len(frame.response.payload_data) > HEARTBEAT
            return
        socket.messages += 1
        conversation = self._conversation
        for message in messages:
            if received:
                self._heard_at = time.monotonic()
                self._tell(conversation.heard(message, number))
            else:
                self._tell(conversation.said(message))

    def _load(self, session: str, response: cdp.Response) -> None:
        if response.type == "Document" and response.frame_id == self._page:
            self._loading = session, response.request_id

    def _give_up(self, session: str, failed: cdp.LoadingFailed) -> None:
        """Let the page stay: of a download, or an answer without content, Chrome shows none."""
        if failed.canceled and self._loading == (session, failed.request_id):
            self._loading = None

    def _leave_page(self, session: str) -> None:
        """Close the sockets of the page before, now that the one that was loaded is there.

        Chrome tells nothing of them, and until then the old page may go on to be heard.
        """
        if self._loading is not None and self._loading[0] == session:
            self._loading = None
            self._close_all(session)

    def _close_all(self, session: str) -> None:
        for number in [number for number in self._sockets if number[0] == session]:
            self._close(number)

    def _close(self, number: SocketId) -> None:
        self._sockets.pop(number, None)
        self._tell(self._conversation.closed(number))

    def _tell(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            self._hear(fact)
        kernel = self._conversation.kernel
        if kernel != self._kernel:
            self._kernel, self._changed_at = kernel, time.monotonic()
            self._news()

    def _socket(self, number: SocketId) -> Traffic:
        socket = self._sockets.get(number)
        if socket is None:
            while len(self._sockets) >= SOCKETS_KEPT:
                self._sockets.pop(next(iter(self._sockets)))
            socket = self._sockets[number] = Traffic()
        return socket


def _kernel_of(url: str) -> str | None:
    """Return a name of the kernel that a socket's address leads to, None for any other socket.

    The address holds a token that is a secret: it leaves this function in no form.
    """
    found = CHANNELS.search(url)
    return hashlib.sha256(found[1].encode(errors="replace")).hexdigest()[:10] if found else None
