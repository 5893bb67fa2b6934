"""What is typed becomes the request that an agent takes, or a sentence that says what is wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from colab_cdp_agent.remote.answer import words
from colab_cdp_agent.remote.request import (
    Ask,
    BadRequestError,
    Target,
    find_session,
    find_verb,
    parse_arguments,
    parse_target,
    write_letter,
)
from colab_cdp_protocols import mqtt, signing, verbs
from colab_cdp_protocols.session_id import is_session_id

NOW = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
KEY = "a key of sixteen letters and more"
SESSION = "0123456789"
EVERY_VERB = [
    *((Target("laptop", "train"), verb) for verb in verbs.OF_SESSION.values()),
    *((Target("laptop", None), verb) for verb in verbs.OF_AGENT.values()),
]
TYPED = {
    "keep_alive": ["on=false"],
    "clear_every": ["minutes=15"],
    "log": ["lines=50"],
    "history": ["since=12h"],
    "script": ["name=save"],
}
ENTRIES = (
    mqtt.SessionEntry(SESSION, "llama LoRA", "running"),
    mqtt.SessionEntry("aaaaaaaaaa", "llama LoRA, 3rd try", "running"),
    mqtt.SessionEntry("bbbbbbbbbb", "훈련/ResNet", "idle"),
)


def ask(target: Target, verb: verbs.Verb, key: str | None = None, wait_s: float = 30.0) -> Ask:
    args = parse_arguments(verb, TYPED.get(verb.name, []), NOW)
    return Ask("home/colab", target, verb, args, key, wait_s)


@pytest.mark.parametrize(("target", "verb"), EVERY_VERB, ids=lambda each: getattr(each, "name", ""))
@pytest.mark.parametrize("key", [None, KEY])
def test_every_verb_becomes_a_request_that_its_agent_takes(
    target: Target, verb: verbs.Verb, key: str | None
) -> None:
    session = None if target.session is None else SESSION
    letter = write_letter(ask(target, verb, key, wait_s=300.0), session, NOW)
    row = mqtt.AGENT_REQUEST if session is None else mqtt.SESSION_REQUEST
    levels = row.read(letter.topic, root="home/colab")
    assert levels == {"agent": "laptop", "verb": verb.name} | ({"id": SESSION} if session else {})
    assert letter.response_topic == letter.topic.replace("/request/", "/response/")
    request = mqtt.decode(row, letter.payload)
    assert request.transaction == letter.transaction
    assert (request.at, request.ttl_s) == (NOW, mqtt.LONGEST_TTL_S)
    assert isinstance(verbs.arguments(verb, request.args), verb.args)
    if key is None:
        assert request.hmac is None
    else:
        assert signing.is_signed(key, letter.topic, letter.payload, request.hmac)


def test_no_two_requests_are_one_transaction() -> None:
    asked = ask(Target("laptop", None), verbs.OF_AGENT["pause"])
    letters = [write_letter(asked, None, NOW) for _ in range(100)]
    assert len({letter.transaction for letter in letters}) == 100


@pytest.mark.parametrize(
    ("verb", "typed", "args"),
    [
        ("keep_alive", ["on=true"], verbs.KeepAlive(on=True)),
        ("keep_alive", ["on=0"], verbs.KeepAlive(on=False)),
        ("clear_every", ["minutes=0"], verbs.ClearEvery(0)),
        ("log", ["lines=500"], verbs.LastLines(500)),
        ("history", ["since=2h"], verbs.Since(NOW - timedelta(hours=2))),
        ("history", ["since=2026-03-01T20:00:00Z"], verbs.Since(NOW - timedelta(hours=2))),
        ("script", ["name=a=b"], None),
        ("script", ["name=save"], verbs.ScriptName("save")),
        ("reconnect", [], verbs.NoArguments()),
        ("reconnect", ["on=true"], None),
        ("keep_alive", [], None),
        ("keep_alive", ["on"], None),
        ("keep_alive", ["on=maybe"], None),
        ("keep_alive", ["on=1", "on=1"], None),
        ("clear_every", ["minutes=-1"], None),
        ("log", ["lines=501"], None),
        ("log", ["lines=1", "more=1"], None),
        ("history", ["since=tomorrow"], None),
        ("history", ["since=2027-01-01"], None),
    ],
)
def test_typed_arguments_are_those_of_the_verb_or_refused(
    verb: str, typed: list[str], args: Any
) -> None:
    if args is None:
        with pytest.raises(BadRequestError):
            parse_arguments(verbs.OF_SESSION[verb], typed, NOW)
    else:
        parsed = parse_arguments(verbs.OF_SESSION[verb], typed, NOW)
        again = msgspec.json.decode(mqtt.encode(parsed), type=type(args))
        assert again == args


@given(st.sampled_from([*verbs.OF_SESSION.values()]), st.lists(st.text(), max_size=3))
def test_whatever_is_typed_is_arguments_or_a_printable_refusal(
    verb: verbs.Verb, typed: list[str]
) -> None:
    try:
        parse_arguments(verb, typed, NOW)
    except BadRequestError as error:
        assert str(error).isprintable()  # noqa: PT017 - most texts are refused, and may be


def test_a_target_is_an_agent_or_a_session_of_one() -> None:
    assert parse_target("laptop") == Target("laptop", None)
    assert parse_target("laptop/훈련/ResNet") == Target("laptop", "훈련/ResNet")
    for text in ("", "/x", "Laptop/x", "laptop/", "laptop/ ", "a\x1b/x"):
        with pytest.raises(BadRequestError, match="expected AGENT"):
            parse_target(text)


def test_verbs_of_sessions_and_agents_are_told_apart() -> None:
    with pytest.raises(BadRequestError, match="of an agent: expected refresh"):
        find_verb(Target("laptop", None), "dance")
    with pytest.raises(BadRequestError, match="of a session: expected reconnect"):
        find_verb(Target("laptop", "x"), "dance")
    with pytest.raises(BadRequestError, match="of a session: write `send laptop/SESSION clear`"):
        find_verb(Target("laptop", None), "clear")
    with pytest.raises(BadRequestError, match="of an agent: write `send laptop refresh`"):
        find_verb(Target("laptop", "x"), "refresh")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SESSION, SESSION),
        ("llama LoRA", SESSION),
        ("LLAMA lora,", "aaaaaaaaaa"),
        ("훈련/", "bbbbbbbbbb"),
        ("llama", "may be any of: llama LoRA "),
        ("vit", "no session is 'vit'; there are: llama LoRA "),
    ],
)
def test_a_session_is_found_by_id_title_or_the_beginning_of_one_title(
    wanted: str, found: str
) -> None:
    if is_session_id(found):
        assert find_session(ENTRIES, wanted) == found
    else:
        with pytest.raises(BadRequestError, match=found):
            find_session(ENTRIES, wanted)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(["lines", "events"]), inner, max_size=3)
        | samples.happenings.map(msgspec.to_builtins)
    ),
    max_leaves=8,
)


@given(samples.responses, json_values)
def test_every_answer_has_words_that_steer_no_terminal(response: mqtt.Response, data: Any) -> None:
    lines = list(words(msgspec.structs.replace(response, data=data)))
    assert all(line.isprintable() for line in lines)
    if response.status != "ok":
        assert lines[0].startswith(f"{response.status}: ")


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (None, ["ok"]),
        ({"result": "cleared 5,120 lines"}, ["ok: cleared 5,120 lines"]),
        ({"lines": ["step 1", "step \x1b[1m2"]}, ["step 1", "step 2"]),
        ([{"id": "a", "title": "t", "phase": "idle"}], ["a  t  idle"]),
        ({"chrome": {"state": "connected", "reason": None}, "sessions": 2},
         ["chrome:", "  state: connected", "  reason: null", "sessions: 2"]),
    ],
)  # fmt: skip
def test_an_answer_reads_well(data: Any, lines: list[str]) -> None:
    assert list(words(mqtt.Response("ok", data=data))) == lines


def test_a_history_is_a_line_for_each_event_with_its_time_text_and_cause() -> None:
    event = mqtt.Happening("1", samples.MOMENT, "captcha", "alert", "A captcha.", "limit", None)
    data = msgspec.to_builtins({"events": [event], "left_out": 2})
    local = f"{samples.MOMENT.astimezone():%d %b %H:%M:%S}"
    assert list(words(mqtt.Response("ok", data=data))) == [
        "2 earlier ones left out",
        f"{local}  ! A captcha. (limit)",
    ]


def test_a_refusal_tells_its_reason() -> None:
    assert list(words(mqtt.Response("refused", error="not \x1b[1mallowed"))) == [
        "refused: not allowed"
    ]
