"""MQTT 3.1.1 control packets, as far as a relay between a page and a broker reads and writes them.

http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html, section 2 (the frame of every
packet) and section 3 (CONNECT, CONNACK, PUBLISH, SUBSCRIBE, UNSUBSCRIBE).
"""

from collections.abc import Iterator
from enum import IntEnum

import msgspec

LENGTH_BYTES = 4
PROTOCOL_NAME, PROTOCOL_LEVEL = "MQTT", 4
CLEAN_SESSION, WILL, PASSWORD, USERNAME = 0x02, 0x04, 0x40, 0x80
RETAIN = 0x01
HIGHEST_QOS = 2
CONNACK_BYTES = 4
ACCEPTED = 0


class Kind(IntEnum):
    """The control packets, by the number in the first byte (2.2.1)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class MalformedPacketError(Exception):
    """Bytes that are no packet of MQTT 3.1.1, or one that is too large; `str` says which."""


class Packet(msgspec.Struct, frozen=True):
    """One control packet: its kind, its four flags, and what follows the fixed header."""

    kind: Kind
    flags: int
    body: bytes

    def encode(self) -> bytes:
        """Return the packet as it travels."""
        return bytes([self.kind << 4 | self.flags]) + _length(len(self.body)) + self.body


class Connect(msgspec.Struct, frozen=True):
    """What a client says first."""

    client_id: str
    keepalive_s: int
    flags: int


class Publish(msgspec.Struct, frozen=True):
    """A message that a client sends; `topic` as it stands, which may be no legal one."""

    topic: str
    qos: int
    retain: bool
    payload: bytes


class PacketReader:
    """Cuts a stream of bytes into packets; what has not come whole waits for its rest.

    Args:
        most_bytes: how long a packet may be, its header included.

    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._waiting = b""

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets that are whole now, in order.

        Raises:
            MalformedPacketError: what came is no packet, or announces more than `most_bytes`.

        """
        self._waiting += data
        return list(self._whole())

    def _whole(self) -> Iterator[Packet]:
        while (header := self._header()) is not None:
            begin, end = header
            if end > self._most:
                raise MalformedPacketError(f"a packet of {end} bytes: at most {self._most}")
            if len(self._waiting) < end:
                return
            packet, self._waiting = self._waiting[:end], self._waiting[end:]
            yield _packet(packet[0], packet[begin:])

    def _header(self) -> tuple[int, int] | None:
        """Return where the next packet's body begins and ends; None: not told yet (2.2.3)."""
        length = 0
        for place, byte in enumerate(self._waiting[1 : 1 + LENGTH_BYTES]):
            length |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                return place + 2, place + 2 + length
        if len(self._waiting) > LENGTH_BYTES:
            raise MalformedPacketError("a length of more than four bytes")
        return None


def read_connect(packet: Packet) -> Connect:
    """Return what a CONNECT says (3.1).

    Raises:
        MalformedPacketError: it is cut short, or of another version of the protocol.

    """
    name, rest = _text(packet.body)
    if len(rest) < LENGTH_BYTES or (name, rest[0]) != (PROTOCOL_NAME, PROTOCOL_LEVEL):
        raise MalformedPacketError("expected a CONNECT of MQTT 3.1.1")
    client_id, _ = _text(rest[LENGTH_BYTES:])
    return Connect(client_id, int.from_bytes(rest[2:4]), rest[1])


def write_connect(
    client_id: str, keepalive_s: int, username: str | None, password: str | None
) -> bytes:
    """Return a CONNECT with a clean session and without a will, as it travels (3.1)."""
    flags = CLEAN_SESSION
    payload = _counted(client_id)
    if username is not None:
        flags |= USERNAME
        payload += _counted(username)
        if password is not None:
            flags |= PASSWORD
            payload += _counted(password)
    variable = _counted(PROTOCOL_NAME) + bytes([PROTOCOL_LEVEL, flags]) + keepalive_s.to_bytes(2)
    return Packet(Kind.CONNECT, 0, variable + payload).encode()


def read_connack(packet: Packet) -> int:
    """Return a CONNACK's code, 0 where the broker accepts (3.2).

    Raises:
        MalformedPacketError: it is something else.

    """
    if packet.kind is not Kind.CONNACK or len(packet.body) + 2 != CONNACK_BYTES:
        raise MalformedPacketError("expected a CONNACK")
    return packet.body[1]


def read_publish(packet: Packet) -> Publish:
    """Return what a PUBLISH says (3.3).

    Raises:
        MalformedPacketError: it is cut short, or of a QoS that does not exist.

    """
    qos = packet.flags >> 1 & 0b11
    topic, rest = _text(packet.body)
    identifier_bytes = 2 if qos else 0
    if qos > HIGHEST_QOS or len(rest) < identifier_bytes:
        raise MalformedPacketError("a PUBLISH that is cut short")
    return Publish(topic, qos, bool(packet.flags & RETAIN), rest[identifier_bytes:])


def with_payload(packet: Packet, payload: bytes) -> Packet:
    """Return a PUBLISH that differs in its payload alone.

    Raises:
        MalformedPacketError: it is cut short, or of a QoS that does not exist.

    """
    head = packet.body[: len(packet.body) - len(read_publish(packet).payload)]
    return Packet(packet.kind, packet.flags, head + payload)


def read_subscribe(packet: Packet) -> tuple[tuple[str, int], ...]:
    """Return the filters of a SUBSCRIBE, each with its QoS (3.8).

    Raises:
        MalformedPacketError: it is cut short.

    """
    found: list[tuple[str, int]] = []
    rest = packet.body[2:]
    while rest:
        topic, rest = _text(rest)
        if not rest:
            raise MalformedPacketError("a SUBSCRIBE that is cut short")
        found.append((topic, rest[0]))
        rest = rest[1:]
    return tuple(found)


def read_unsubscribe(packet: Packet) -> tuple[str, ...]:
    """Return the filters of an UNSUBSCRIBE (3.10).

    Raises:
        MalformedPacketError: it is cut short.

    """
    found: list[str] = []
    rest = packet.body[2:]
    while rest:
        topic, rest = _text(rest)
        found.append(topic)
    return tuple(found)


def _packet(first: int, body: bytes) -> Packet:
    try:
        return Packet(Kind(first >> 4), first & 0x0F, body)
    except ValueError as error:
        raise MalformedPacketError(f"no packet begins with 0x{first:02x}") from error


def _text(data: bytes) -> tuple[str, bytes]:
    """Return the text at the beginning, which its length precedes, and what follows (1.5.3)."""
    end = 2 + int.from_bytes(data[:2])
    if len(data) < max(end, 2):
        raise MalformedPacketError("a text that is cut short")
    try:
        return data[2:end].decode(), data[end:]
    except UnicodeDecodeError as error:
        raise MalformedPacketError("a text that is not UTF-8") from error


def _counted(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2) + data


def _length(value: int) -> bytes:
    """Return a remaining length, seven bits a byte, the lowest first (2.2.3)."""
    found = bytearray()
    while True:
        value, bits = value >> 7, value & 0x7F
        found.append(bits | (0x80 if value else 0))
        if not value:
            return bytes(found)
