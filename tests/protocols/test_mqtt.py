"""The MQTT contract: its table, payloads there and back, fields for a phone."""

import json
import math
import re
from contextlib import suppress
from datetime import datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.mqtt import TABLE, MalformedPayloadError, decode, encode
from colab_cdp_protocols.topic import Topic, is_level

# The keys of `state` as the contract lists them; a nested dict stands for an object.
DUTY = ("on", "count", "last_at", "last_result", "next_at")
STATE_KEYS: dict[str, tuple[str, ...]] = {
    "": (
        "id", "title", "site", "phase", "since", "attention", "connection", "kernel", "runtime",
        "run", "progress", "output", "duties", "witnesses", "updated",
    ),
    "attention": ("kind", "since", "text"),
    "runtime": (
        "id", "accelerator", "ram_used", "ram_total", "disk_used", "disk_total", "started", "same",
    ),
    "run": ("cell", "started", "elapsed_s"),
    "progress": (
        "fraction", "step", "total", "epoch", "epochs", "rate", "eta_s", "metrics", "at",
    ),
    # The contract's own keys, and `gaps`: docs/decisions.md says why.
    "output": ("lines", "bytes", "last_line", "last_at", "page_lines", "archive", "gaps"),
    "duties": ("keep_alive", "reconnect", "clear"),
    "duties.keep_alive": DUTY,
    "duties.reconnect": DUTY,
    "duties.clear": DUTY,
    "witnesses": ("wire", "page", "agree", "profile", "detector", "build"),
}  # fmt: skip
PHASES = {
    "running", "idle", "queued", "connecting", "reconnecting", "needs_you", "limited", "ended",
    "unreadable", "sleeping", "gone", "paused",
}  # fmt: skip
FIELDS = ["phase", "title", "attention", "progress", "eta", "loss", "last_line", "since"]
RFC_3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

PAYLOADS: list[tuple[Topic, st.SearchStrategy[Any]]] = [
    (mqtt.STATE, samples.states),
    (mqtt.INFO, samples.infos),
    (mqtt.SESSIONS, st.lists(samples.entries).map(tuple)),
    (mqtt.EVENT, samples.happenings),
    (mqtt.LOG, samples.logs),
    (mqtt.SCREENSHOT, st.binary()),
    (mqtt.SESSION_REQUEST, samples.requests),
    (mqtt.SESSION_RESPONSE, samples.responses),
    (mqtt.AGENT_REQUEST, samples.requests),
    (mqtt.AGENT_RESPONSE, samples.responses),
    (mqtt.STATUS, st.text()),
]


def test_no_two_rows_of_the_table_are_alike() -> None:
    patterns = [topic.pattern for topic in TABLE]
    assert len(set(patterns)) == len(patterns)
    assert all(topic.says for topic in TABLE)


def test_what_happens_once_is_not_retained() -> None:
    momentary = {
        mqtt.EVENT, mqtt.LOG, mqtt.SCREENSHOT, mqtt.SESSION_REQUEST, mqtt.SESSION_RESPONSE,
        mqtt.AGENT_REQUEST, mqtt.AGENT_RESPONSE, mqtt.CLAIM, mqtt.HOMEASSISTANT_STATUS,
    }  # fmt: skip
    assert all(topic.retained == (topic not in momentary) for topic in TABLE)


def test_an_empty_request_is_one_with_nothing_in_it() -> None:
    for topic in (mqtt.SESSION_REQUEST, mqtt.AGENT_REQUEST):
        assert decode(topic, b"") == mqtt.Request()
    assert encode(mqtt.Request()) == b"{}"


@pytest.mark.parametrize(
    ("topic", "payloads"), PAYLOADS, ids=[topic.pattern for topic, _ in PAYLOADS]
)
@given(st.data())
def test_payloads_there_and_back(
    topic: Topic, payloads: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    payload = data.draw(payloads)
    assert decode(topic, encode(payload)) == payload


def test_bytes_and_plain_text_go_as_they_are() -> None:
    assert encode(b"\xff\xd8") == b"\xff\xd8"
    assert encode("online") == b"online"


@given(st.text(st.characters(exclude_categories=())))
def test_half_a_utf16_pair_stops_no_payload(text: str) -> None:
    state = samples.state(title=text, output=mqtt.Output(archive=text))
    whole = text.encode(errors="replace").decode()
    assert encode(text).decode() == whole
    arrived = decode(mqtt.STATE, encode(state))
    assert (arrived.title, arrived.output.archive) == (whole, whole)


@pytest.mark.parametrize("topic", TABLE, ids=lambda topic: topic.pattern)
@given(st.binary() | st.text().map(str.encode))
def test_garbage_is_malformed_and_nothing_else(topic: Topic, payload: bytes) -> None:
    with suppress(MalformedPayloadError):
        decode(topic, payload)


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"[", b"{}", b"[" * 100_000, b'{"id": 1}', b"\xff", b'{"since": "0000-99"}'],
)
def test_what_is_no_state_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedPayloadError, match="/state"):
        decode(mqtt.STATE, payload)


