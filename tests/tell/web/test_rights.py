"""What a page may say: read under the root, and ask. Everything else is refused, with a reason."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.tell.claim import VERB as CLAIM
from colab_cdp_agent.tell.web.rights import (
    LARGEST_REQUEST_BYTES,
    is_request,
    objection,
)
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.mqtt_packets import Kind, MalformedPacketError, Packet
from colab_cdp_protocols.topic import Topic, is_topic

SESSION_REQUEST = "colab/desk/session/0123456789/request/reconnect"
MAY_SEND = {Kind.PUBLISH, Kind.SUBSCRIBE, Kind.UNSUBSCRIBE, Kind.PINGREQ, Kind.DISCONNECT}
levels = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)


def counted(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2) + data


def publish(topic: str, payload: bytes = b"{}", flags: int = 0b0010) -> Packet:
    identifier = b"\x00\x01" if flags & 0b0110 else b""
    return Packet(Kind.PUBLISH, flags, counted(topic) + identifier + payload)


def subscribe(*filters: str, qos: int = 0) -> Packet:
    body = b"".join(counted(name) + bytes([qos]) for name in filters)
    return Packet(Kind.SUBSCRIBE, 2, b"\x00\x01" + body)


@given(agent=levels, session=levels, verb=levels)
def test_any_verb_may_be_asked_of_any_agent_and_session(
    agent: str, session: str, verb: str
) -> None:
    own = verb == CLAIM
    assert is_request(f"colab/{agent}/session/{session}/request/{verb}", "colab") is not own
    assert (
        is_request(mqtt.AGENT_REQUEST.at(root="colab", agent=agent, verb=verb), "colab") is not own
    )


@given(st.sampled_from([row for row in mqtt.TABLE if "/request/" not in row.pattern]), st.data())
def test_no_other_topic_of_the_contract_may_be_published(row: Topic, data: st.DataObject) -> None:
    names = [name for name in ("agent", "id", "field", "verb") if f"{{{name}}}" in row.pattern]
    topic = row.at(root="colab", **{name: data.draw(levels) for name in names})
    assert objection(publish(topic), "colab") == "a page publishes requests and nothing else"


@given(st.text() | st.lists(levels | st.sampled_from(["", "+", "#", "request"])).map("/".join))
def test_only_what_ends_in_request_and_a_verb_under_the_root_is_a_request(topic: str) -> None:
    if is_request(topic, "colab"):
        assert topic.split("/", maxsplit=1)[0] == "colab"
        assert topic.split("/")[-2] == "request"
        assert is_topic(topic)


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (publish(SESSION_REQUEST, flags=0b0011), "a request is never retained"),
        (publish(SESSION_REQUEST, flags=0b0100), "a request is of QoS 0 or 1"),
        (publish(SESSION_REQUEST, b"x" * (LARGEST_REQUEST_BYTES + 1)), "at most 4096 bytes"),
        (publish("other/desk/request/refresh"), "requests and nothing else"),
        (publish("colab/desk/request/claim"), "requests and nothing else"),
        (publish("colab/desk/request/re fresh"), "requests and nothing else"),
        (publish("colabx/desk/request/refresh"), "requests and nothing else"),
        (subscribe("#"), "what stands under colab/"),
        (subscribe("colab/#", "$SYS/#"), "what stands under colab/"),
        (subscribe("+/desk/status"), "what stands under colab/"),
        (subscribe(), "1 to 32 topics"),
        (subscribe(*["colab/#"] * 33), "1 to 32 topics"),
        (subscribe("colab/#", qos=1), "QoS 0"),
        (Packet(Kind.UNSUBSCRIBE, 2, b"\x00\x01" + counted("$SYS/#")), "what stands under colab/"),
    ],
)
def test_is_refused(packet: Packet, why: str) -> None:
    assert why in (objection(packet, "colab") or "")


@pytest.mark.parametrize(
    "packet",
    [
        publish(SESSION_REQUEST),
        publish(SESSION_REQUEST, b"", flags=0),
        publish("colab/desk/request/refresh"),
        subscribe("colab/#"),
        subscribe("colab/+/status", "colab/+/session/+/state"),
        Packet(Kind.UNSUBSCRIBE, 2, b"\x00\x01" + counted("colab/#")),
        Packet(Kind.PINGREQ, 0, b""),
        Packet(Kind.DISCONNECT, 0, b""),
    ],
)
def test_is_let_through(packet: Packet) -> None:
    assert objection(packet, "colab") is None


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in MAY_SEND])
def test_no_other_packet_is_let_through(kind: Kind) -> None:
    assert objection(Packet(kind, 0, b""), "colab") is not None


@given(st.sampled_from(Kind), st.integers(0, 15), st.binary(max_size=60))
def test_whatever_is_let_through_is_a_request_or_reads_under_the_root(
    kind: Kind, flags: int, body: bytes
) -> None:
    with suppress(MalformedPacketError):
        if objection(Packet(kind, flags, body), "colab") is None:
            assert kind in MAY_SEND


def test_a_root_of_several_levels_is_the_root() -> None:
    assert objection(publish("home/colab/desk/request/refresh"), "home/colab") is None
    assert objection(publish("home/desk/request/refresh"), "home/colab") is not None
    assert objection(subscribe("home/#"), "home/colab") is not None
