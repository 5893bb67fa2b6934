"""A watcher that is next to free: what it hears of MQTT 3.1.1, it reads by hand.

https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
"""

import asyncio
import struct
import time
from datetime import datetime

import msgspec

CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
CONNACK, PUBLISH, SUBACK = 2, 3, 9


class Updated(msgspec.Struct):
    """The one key of a state that matters here."""

    updated: datetime


_decode = msgspec.json.Decoder(Updated).decode


class Lookout(asyncio.Protocol):
    """Hears every state, and remembers how old the news became anywhere.

    Attributes:
        held: when the newest state of each topic was written, in seconds since 1970.
        oldest_s: how old a state was, at most, when the next of its session came.
        slowest_s: how long a state took, at most, to come here.

    """

    def __init__(self) -> None:
        self.held: dict[bytes, float] = {}
        self.heard = 0
        self._data = bytearray()
        self.begin()

    def begin(self) -> None:
        """Forget what was measured so far."""
        self.oldest_s = self.slowest_s = 0.0
        self.heard = 0

    def age_s(self) -> float:
        """Return how old a state is now, at most."""
        return max(self.oldest_s, time.time() - min(self.held.values()))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        topic = b"colab/+/session/+/state"
        body = struct.pack("!HH", 1, len(topic)) + topic + b"\0"
        transport.write(CONNECT + bytes((0x82, len(body))) + body)

    def data_received(self, data: bytes) -> None:
        self._data += data
        at = 0
        while (packet := _packet(self._data, at)) is not None:
            body, end = packet
            if self._data[at] >> 4 == PUBLISH:
                self._take(bytes(self._data[body:end]))
            at = end
        del self._data[:at]

    def _take(self, body: bytes) -> None:
        length = 2 + int.from_bytes(body[:2])
        topic, now = body[2:length], time.time()
        written = _decode(body[length:]).updated.timestamp()
        self.heard += 1
        self.slowest_s = max(self.slowest_s, now - written)
        self.oldest_s = max(self.oldest_s, now - self.held.get(topic, now))
        self.held[topic] = written


def _packet(data: bytearray, at: int) -> tuple[int, int] | None:
    """Return where a packet's body begins and ends; None while it has not come whole."""
    length = shift = 0
    for place in range(at + 1, min(at + 5, len(data))):
        length |= (data[place] & 0x7F) << shift
        shift += 7
        if data[place] < 0x80:
            end = place + 1 + length
            return (place + 1, end) if end <= len(data) else None
    return None
