"""A configuration for the phone app IoT MQTT Panel, as the app exports and imports it.

The app documents no format. This is that of files that people exported from it and published, with
`dataVersion` 53 and 54; no panel, and no key of one, is used that does not stand in one of them:
https://github.com/matthias-bs/Flora1/tree/main/10_mqtt_dashboard
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from colab_cdp_protocols import mqtt
from colab_cdp_protocols.verbs import Verb

Json = dict[str, Any]

DATA_VERSION: Final = 54
KEEPALIVE_S, CONNECT_LIMIT_S = 60, 10
GREEN, ORANGE, GREY, BLUE = "#4CAF50", "#FF9800", "#9E9E9E", "#2196F3"
SHOWN_NOWHERE: Final = "screenshot"
"""A verb without a button: of a panel for pictures no such file was at hand."""
HALF, WHOLE = "50", "100"
"""Widths of a panel, in percent."""


class PhoneLink(Struct, frozen=True):
    """How the phone reaches the broker; of two phones with one client id the older is put out."""

    host: str
    port: int
    client_id: str
    tls: bool = False
    username: str | None = None
    password: str | None = None


class AgentEntry(Struct, frozen=True):
    """One agent with its sessions."""

    name: str
    sessions: tuple[mqtt.SessionEntry, ...] = ()


def configuration(
    link: PhoneLink, root: str, agents: Iterable[AgentEntry], verbs: tuple[Verb, ...]
) -> Json:
    """Return the file's content: one dashboard for each agent, with buttons for the verbs."""
    dashboards = [_dashboard(number, root, agent, verbs) for number, agent in enumerate(agents)]
    connection: Json = {
        "autoConnect": True,
        "host": link.host,
        "port": link.port,
        "clientId": link.client_id,
        "connectionName": root,
        "connectionType": "ssl" if link.tls else "tcp",
        "connectionTimeout": CONNECT_LIMIT_S,
        "keepAlive": KEEPALIVE_S,
        "defaultDashboard": "dashboard_0",
        "connectionId": "connection_0",
        "dashboards": dashboards,
        "dashboardQuickAccess": False,
    }
    if link.username is not None:
        connection["username"] = link.username
    if link.password is not None:
        connection["password"] = link.password
    return {
        "dataVersion": DATA_VERSION,
        "appTheme": "default",
        "runInBackground": False,
        "wakeLock": False,
        "displayOrientation": "portrait",
        "connections": [connection],
    }


def _dashboard(number: int, root: str, agent: AgentEntry, verbs: tuple[Verb, ...]) -> Json:
    panels = [*_agent_panels(root, agent.name)]
    for session in agent.sessions:
        panels += _session_panels({"root": root, "agent": agent.name, "id": session.id}, session)
        panels += _buttons({"root": root, "agent": agent.name, "id": session.id}, verbs)
    return {
        "dashboardId": f"dashboard_{number}",
        "dashboardName": agent.name,
        "dashboardPrefixTopic": "",
        "dashboardIcon": "dashboard",
        "dashboardColor": BLUE,
        "panels": [{**panel, "panelId": f"panel_{nth}"} for nth, panel in enumerate(panels)],
        "lockPanels": True,
    }


def _agent_panels(root: str, agent: str) -> Iterator[Json]:
    yield {
        "panelName": "Agent",
        "topic": mqtt.STATUS.at(root=root, agent=agent),
        "type": "led",
        "mqttType": "sub",
        "payloadOn": mqtt.ONLINE.decode(),
        "payloadOff": mqtt.OFFLINE.decode(),
        "iconOn": "led",
        "iconColorOn": GREEN,
        "iconOff": "led",
        "iconColorOff": GREY,
        "panelWidth": HALF,
        "qos": 1,
    }
    yield _text("Need you", mqtt.NEEDS_YOU.at(root=root, agent=agent))


def _session_panels(levels: dict[str, str], session: mqtt.SessionEntry) -> Iterator[Json]:
    def topic(field: str) -> str:
        return mqtt.FIELD.at(**levels, field=field)

    yield {
        "panelName": session.title or session.id,
        "titleAlignment": "center",
        "type": "layout-decorator",
        "mqttType": "none",
        "fontSize": "20",
        "panelWidth": WHOLE,
    }
    yield _text("Phase", topic("phase"))
    yield _text("Attention", topic("attention"))
    yield {
        "panelName": "Progress",
        "topic": topic("progress"),
        "type": "gauge",
        "mqttType": "sub",
        "payloadMin": 0,
        "payloadMax": 100,
        "unit": "%",
        "firstColor": ORANGE,
        "firstColorEnd": 10,
        "secondColor": BLUE,
        "secondColorEnd": 90,
        "thirdColor": GREEN,
        "panelWidth": HALF,
        "qos": 1,
    }
    yield _text("Time left", topic("eta"), unit="s")
    yield _text("Loss", topic("loss"))
    yield _text("Last line", topic("last_line"), width=WHOLE)


def _text(name: str, topic: str, *, unit: str = "", width: str = HALF) -> Json:
    """Return a panel that shows a payload as it stands, and when it came."""
    return {
        "panelName": name,
        "topic": topic,
        "type": "log",
        "mqttType": "sub",
        "logLength": 1,
        "showLatestMsgOnly": True,
        "hideTopic": True,
        "showReceivedTimeStamp": True,
        "unit": unit,
        "panelWidth": width,
        "qos": 1,
    }


def _buttons(levels: dict[str, str], verbs: tuple[Verb, ...]) -> Iterator[Json]:
    for verb in verbs:
        if verb.name == SHOWN_NOWHERE:
            continue
        yield {
            "panelName": verb.name.replace("_", " ").capitalize(),
            "topic": mqtt.SESSION_REQUEST.at(**levels, verb=verb.name),
            "type": "button",
            "mqttType": "pub",
            "noPayload": True,
            "buttonSize": "medium",
            "fitToPanelWidth": True,
            "panelWidth": HALF,
            "retain": False,
            "qos": 1,
        }
