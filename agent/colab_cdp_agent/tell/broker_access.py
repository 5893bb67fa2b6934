"""Who may use the embedded broker, as nats-server's configuration says it. Pure.

MQTT's topics are subjects there: `/` is written `.`, `+` is `*`, `#` is `>`. What a login may not
publish is dropped without a word, as MQTT 3.1.1 has none for it; a subscription is refused.
https://docs.nats.io/running-a-nats-service/configuration/mqtt
"""

from dataclasses import dataclass, field
from typing import Any

from colab_cdp_agent.port_number import is_port
from colab_cdp_agent.tell.claim import VERB as CLAIM
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.ports import EVERYWHERE, HOST
from colab_cdp_protocols import mqtt

USER, AGENT, PHONE = "mqtt", "agent", "phone"
DELIVERIES = "$MQTT.sub.>"
"""Where nats-server hands a client what it subscribed to with QoS 1; no client can name it."""


@dataclass(frozen=True, slots=True)
class LanAccess:
    """The logins of a broker that is open to the local network.

    Attributes:
        root: what phones may read and ask under.

    """

    root: str
    agent_password: str = field(repr=False)
    phone_password: str = field(repr=False)

    @property
    def agent(self) -> tuple[str, str]:
        """User and password of the agents."""
        return AGENT, self.agent_password

    @property
    def phone(self) -> tuple[str, str]:
        """User and password of the phones."""
        return PHONE, self.phone_password


@dataclass(frozen=True, slots=True)
class BrokerRecord:
    """Where a broker of ours listens, or last listened, and for whom.

    Attributes:
        password: of nats-server's own port, on which all is allowed.
        lan: None where everyone on this computer may come in, and nobody else.

    """

    mqtt_port: int
    client_port: int
    password: str = field(repr=False)
    lan: LanAccess | None = None

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password of the agents, None where they need none."""
        return self.lan.agent if self.lan is not None else None

    @property
    def link(self) -> Link:
        """The way to it for a client on this computer."""
        return own_link(self.mqtt_port, self.lan)


def own_link(port: int, lan: LanAccess | None) -> Link:
    """Return the way to a broker of ours for a client on this computer."""
    user, password = lan.agent if lan is not None else (None, None)
    return Link(HOST, port, username=user, password=password)


def access(record: BrokerRecord) -> dict[str, Any]:
    """Return the part of nats-server's configuration that says who may come in, and from where."""
    own = _user(USER, record.password)
    if record.lan is None:
        # MQTT is open to whoever is on this computer; nats-server's own port asks for a password.
        users = [own]
        listener = {"host": HOST, "no_auth_user": USER}
    else:
        users = [own | {"allowed_connection_types": ["STANDARD"]}, *_lan_users(record.lan)]
        listener = {"host": EVERYWHERE}
    return {
        "host": HOST,
        "port": record.client_port,
        "authorization": {"users": users},
        "mqtt": listener | {"port": record.mqtt_port},
    }


def record_in(config: Any) -> BrokerRecord:
    """Return the record of which a configuration was made.

    Raises:
        ValueError, LookupError, TypeError: it was made of none.

    """
    own, *others = config["authorization"]["users"]
    lan = None
    if others:
        agent, phone = others
        readable = phone["permissions"]["subscribe"]["allow"][0]
        lan = LanAccess(_topic(readable), str(agent["password"]), str(phone["password"]))
    record = BrokerRecord(config["mqtt"]["port"], config["port"], str(own["password"]), lan)
    if not all(map(_is_port, (record.mqtt_port, record.client_port))):
        raise ValueError("no port")
    return record


def difference(wanted: LanAccess | None, found: LanAccess | None) -> str:
    """Return how a broker that others use differs from what is wanted; nothing if it does not."""
    if found == wanted:
        return ""
    if found is None:
        says = "reachable from this computer only, as another agent here started it without --lan"
    elif wanted is None:
        says = "open to the local network, as another agent here started it with --lan"
    else:
        says = f"open to phones for {found.root}/ and with the passwords of another agent's start"
    return f"The embedded broker stays {says}: end that agent, and start this one again."


def _lan_users(lan: LanAccess) -> tuple[dict[str, Any], dict[str, Any]]:
    mqtt_only = {"allowed_connection_types": ["MQTT"]}
    may = {"permissions": _phone_permissions(lan.root)}
    return _user(*lan.agent) | mqtt_only, _user(*lan.phone) | mqtt_only | may


def _user(name: str, password: str) -> dict[str, Any]:
    return {"user": name, "password": password}


def _phone_permissions(root: str) -> dict[str, Any]:
    """Return what a phone may do: read everything under the root, and write requests."""
    of_agents = mqtt.AGENT_REQUEST.pattern.format(root=root, agent="+", verb="+")
    of_sessions = f"{root}/+/session/+/request/+"
    claims = mqtt.AGENT_REQUEST.pattern.format(root=root, agent="+", verb=CLAIM)
    return {
        "publish": {
            "allow": [_subject(of_agents), _subject(of_sessions)],
            "deny": [_subject(claims)],  # by which agents share out their names among themselves
        },
        # `colab/#` is two subjects: MQTT counts the level above in.
        "subscribe": {"allow": [_subject(root), _subject(f"{root}/#"), DELIVERIES]},
    }


def _subject(topic_filter: str) -> str:
    return topic_filter.replace("/", ".").replace("+", "*").replace("#", ">")


def _topic(subject: str) -> str:
    return str(subject).replace(".", "/")


def _is_port(value: object) -> bool:
    return type(value) is int and is_port(value)