@given(samples.states, st.data())
def test_a_state_with_one_value_spoiled_is_malformed_or_read(
    state: mqtt.State, data: st.DataObject
) -> None:
    told = json.loads(encode(state))
    told[data.draw(st.sampled_from(sorted(told)))] = data.draw(
        st.none() | st.integers() | st.floats() | st.text() | st.lists(st.text())
    )
    with suppress(MalformedPayloadError):
        decode(mqtt.STATE, json.dumps(told).encode())


def test_a_state_has_exactly_the_keys_of_the_contract() -> None:
    told = json.loads(
        encode(samples.state(attention=mqtt.Attention("captcha", samples.MOMENT, "")))
    )
    for place, keys in STATE_KEYS.items():
        part = told
        for step in filter(None, place.split(".")):
            part = part[step]
        assert tuple(part) == keys, place


def test_the_words_of_the_contract() -> None:
    assert set(get_args(mqtt.Phase)) == PHASES
    assert set(get_args(mqtt.Connection)) == {
        "no_runtime", "connecting", "connected", "disconnected", "unknown",
    }  # fmt: skip
    assert set(get_args(mqtt.Kernel)) == {"idle", "busy", "starting", "dead", "unknown"}


@given(samples.moments)
def test_times_are_rfc_3339_in_utc(moment: datetime) -> None:
    text = mqtt.timestamp(moment)
    assert RFC_3339_UTC.fullmatch(text)
    assert datetime.fromisoformat(text) == moment
    told = json.loads(encode(samples.state(since=moment, updated=moment)))
    assert (told["since"], told["updated"]) == (text, text)


def told_fields(progress: mqtt.Progress) -> dict[str, str]:
    return dict(mqtt.fields(samples.state(progress=progress), last_line=True))


@given(samples.states, st.booleans())
def test_fields_are_those_of_the_contract(state: mqtt.State, last_line: bool) -> None:  # noqa: FBT001
    fields = dict(mqtt.fields(state, last_line=last_line))
    assert list(fields) == FIELDS
    assert all(map(is_level, fields))
    assert fields["last_line"] == ((state.output.last_line or "") if last_line else "")
    assert fields["attention"] == (state.attention.kind if state.attention else "none")
    assert RFC_3339_UTC.fullmatch(fields["since"])


@given(st.none() | st.floats())
def test_progress_is_a_whole_number_of_percent_or_empty(fraction: float | None) -> None:
    text = told_fields(mqtt.Progress(fraction=fraction))["progress"]
    assert text == "" if fraction is None or not math.isfinite(fraction) else 0 <= int(text) <= 100


@given(st.none() | st.floats())
def test_eta_is_a_whole_number_of_seconds_or_empty(eta: float | None) -> None:
    text = told_fields(mqtt.Progress(eta_s=eta))["eta"]
    assert text == "" if eta is None or not math.isfinite(eta) else int(text) >= 0


@pytest.mark.parametrize(
    ("progress", "name", "text"),
    [
        (mqtt.Progress(), "progress", ""),
        (mqtt.Progress(), "eta", ""),
        (mqtt.Progress(), "loss", ""),
        (mqtt.Progress(fraction=0.0), "progress", "0"),
        (mqtt.Progress(fraction=0.424), "progress", "42"),
        (mqtt.Progress(fraction=1.0), "progress", "100"),
        (mqtt.Progress(fraction=1.3), "progress", "100"),
        (mqtt.Progress(fraction=-0.1), "progress", "0"),
        (mqtt.Progress(fraction=math.nan), "progress", ""),
        (mqtt.Progress(eta_s=math.inf), "eta", ""),
        (mqtt.Progress(eta_s=61.6), "eta", "62"),
        (mqtt.Progress(metrics={"loss": 0.125}), "loss", "0.125"),
        (mqtt.Progress(metrics={"acc": 0.9}), "loss", ""),
    ],
)
def test_a_field_is_plain_text(progress: mqtt.Progress, name: str, text: str) -> None:
    assert told_fields(progress)[name] == text


def test_the_agents_own_words_are_bytes() -> None:
    assert (mqtt.ONLINE, mqtt.OFFLINE) == (b"online", b"offline")
    chrome = mqtt.ChromeInfo("waiting", None, samples.MOMENT, None)
    info = mqtt.Info("1", "h", samples.MOMENT, (), chrome, (), "none", "i")
    assert json.loads(encode(info))["api"] == 1
