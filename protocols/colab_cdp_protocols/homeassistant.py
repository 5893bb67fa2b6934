"""Sessions and the agent as devices of Home Assistant, out of the table of topics.

Each session is a device that is reached through the agent's. A session's entities read its one
`state`: where a template finds nothing it says `None`, which Home Assistant shows as unknown, while
it would pass over the empty payload of a plain field.

The keys of the entities: https://www.home-assistant.io/integrations/sensor.mqtt/, `binary_sensor`,
`button` and `image` beside it.
"""

from typing import Any, Final, get_args

from msgspec import Struct

from colab_cdp_protocols import mqtt
from colab_cdp_protocols.discovery import (
    Availability,
    Component,
    Device,
    Discovery,
    Origin,
    Platform,
)
from colab_cdp_protocols.verbs import Verb

PROGRAM: Final = "colab-cdp-agent"
OF_AGENT: Final = "agent"
"""What stands for a session's id in the agent's own discovery; no session has it."""
LONGEST_STATE: Final = 255
"""In characters: a longer one Home Assistant refuses."""

_ICONS: Final = {
    "reconnect": "mdi:connection",
    "clear": "mdi:broom",
    "screenshot": "mdi:camera",
    "pause": "mdi:pause",
    "resume": "mdi:play",
}
_WAITING: Final = ", ".join(f"'{phase}'" for phase in sorted(mqtt.NEEDS_A_PERSON))
_STATE: Final = "(value_json | default({}))"
"""The state in a template; before its device is taken down the topic is emptied."""
_PROGRESS: Final = f"{_STATE}.get('progress', {{}})"
_ATTENTION: Final = f"({_STATE}.get('attention') or {{}})"
_LAST_LINE: Final = f"({_STATE}.get('output', {{}}).get('last_line') or '')"


class HomeAssistant(Struct, frozen=True):
    """Makes the devices of one agent.

    Args:
        root, agent: the first levels of every topic.
        version: of the program.
        last_line: whether the states tell the last printed line.
        session_verbs, agent_verbs: those that a button can ask for.

    """

    root: str
    agent: str
    version: str
    last_line: bool = True
    session_verbs: tuple[Verb, ...] = ()
    agent_verbs: tuple[Verb, ...] = ()

    def of_session(self, session: str, title: str, site: str) -> Discovery:
        """Return a session as a device."""
        device = Device(
            identifiers=(self._identifier(session),),
            name=title or session,
            manufacturer=PROGRAM,
            model=f"notebook, {site}",
            via_device=self._identifier(OF_AGENT),
        )
        levels = {"root": self.root, "agent": self.agent, "id": session}
        entities = _Entities(self._identifier(session))
        _add_readings(entities, mqtt.STATE.at(**levels), last_line=self.last_line)
        for verb in self.session_verbs:
            entities.add_button(verb, mqtt.SESSION_REQUEST.at(**levels, verb=verb.name))
        if any(verb.name == "screenshot" for verb in self.session_verbs):
            topic = mqtt.SCREENSHOT.at(**levels)
            entities.add(
                "picture", "image", "Page", image_topic=topic, content_type="image/jpeg"
            )  # fmt: skip
        return self._discovery(device, entities)

    def of_agent(self) -> Discovery:
        """Return the agent as a device."""
        device = Device(
            identifiers=(self._identifier(OF_AGENT),),
            name=f"{PROGRAM} {self.agent}",
            manufacturer=PROGRAM,
            model="agent",
            sw_version=self.version,
        )
        levels = {"root": self.root, "agent": self.agent}
        entities = _Entities(self._identifier(OF_AGENT))
        _add_own_readings(entities, levels)
        for verb in self.agent_verbs:
            entities.add_button(verb, mqtt.AGENT_REQUEST.at(**levels, verb=verb.name))
        return self._discovery(device, entities)

    def _discovery(self, device: Device, entities: "_Entities") -> Discovery:
        status = mqtt.STATUS.at(root=self.root, agent=self.agent)
        origin = Origin(PROGRAM, self.version)
        return Discovery(device, origin, entities.by_name, (Availability(status),))

    def _identifier(self, session: str) -> str:
        return f"{PROGRAM}:{self.agent}:{session}"


