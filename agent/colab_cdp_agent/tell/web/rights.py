"""What a page may say to the broker: read what stands under the root, and ask. Pure."""

from colab_cdp_agent.tell.claim import VERB as CLAIM
from colab_cdp_protocols import mqtt, mqtt_packets
from colab_cdp_protocols.mqtt_packets import Kind, Packet
from colab_cdp_protocols.topic import is_level

LARGEST_REQUEST_BYTES = 4096
LARGEST_PACKET_BYTES = 8192
MOST_FILTERS = 32


def objection(packet: Packet, root: str) -> str | None:
    """Return why a page may not send a packet, None where it may.

    Raises:
        MalformedPacketError: it is none of MQTT 3.1.1.

    """
    match packet.kind:
        case Kind.PUBLISH:
            return _to_publishing(packet, root)
        case Kind.SUBSCRIBE:
            filters = mqtt_packets.read_subscribe(packet)
            if any(qos for _, qos in filters):
                return "subscriptions are of QoS 0"
            return _to_filters([name for name, _ in filters], root)
        case Kind.UNSUBSCRIBE:
            return _to_filters(list(mqtt_packets.read_unsubscribe(packet)), root)
        case Kind.PINGREQ | Kind.DISCONNECT:
            return None
        case _:
            return f"a page sends no {packet.kind.name}"


def is_request(topic: str, root: str) -> bool:
    """Say whether a topic is one by which an agent or a session is asked something."""
    levels = mqtt.read_request(topic, root=root)
    if levels is None:
        return False
    return all(map(is_level, levels.values())) and levels["verb"] != CLAIM


def _to_publishing(packet: Packet, root: str) -> str | None:
    message = mqtt_packets.read_publish(packet)
    if not is_request(message.topic, root):
        return "a page publishes requests and nothing else"
    if message.retain:
        return "a request is never retained"
    if message.qos > 1:
        return "a request is of QoS 0 or 1"
    if len(message.payload) > LARGEST_REQUEST_BYTES:
        return f"a request holds at most {LARGEST_REQUEST_BYTES} bytes"
    return None


def _to_filters(filters: list[str], root: str) -> str | None:
    if not 0 < len(filters) <= MOST_FILTERS:
        return f"a page subscribes to 1 to {MOST_FILTERS} topics at once"
    if not all(name.startswith(f"{root}/") for name in filters):
        return f"a page reads what stands under {root}/"
    return None
