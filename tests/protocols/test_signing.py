"""The signature of a request: made alike by any program, and for what stands in the payload."""

import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from colab_cdp_protocols import mqtt, signing

KEY = "correct horse battery"
TOPIC = "colab/host/session/0123456789/request/pause"


@given(samples.requests, st.text(min_size=16))
def test_what_is_signed_is_known_by_its_key(request: mqtt.Request, key: str) -> None:
    payload = signing.sign(key, TOPIC, request)
    made = mqtt.decode(mqtt.SESSION_REQUEST, payload)
    assert msgspec.structs.replace(made, hmac=None) == msgspec.structs.replace(request, hmac=None)
    assert signing.is_signed(key, TOPIC, payload, made.hmac)
    assert not signing.is_signed(f"{key}x", TOPIC, payload, made.hmac)
    assert not signing.is_signed(key, f"{TOPIC}x", payload, made.hmac)
    assert not signing.is_signed(key, TOPIC, payload, None)


def spelled(value: Any) -> list[str]:
    """Return spellings of one value as JSON that other programs use."""
    return [
        json.dumps(value),
        json.dumps(value, indent=2),
        json.dumps(value, separators=(",", ":"), ensure_ascii=False),
        json.dumps(value, sort_keys=True),
    ]


@pytest.mark.parametrize("place", range(4))
def test_any_spelling_of_json_can_be_signed(place: int) -> None:
    asked = {"transaction": "é", "at": "2026-11-25T22:00:00+09:00", "ttl_s": 30, "args": {"b": 1.0}}
    parts = {name: spelled(value)[place] for name, value in asked.items()}
    text = "\n".join([TOPIC, *parts.values()])
    made = hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
    pairs = [
        f"{json.dumps(name)} : {part}" for name, part in (parts | {"hmac": f'"{made}"'}).items()
    ]
    payload = f"{{ {' , '.join(reversed(pairs))} }}".encode()
    assert signing.is_signed(KEY, TOPIC, payload, made)


def test_what_is_missing_is_an_empty_line() -> None:
    assert signing.signed_text("a", b"{}") == b"a\n\n\n\n"
    assert signing.signed_text("a", b'{"at": "b", "x": 1}') == b'a\n\n"b"\n\n'


@given(st.binary() | st.text().map(str.encode))
def test_garbage_is_not_json_and_nothing_else(payload: bytes) -> None:
    try:
        signing.signed_text(TOPIC, payload)
    except msgspec.DecodeError:
        return
    assert isinstance(json.loads(payload), dict)
