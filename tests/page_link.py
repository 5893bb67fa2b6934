"""A page's end of the bridge, spoken by hand: whatever packet, from whatever origin."""

from collections import deque
from contextlib import ExitStack
from functools import partial
from typing import Self

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from colab_cdp_protocols import mqtt_packets
from colab_cdp_protocols.mqtt_packets import Kind, Packet, PacketReader

LIMIT_S = 20.0
LARGEST_BYTES = 4_194_304


class PageLink(ExitStack):
    """A WebSocket to `/mqtt`.

    Args:
        url: the page's address.
        origin: of which page it says to be, by default of the one that is served there.
        headers: others, such as `Cookie`.

    """

    def __init__(
        self, url: str, *, origin: str | None = "own", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__()
        self._url = url
        self._origin = url if origin == "own" else origin
        self._headers = headers or {}
        self._reader = PacketReader(LARGEST_BYTES)
        self._came: deque[Packet] = deque()
        self._socket: ClientConnection

    def __enter__(self) -> Self:
        link = connect(
            self._url.replace("http://", "ws://") + "/mqtt",
            origin=Origin(self._origin) if self._origin else None,
            subprotocols=[Subprotocol("mqtt")],
            additional_headers=self._headers,
            compression=None,
            max_size=LARGEST_BYTES,
            close_timeout=1,
        )
        self._socket = self.enter_context(link)
        return self

    def say(self, data: bytes | str) -> None:
        """Send one frame."""
        self._socket.send(data)

    def send(self, kind: Kind, body: bytes = b"", flags: int = 0) -> None:
        """Send one packet in one frame."""
        self.say(Packet(kind, flags, body).encode())

    def hello(self) -> Packet:
        """Say CONNECT, and return the CONNACK."""
        self.say(mqtt_packets.write_connect("page", 20, "somebody", "a password of its own"))
        return self.packet(Kind.CONNACK)

    def subscribe(self, *filters: str) -> None:
        """Subscribe, and wait for the broker's word."""
        named = b"".join(counted(name) + b"\x00" for name in filters)
        self.send(Kind.SUBSCRIBE, b"\x00\x01" + named, flags=2)
        self.packet(Kind.SUBACK)

    def publish(self, topic: str, payload: bytes = b"", *, retain: bool = False) -> None:
        """Publish with QoS 0."""
        self.send(Kind.PUBLISH, counted(topic) + payload, flags=int(retain))

    def packet(self, kind: Kind) -> Packet:
        """Return the next packet of a kind; others are passed over."""
        while True:
            while self._came:
                packet = self._came.popleft()
                if packet.kind is kind:
                    return packet
            data = self._socket.recv(LIMIT_S)
            assert isinstance(data, bytes)
            self._came.extend(self._reader.feed(data))

    def closed(self) -> tuple[int, str]:
        """Return with which code and reason the bridge closed; what comes before is passed over."""
        with pytest.raises(ConnectionClosed) as caught:
            deque(iter(partial(self._socket.recv, LIMIT_S), None), maxlen=0)
        frame = caught.value.rcvd
        assert frame is not None, "it was not closed, it broke off"
        return frame.code, frame.reason


def counted(text: str) -> bytes:
    """Return a text as MQTT has it: its length first."""
    data = text.encode()
    return len(data).to_bytes(2) + data
