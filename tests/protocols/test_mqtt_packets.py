"""MQTT packets as a relay reads them: cut anywhere, of any length, and anything else refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_protocols import mqtt_packets
from colab_cdp_protocols.mqtt_packets import Kind, MalformedPacketError, Packet, PacketReader

LIMIT_BYTES = 70_000
packets = st.builds(
    Packet,
    kind=st.sampled_from(Kind),
    flags=st.integers(0, 15),
    body=st.binary(max_size=300)
    | st.sampled_from([128, 16_383, 16_384, 65_536]).map(lambda length: b"x" * length),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def counted(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2) + data


@given(st.lists(packets, max_size=4), st.integers(1, 5000))
def test_packets_come_whole_however_the_stream_is_cut(sent: list[Packet], piece_bytes: int) -> None:
    stream = b"".join(packet.encode() for packet in sent)
    reader = PacketReader(LIMIT_BYTES)
    came: list[Packet] = []
    for begin in range(0, len(stream), piece_bytes):
        came += reader.feed(stream[begin : begin + piece_bytes])
    assert came == sent


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_packets_or_are_refused_and_little_waits(pieces: list[bytes]) -> None:
    reader = PacketReader(64)
    with suppress(MalformedPacketError):
        for piece in pieces:
            for packet in reader.feed(piece):
                assert len(packet.encode()) <= 64
            assert len(reader._waiting) <= 64


def test_a_packet_is_refused_as_soon_as_it_announces_too_much() -> None:
    with pytest.raises(MalformedPacketError, match="at most 8192"):
        PacketReader(8192).feed(b"\x30\xff\xff\xff\x7f")


def test_a_length_of_five_bytes_is_refused() -> None:
    with pytest.raises(MalformedPacketError, match="four bytes"):
        PacketReader(8192).feed(b"\x30\xff\xff\xff\xff\x01")


@given(texts, st.integers(0, 65_535), st.none() | texts, st.none() | texts)
def test_a_connect_reads_as_it_was_written(
    client_id: str, keepalive_s: int, username: str | None, password: str | None
) -> None:
    written = mqtt_packets.write_connect(client_id, keepalive_s, username, password)
    (packet,) = PacketReader(LIMIT_BYTES).feed(written)
    connect = mqtt_packets.read_connect(packet)
    assert (connect.client_id, connect.keepalive_s) == (client_id, keepalive_s)
    assert connect.flags & mqtt_packets.CLEAN_SESSION
    assert not connect.flags & mqtt_packets.WILL
    assert bool(connect.flags & mqtt_packets.USERNAME) is (username is not None)


@pytest.mark.parametrize("level", [3, 5])
def test_a_connect_of_another_version_is_refused(level: int) -> None:
    body = counted("MQTT") + bytes([level, 2, 0, 20]) + counted("x")
    with pytest.raises(MalformedPacketError, match=r"3\.1\.1"):
        mqtt_packets.read_connect(Packet(Kind.CONNECT, 0, body))


@given(texts, st.integers(0, 2), st.booleans(), st.binary(max_size=50))
def test_a_publish_says_topic_qos_retain_and_payload(
    topic: str,
    qos: int,
    retain: bool,  # noqa: FBT001 - drawn by name
    payload: bytes,
) -> None:
    body = counted(topic) + (b"\x00\x07" if qos else b"") + payload
    message = mqtt_packets.read_publish(Packet(Kind.PUBLISH, qos << 1 | retain, body))
    assert message == mqtt_packets.Publish(topic, qos, retain, payload)


@given(st.lists(st.tuples(texts, st.integers(0, 2)), min_size=1, max_size=4))
def test_a_subscribe_says_each_filter_with_its_qos(filters: list[tuple[str, int]]) -> None:
    body = b"\x00\x01" + b"".join(counted(name) + bytes([qos]) for name, qos in filters)
    assert mqtt_packets.read_subscribe(Packet(Kind.SUBSCRIBE, 2, body)) == tuple(filters)


@pytest.mark.parametrize(
    "read",
    [
        mqtt_packets.read_connect, mqtt_packets.read_connack, mqtt_packets.read_publish,
        mqtt_packets.read_subscribe, mqtt_packets.read_unsubscribe,
    ],
)  # fmt: skip
@given(st.data())
def test_any_body_is_read_or_refused(read: Any, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(Kind))
    packet = Packet(kind, data.draw(st.integers(0, 15)), data.draw(st.binary(max_size=80)))
    with suppress(MalformedPacketError):
        read(packet)
