"""Table, document and what is really on a broker are the same contract."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import samples
from chromium import Chromium
from colab_cdp_protocols import mqtt
from contract import FILE, Contract
from mosquitto import Mosquitto
from night import NAME, Night
from scene import needs_chromium_and_mosquitto
from stage import Stage
from subscriber import Subscriber
from witnessed import START_LIMIT_S, opened, until_phase

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "tests" / "asyncapi" / "3.0.0-without-id.json"
CONTRACT = Contract()

TRAINS = """\
import time
for step in range(1, 41):
    print(f"step {step}/40 loss {1 / step:.4f}", flush=True)
    time.sleep(0.1)
raise ValueError("at last")
"""
LEVELS = {"root": "colab", "agent": "host"}
SESSION = {**LEVELS, "id": "0123456789"}
PAYLOADS: list[tuple[str, st.SearchStrategy[Any]]] = [
    (mqtt.INFO.at(**LEVELS), samples.infos),
    (mqtt.SESSIONS.at(**LEVELS), st.lists(samples.entries).map(tuple)),
    (mqtt.STATE.at(**SESSION), samples.states),
    (mqtt.EVENT.at(**SESSION), samples.happenings),
    (mqtt.LOG.at(**SESSION), samples.logs),
    (mqtt.SESSION_RESPONSE.at(**SESSION, verb="clear"), samples.responses),
]


def wrong(document: dict[str, Any]) -> list[str]:
    """Return where a document is no AsyncAPI 3.0."""
    validator = Draft7Validator(json.loads(SCHEMA.read_text("utf-8")))
    return [error.json_path for error in validator.iter_errors(document)]


def test_the_document_is_what_the_table_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from asyncapi_document import text  # noqa: PLC0415

    assert FILE.read_text("utf-8") == text(), "run: python scripts/mqtt_reference.py"


def test_the_document_is_asyncapi() -> None:
    assert wrong(CONTRACT.document) == []
    assert CONTRACT.document["asyncapi"] == "3.0.0"


@pytest.mark.parametrize("part", ["info", "channels.state.address", "operations.send_log.action"])
def test_a_document_with_something_wrong_is_none(part: str) -> None:
    spoiled: Any = json.loads(json.dumps(CONTRACT.document))
    *path, last = part.split(".")
    place = spoiled
    for step in path:
        place = place[step]
    place[last] = 7
    assert wrong(spoiled)


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(found := value.get("$ref"), str):
                yield found
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                yield from references(each)

    for reference in references(CONTRACT.document):
        place = CONTRACT.document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_row_of_the_table_is_a_channel_with_one_operation() -> None:
    addresses = {each["address"] for each in CONTRACT.document["channels"].values()}
    assert addresses == {row.pattern for row in mqtt.TABLE}
    used = [each["channel"]["$ref"] for each in CONTRACT.document["operations"].values()]
    assert sorted(used) == sorted(f"#/channels/{name}" for name in CONTRACT.document["channels"])


@pytest.mark.parametrize(("topic", "payloads"), PAYLOADS, ids=[topic for topic, _ in PAYLOADS])
@given(st.data())
def test_what_the_types_allow_the_document_allows(
    topic: str, payloads: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    CONTRACT.check(topic, mqtt.encode(data.draw(payloads)))


@given(samples.states)
def test_every_plain_field_is_as_the_document_says(state: mqtt.State) -> None:
    sound = mqtt.Attention("captcha", samples.MOMENT, "")
    state = samples.state(phase=state.phase, progress=state.progress, attention=sound)
    for field, text in mqtt.fields(state, last_line=True):
        CONTRACT.check(mqtt.FIELD.at(**SESSION, field=field), text.encode())


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("colab/host/status", b"away"),
        ("colab/host/needs_you", b"many"),
        ("colab/host/session/0123456789/progress", b"101"),
        ("colab/host/session/0123456789/since", b"yesterday"),
        ("colab/host/session/0123456789/state", b"{}"),
        ("colab/host/session/0123456789/log", b'{"seq":0,"lines":[],"more":1}'),
        ("colab/host/session/0123456789/screenshot", b"GIF89a"),
        ("colab/host/session/0123456789/request/keep_alive", b""),
        ("colab/host/session/0123456789/request/clear_every", b'{"args":{"minutes":-1}}'),
        ("colab/host/session/0123456789/request/unknown", b""),
        ("colab/host/session/0123456789/colour", b"red"),
        ("colab/host/online", b"1"),
        ("colab/host/Status", b"online"),
    ],
)
def test_what_is_not_in_the_contract_is_noticed(topic: str, payload: bytes) -> None:
    with pytest.raises(AssertionError):
        CONTRACT.check(topic, payload)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("session/0123456789/request/reconnect", b""),
        ("session/0123456789/request/reconnect", b'{"transaction":"1","ttl_s":5}'),
        ("session/0123456789/request/clear_every", b'{"args":{"minutes":10}}'),
        ("request/sessions", b""),
        ("session/0123456789/screenshot", b"\xff\xd8\xff\xe0"),
    ],
)
def test_what_is_asked_for_is_in_the_contract(topic: str, payload: bytes) -> None:
    CONTRACT.check(f"colab/host/{topic}", payload)


@needs_chromium_and_mosquitto
def test_everything_that_a_night_says_is_in_the_contract_and_all_of_it_is_said(
    tmp_path: Path,
) -> None:
    with (
        Stage() as stage,
        Chromium(stage.sim.chromium_flags) as chromium,
        Mosquitto(tmp_path) as broker,
        closing(Subscriber(broker.port, "#")) as heard,
        Night(chromium.port, broker=broker, config={"publish": {"log": True}}) as night,
    ):
        notebook = opened(stage, chromium, "train", TRAINS)
        until_phase(night, notebook.url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        night.until(lambda: night.value(f"session/{night.id_of(notebook.url)}/loss"))
        night.until(lambda: night.attention(notebook.url) == "run_failed")
        devices = [topic for topic, _payload in heard.messages if topic.endswith("/config")]
        heard.publish(mqtt.HOMEASSISTANT_STATUS.pattern, mqtt.ONLINE)
        ours = {"root": "colab", "agent": NAME}
        heard.publish(mqtt.AGENT_REQUEST.at(**ours, verb="sessions"), b"")
        for verb, payload in (("screenshot", b""), ("log", b'{"args":{"lines":2}}')):
            asked = mqtt.SESSION_REQUEST.at(**ours, id=night.id_of(notebook.url), verb=verb)
            heard.publish(asked, payload)
        again = len(devices) + len(set(devices))
        night.until(lambda: _count(heard, "/config") == again)
        for verb in ("sessions", "screenshot", "log"):
            night.until(lambda verb=verb: _count(heard, f"/response/{verb}"))
        with closing(Subscriber(broker.port, "#")) as late:
            night.until(lambda: heard.values.keys() == late.values.keys())
        night.stop()
        night.until(lambda: night.value("status") == "offline")
    channels = {CONTRACT.check(topic, payload) for topic, payload in heard.messages}
    assert channels == CONTRACT.document["channels"].keys()
    kept = {CONTRACT.channel(topic) for topic in late.kept}
    assert kept == {channel for channel in channels if CONTRACT.retained(channel)}


def _count(heard: Subscriber, end: str) -> int:
    return sum(topic.endswith(end) for topic, _payload in heard.messages)
