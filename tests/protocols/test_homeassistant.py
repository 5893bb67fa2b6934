"""Devices for Home Assistant: what it takes, of topics that are ours, with templates that hold."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from jinja2 import Environment, StrictUndefined

import samples
from colab_cdp_protocols import mqtt, verbs
from colab_cdp_protocols.discovery import Component, Discovery
from colab_cdp_protocols.homeassistant import LONGEST_STATE, OF_AGENT, HomeAssistant
from colab_cdp_protocols.session_id import is_session_id
from colab_cdp_protocols.topic import Topic

FOLDER = Path(__file__).parents[1] / "home_assistant"
PYTHON_VARIABLE = "HOMEASSISTANT_PYTHON"
"""Names the interpreter of an environment in which Home Assistant is installed."""
SESSION = "0123456789"
BARE = tuple(verb for verb in verbs.OF_SESSION.values() if verb.bare)
OWN = tuple(verb for verb in verbs.OF_AGENT.values() if verb.bare and verb.acts)
HOME = HomeAssistant("home/colab", "host", "1.2.3", session_verbs=BARE, agent_verbs=OWN)
DEVICES = {
    "session": HOME.of_session(SESSION, "train.ipynb", "colab"),
    "agent": HOME.of_agent(),
}
NOTEBOOK = DEVICES["session"]


def home_assistant() -> str | None:
    """Return the interpreter that has Home Assistant, if there is one."""
    if named := os.environ.get(PYTHON_VARIABLE):
        return named
    return sys.executable if importlib.util.find_spec("homeassistant") else None


def plain(device: Discovery) -> Any:
    return json.loads(mqtt.encode(device))


def topics(device: Discovery) -> Iterator[str]:
    """Yield every topic that a device names."""
    for part in (*device.components.values(), *(device.availability or ())):
        for name in ("topic", "state_topic", "json_attributes_topic", "image_topic"):
            if topic := getattr(part, name, None):
                yield topic


def row(topic: str) -> Topic:
    levels = {"root": "home/colab", "agent": "host"}
    rows = [row for row in mqtt.TABLE if row.read(topic, **levels) is not None]
    others = [row for row in rows if row is not mqtt.FIELD]  # a field is what nothing else is
    assert len(others or rows) == 1, topic
    return (others or rows)[0]


def shown(component: Component, payload: bytes) -> str:
    """Return what a reading shows of a payload: as Home Assistant, without making it a number."""
    assert component.value_template is not None
    template = Environment(autoescape=False, undefined=StrictUndefined).from_string(
        component.value_template
    )
    return template.render({"value_json": json.loads(payload)} if payload else {})


def readings(state: mqtt.State | None) -> dict[str, str]:
    payload = mqtt.encode(state) if state is not None else b""
    return {
        name: shown(each, payload)
        for name, each in NOTEBOOK.components.items()
        if each.value_template
    }


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_is_what_it_was(name: str) -> None:
    """An entity whose unique id or topic changes is another one to Home Assistant."""
    golden = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    assert plain(DEVICES[name]) == golden


@pytest.mark.skipif(home_assistant() is None, reason=f"no Home Assistant; see {PYTHON_VARIABLE}")
def test_home_assistant_takes_every_device_and_leaves_nothing_out() -> None:
    payloads = {
        mqtt.DISCOVERY.at(agent="host", id=SESSION): mqtt.encode(NOTEBOOK).decode(),
        mqtt.DISCOVERY.at(agent="host", id=OF_AGENT): mqtt.encode(DEVICES["agent"]).decode(),
    }
    strange = plain(NOTEBOOK)
    strange["components"]["phase"]["colour"] = "red"
    strange["components"]["eta"]["state_class"] = "sometimes"
    wrong = plain(NOTEBOOK)
    del wrong["origin"]
    payloads |= {"a/device/b/strange": json.dumps(strange), "a/device/b/wrong": json.dumps(wrong)}
    checked = subprocess.run(
        [home_assistant() or "", str(FOLDER / "schema_check.py")],
        input=json.dumps(payloads), text=True, check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    found = json.loads(checked.stdout)
    assert [len(found.pop("a/device/b/strange")), len(found.pop("a/device/b/wrong"))] == [2, 1]
    assert found == {topic: [] for topic in found}
    assert len(found) == 2


@pytest.mark.parametrize("name", DEVICES)
def test_every_topic_that_a_device_reads_is_one_that_the_agent_publishes(name: str) -> None:
    heard = {row(topic) for topic in topics(DEVICES[name])}
    assert heard <= {mqtt.STATUS, mqtt.INFO, mqtt.NEEDS_YOU, mqtt.STATE, mqtt.SCREENSHOT}
    assert mqtt.STATUS in heard


@pytest.mark.parametrize(
    ("name", "asked", "known"),
    [("session", mqtt.SESSION_REQUEST, BARE), ("agent", mqtt.AGENT_REQUEST, OWN)],
)
def test_a_button_sends_an_empty_request(
    name: str, asked: Topic, known: tuple[verbs.Verb, ...]
) -> None:
    buttons = [each for each in DEVICES[name].components.values() if each.platform == "button"]
    found = [asked.read(each.command_topic or "", root="home/colab") for each in buttons]
    assert [levels["verb"] for levels in found if levels] == [verb.name for verb in known]
    assert all(each.payload_press == "" for each in buttons)


def test_there_is_a_picture_only_where_one_can_be_asked_for() -> None:
    assert NOTEBOOK.components["picture"].content_type == "image/jpeg"
    without = HomeAssistant("colab", "host", "1").of_session(SESSION, "", "colab")
    assert {each.platform for each in without.components.values()} == {"sensor", "binary_sensor"}
    assert without.device.name == SESSION


def test_entities_are_unique_and_a_session_is_reached_through_its_agent() -> None:
    again = HOME.of_session(f"{SESSION}-2", "train.ipynb", "colab")
    devices = [*DEVICES.values(), again]
    ids = [each.unique_id for device in devices for each in device.components.values()]
    assert len(set(ids)) == len(ids)
    assert NOTEBOOK.device.via_device == DEVICES["agent"].device.identifiers[0]
    assert not is_session_id(OF_AGENT)


def test_the_agent_is_shown_offline_and_not_unavailable() -> None:
    status = DEVICES["agent"].components["status"]
    assert status.availability == ()
    assert (status.payload_on, status.payload_off) == ("online", "offline")


def test_the_last_line_is_not_announced_where_it_is_not_told() -> None:
    silent = HomeAssistant("colab", "host", "1", last_line=False)
    assert "last_line" not in silent.of_session(SESSION, "x", "colab").components


@given(samples.states)
def test_every_state_is_shown(state: mqtt.State) -> None:
    told = readings(state)
    assert told["phase"] in (NOTEBOOK.components["phase"].options or ())
    assert told["needs_a_person"] == ("ON" if state.phase in mqtt.NEEDS_A_PERSON else "OFF")
    assert told["attention"] == (state.attention.kind if state.attention else "none")
    assert len(told["last_line"]) <= LONGEST_STATE
    for name in ("progress", "eta", "loss"):
        assert told[name] == "None" or float(told[name]) is not None


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    told = readings(samples.state())
    unknown = {name for name, text in told.items() if text == "None"}
    assert unknown == {"progress", "eta", "loss", "last_line"}


def test_what_is_taken_down_is_no_error() -> None:
    told = readings(None)
    assert told.pop("needs_a_person") == "OFF"
    assert told.pop("attention") == "none"
    assert set(told.values()) == {"None"}


def test_what_is_known_is_shown() -> None:
    state = samples.state(
        attention=mqtt.Attention("captcha", samples.MOMENT, "Solve it."),
        phase="needs_you",
        progress=mqtt.Progress(fraction=0.4244, eta_s=61.5, metrics={"loss": 0.25}),
        output=mqtt.Output(last_line="x" * 300),
    )
    assert readings(state) == {
        "phase": "needs_you", "needs_a_person": "ON", "attention": "captcha", "progress": "42.4",
        "eta": "61.5", "loss": "0.25", "last_line": "x" * LONGEST_STATE,
    }  # fmt: skip
    assert set(get_args(mqtt.Phase)) == set(NOTEBOOK.components["phase"].options or ())