class _Entities:
    """The entities of one device; a name within it makes the whole entity's."""

    def __init__(self, device: str) -> None:
        self.by_name: dict[str, Component] = {}
        self._device = device

    def add(self, name: str, platform: Platform, label: str, **keys: Any) -> None:
        self.by_name[name] = Component(platform, f"{self._device}:{name}", label, **keys)

    def add_button(self, verb: Verb, topic: str) -> None:
        self.add(
            verb.name,
            "button",
            verb.name.replace("_", " ").capitalize(),
            icon=_ICONS.get(verb.name),
            command_topic=topic,
            payload_press="",
            qos=mqtt.SESSION_REQUEST.qos,
        )


def _add_readings(entities: _Entities, state: str, *, last_line: bool) -> None:
    """Add what a session's state tells."""
    entities.add(
        "phase", "sensor", "Phase", icon="mdi:notebook", state_topic=state,
        value_template=_shows(f"{_STATE}.get('phase')"),
        device_class="enum", options=get_args(mqtt.Phase),
    )  # fmt: skip
    entities.add(
        "needs_a_person", "binary_sensor", "Needs a person", state_topic=state,
        value_template=_shows(f"'ON' if {_STATE}.get('phase') in [{_WAITING}] else 'OFF'"),
        device_class="problem",
    )  # fmt: skip
    entities.add(
        "attention", "sensor", "Attention", icon="mdi:bell-alert", state_topic=state,
        value_template=_shows(f"{_ATTENTION}.get('kind', 'none')"),
        json_attributes_topic=state,
        json_attributes_template=_shows(f"{_ATTENTION} | tojson"),
    )  # fmt: skip
    entities.add(
        "progress", "sensor", "Progress", icon="mdi:progress-clock", state_topic=state,
        value_template=(
            f"{{% set done = {_PROGRESS}.get('fraction') %}}"
            "{{ none if done is none else (100 * done) | round(1) }}"
        ),
        unit_of_measurement="%", state_class="measurement", suggested_display_precision=0,
    )  # fmt: skip
    entities.add(
        "eta", "sensor", "Time left", state_topic=state,
        value_template=_shows(f"{_PROGRESS}.get('eta_s')"),
        device_class="duration", unit_of_measurement="s", suggested_display_precision=0,
    )  # fmt: skip
    entities.add(
        "loss", "sensor", "Loss", icon="mdi:chart-line", state_topic=state,
        value_template=_shows(f"{_PROGRESS}.get('metrics', {{}}).get('loss')"),
        state_class="measurement",
    )  # fmt: skip
    if last_line:
        entities.add(
            "last_line", "sensor", "Last line", icon="mdi:console-line", state_topic=state,
            value_template=_shows(f"{_LAST_LINE}[:{LONGEST_STATE}] or none"),
        )  # fmt: skip


def _shows(expression: str) -> str:
    """Return a template that shows an expression."""
    return f"{{{{ {expression} }}}}"


def _add_own_readings(entities: _Entities, levels: dict[str, str]) -> None:
    """Add what the agent tells of itself."""
    entities.add(
        "needs_you", "sensor", "Notebooks that need a person", icon="mdi:bell-alert",
        state_topic=mqtt.NEEDS_YOU.at(**levels), state_class="measurement",
    )  # fmt: skip
    info = mqtt.INFO.at(**levels)
    entities.add(
        "chrome", "sensor", "Chrome", icon="mdi:google-chrome", state_topic=info,
        value_template="{{ value_json.chrome.state }}",
        device_class="enum", options=get_args(mqtt.ChromeState),
        json_attributes_topic=info, json_attributes_template="{{ value_json.chrome | tojson }}",
    )  # fmt: skip
    entities.add(
        "status", "binary_sensor", "Agent", state_topic=mqtt.STATUS.at(**levels),
        payload_on=mqtt.ONLINE.decode(), payload_off=mqtt.OFFLINE.decode(),
        device_class="connectivity", availability=(),
    )  # fmt: skip
