"""What comes over MQTT: a page's packets, requests, and what other agents published."""

from datetime import UTC, datetime, timedelta
from functools import partial

from colab_cdp_agent.config import Commands
from colab_cdp_agent.remote.station import Station
from colab_cdp_agent.settings.secret import CommandKey
from colab_cdp_agent.tell.commands import Asked, Gate, Refused
from colab_cdp_agent.tell.web.rights import objection
from colab_cdp_protocols import mqtt, mqtt_packets, verbs
from fuzz.target import Target, encoded, refusal

NOW = datetime(2026, 11, 25, 22, tzinfo=UTC)
KEY = "a key of some length"
MOST_PACKET_BYTES = 8192


def read_mqtt_packets(stream: bytes) -> None:
    """Read a page's stream of packets."""
    for packet in mqtt_packets.PacketReader(MOST_PACKET_BYTES).feed(stream):
        if packet.kind is mqtt_packets.Kind.CONNECT:
            mqtt_packets.read_connect(packet)
        elif packet.kind is mqtt_packets.Kind.CONNACK:
            mqtt_packets.read_connack(packet)
        elif objection(packet, "colab") is None and packet.kind is mqtt_packets.Kind.PUBLISH:
            mqtt_packets.with_payload(packet, b"{}")
        assert packet.encode()


def judge_requests(payload: bytes) -> None:
    """Judge a request for each verb, with a key and without."""
    for key in (None, CommandKey(KEY)):
        allowed = Commands(allow=tuple(verbs.OF_SESSION), key=key)  # type: ignore[arg-type]  # they are its words
        for session, known in (("0123456789", verbs.OF_SESSION), (None, verbs.OF_AGENT)):
            for verb in known:
                judged = Gate(allowed, NOW - timedelta(hours=1)).judge(
                    f"colab/host/request/{verb}", payload, asked=Asked(verb, session),
                    retained=False, sessions={"0123456789"}, now=NOW, clock=0.0,
                )  # fmt: skip
                assert not isinstance(judged, Refused) or judged.reason


def read_mqtt_payloads(payload: bytes) -> None:
    """Read a payload as that of each topic, and as news of an agent."""
    station = Station("colab")
    for row in mqtt.TABLE:
        topic = row.pattern.format(
            root="colab", agent="a", id="0123456789", field="phase", verb="log", node="a"
        )
        list(station.hear(topic, payload, retained=True, at=NOW))
        assert refusal(partial(mqtt.decode, row, payload), mqtt.MalformedPayloadError) != ""


PUBLISH = mqtt_packets.Packet(mqtt_packets.Kind.PUBLISH, 0, b"\0\x18colab/host/request/pause{}")
INFO = mqtt.encode(
    mqtt.Info("1", "h", NOW, (), mqtt.ChromeInfo("waiting", None, NOW, None), (), "external", "one")
)
TARGETS = (
    Target(
        "mqtt-packets",
        read_mqtt_packets,
        (
            mqtt_packets.write_connect("page", 60, "u", "p"),
            PUBLISH.encode(),
            b"\x82\x0c\0\1\0\7colab/#\0",
            b"\xc0\0\xe0\0",
            b"\x20\2\0\0",
        ),
        (mqtt_packets.MalformedPacketError,),
    ),
    Target(
        "requests",
        judge_requests,
        encoded(
            (
                "",
                '{"transaction": "t", "at": "2026-11-25T22:00:00Z", "ttl_s": 30, "args": {}}',
                '{"transaction": "t", "args": {"lines": 20}, "hmac": "00"}',
                '{"args": {"since": "2026-11-25T22:00:00Z"}}',
                '{"args": {"minutes": 10, "on": true, "name": "mine"}}',
            )
        ),
    ),
    Target("mqtt-payloads", read_mqtt_payloads, (INFO, b"online", b"[]", b"{}")),
)
