"""The gate for commands: what is accepted, and that everything else is refused with a reason."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from colab_cdp_agent.config import Commands
from colab_cdp_agent.settings.secret import CommandKey
from colab_cdp_agent.tell.commands import (
    AHEAD_LIMIT_S,
    LARGEST_BYTES,
    MOST_IN_WINDOW,
    TRANSACTIONS_KEPT,
    WINDOW_S,
    Accepted,
    Asked,
    Gate,
    Refused,
)
from colab_cdp_protocols import mqtt, signing, verbs

BEGAN = datetime(2026, 11, 25, 22, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=1)
SESSION = "0123456789"
KEY = "a key of some length"
ALL = Commands(allow=tuple(verbs.OF_SESSION))  # type: ignore[arg-type]  # they are its words
ARGS: dict[str, dict[str, Any]] = {
    "keep_alive": {"on": False},
    "clear_every": {"minutes": 10},
    "log": {"lines": 20},
    "history": {"since": "2026-11-25T22:00:00Z"},
    "script": {"name": "mine"},
}
moments = st.floats(-300, 300).map(lambda seconds: NOW + timedelta(seconds=seconds))


def topic(verb: str, session: str | None = SESSION) -> str:
    place = f"session/{session}/" if session is not None else ""
    return f"colab/host/{place}request/{verb}"


def judged(
    gate: Gate,
    verb: str,
    payload: bytes = b"",
    *,
    session: str | None = SESSION,
    retained: bool = False,
    now: datetime = NOW,
    clock: float = 0.0,
) -> Accepted | Refused:
    return gate.judge(
        topic(verb, session), payload, asked=Asked(verb, session), retained=retained,
        sessions={SESSION}, now=now, clock=clock,
    )  # fmt: skip


def request(
    verb: str, at: datetime | None = NOW, transaction: str | None = "t", **more: Any
) -> bytes:
    return mqtt.encode(mqtt.Request(transaction, at, args=ARGS.get(verb, {}), **more))


def reason(outcome: Accepted | Refused) -> str:
    assert isinstance(outcome, Refused)
    return outcome.reason


@pytest.mark.parametrize("verb", verbs.OF_SESSION)
def test_every_verb_of_a_session_can_be_asked_for_when_it_is_allowed(verb: str) -> None:
    accepted = judged(Gate(ALL, BEGAN), verb, request(verb))
    assert isinstance(accepted, Accepted)
    assert accepted.asked == Asked(verb, SESSION, "t")
    assert isinstance(accepted.args, verbs.OF_SESSION[verb].args)


@pytest.mark.parametrize("verb", verbs.OF_AGENT)
def test_every_verb_of_the_agent_takes_an_empty_payload(verb: str) -> None:
    assert isinstance(judged(Gate(Commands(), BEGAN), verb, session=None), Accepted)


@pytest.mark.parametrize("verb", verbs.OF_SESSION)
def test_an_empty_payload_is_enough_for_what_a_phones_button_sends(verb: str) -> None:
    outcome = judged(Gate(ALL, BEGAN), verb)
    bare = {"reconnect", "clear", "screenshot", "pause", "resume"}
    assert isinstance(outcome, Accepted) == (verb in bare)
    assert verb in bare or "wants JSON" in reason(outcome)


@pytest.mark.parametrize("verb", ["interrupt", "run_all", "script"])
def test_the_risky_verbs_are_off_until_they_are_allowed(verb: str) -> None:
    assert "not allowed" in reason(judged(Gate(Commands(), BEGAN), verb, request(verb)))


@pytest.mark.parametrize("verb", verbs.OF_SESSION)
def test_an_empty_list_refuses_every_verb_of_a_session(verb: str) -> None:
    gate = Gate(Commands(allow=()), BEGAN)
    assert "not allowed" in reason(judged(gate, verb, request(verb)))


def test_what_tells_no_more_than_the_broker_is_always_answered() -> None:
    gate = Gate(Commands(allow=()), BEGAN)
    free = {
        verb for verb in verbs.OF_AGENT if isinstance(judged(gate, verb, session=None), Accepted)
    }
    assert free == {"refresh", "sessions", "doctor"}


@pytest.mark.parametrize(
    ("verb", "payload", "says"),
    [
        ("reconnect", b"{", "it is no request"),
        ("reconnect", b"null", "it is no request"),
        ("reconnect", b"\xff\xfe", "it is no request"),
        ("reconnect", b"[" * 4000, "it is no request"),
        ("reconnect", b'{"at": "yesterday"}', "it is no request"),
        ("reconnect", b'{"at": "2026-11-25T22:00:00"}', "timezone"),
        ("reconnect", b'{"ttl_s": 61}', "<= 60"),
        ("reconnect", b'{"ttl_s": 0}', "> 0"),
        ("reconnect", b'{"transaction": 7}', "transaction"),
        ("reconnect", b'{"args": []}', "args"),
        ("reconnect", b'{"args": {"on": true}}', "unknown field"),
        ("keep_alive", b"{}", "missing required field `on`"),
        ("keep_alive", b'{"args": {"on": 1}}', "Expected `bool`"),
        ("clear_every", b'{"args": {"minutes": -1}}', ">= 0"),
        ("clear_every", b'{"args": {"minutes": 1e9}}', "minutes"),
        ("log", b'{"args": {"lines": 100000}}', "<= 500"),
        ("history", b'{"args": {"since": "22:00"}}', "since"),
        ("script", b'{"args": {"name": "../../etc/passwd"}}', "name"),
        ("run", b"{}", "there is no such verb"),
        ("reconnect", b" " * (LARGEST_BYTES + 1), "larger than 4096 bytes"),
        ("reconnect", b"x" * 1_000_000, "larger than 4096 bytes"),
    ],
)
def test_bad_input_is_refused_with_its_reason(verb: str, payload: bytes, says: str) -> None:
    assert says in reason(judged(Gate(ALL, BEGAN), verb, payload))


def test_a_refusal_names_the_request_where_that_can_be_read() -> None:
    gate = Gate(ALL, BEGAN)
    refused = judged(gate, "keep_alive", b'{"transaction": "mine", "args": {"on": "yes"}}')
    assert refused.asked.transaction == "mine"
    assert judged(gate, "keep_alive", b'{"transaction": "mine"').asked.transaction is None


def test_an_unknown_session_is_refused() -> None:
    outcome = judged(Gate(ALL, BEGAN), "reconnect", session="ffffffffff")
    assert "no such session" in reason(outcome)


@given(st.sampled_from(sorted(verbs.OF_SESSION)), st.binary(max_size=50))
def test_a_retained_request_is_never_accepted(verb: str, payload: bytes) -> None:
    gate = Gate(ALL, BEGAN)
    for each in (payload, b"", request(verb)):
        assert "retained" in reason(judged(gate, verb, each, retained=True))


@given(moments, st.floats(0.001, 60))
def test_a_request_is_carried_out_only_while_it_holds(at: datetime, ttl_s: float) -> None:
    age_s = (NOW - at).total_seconds()
    outcome = judged(Gate(ALL, BEGAN), "clear", request("clear", at, ttl_s=ttl_s))
    assert isinstance(outcome, Accepted) == (-AHEAD_LIMIT_S <= age_s <= ttl_s)


@given(moments)
def test_what_was_asked_before_this_start_of_the_agent_is_refused(at: datetime) -> None:
    outcome = judged(Gate(ALL, NOW), "clear", request("clear", at), now=NOW + timedelta(seconds=20))
    assert isinstance(outcome, Refused) or at >= NOW


@given(st.floats(0, 130), st.floats(-AHEAD_LIMIT_S, 60))
def test_a_repeated_request_is_never_carried_out_twice(later_s: float, age_s: float) -> None:
    gate = Gate(ALL, BEGAN)
    payload = request("clear", NOW - timedelta(seconds=age_s))
    assert isinstance(judged(gate, "clear", payload), Accepted)
    later = NOW + timedelta(seconds=later_s)
    for verb in ("clear", "reconnect"):
        assert isinstance(judged(gate, verb, payload, now=later, clock=later_s), Refused)


def test_transactions_are_forgotten_and_bounded_in_number() -> None:
    gate = Gate(ALL, BEGAN)
    for number in range(TRANSACTIONS_KEPT + 50):
        payload = request("clear", None, f"t{number}")
        assert isinstance(judged(gate, "clear", payload, clock=number * 2.0), Accepted)
    assert len(gate._seen) <= TRANSACTIONS_KEPT
    again = judged(gate, "clear", request("clear", None, "t0"), clock=number * 2.0 + 1)
    assert isinstance(again, Accepted)


@given(st.lists(st.floats(0, 3), min_size=30, max_size=60))
def test_no_more_than_ten_are_accepted_in_any_ten_seconds(pauses: list[float]) -> None:
    gate, clock, accepted = Gate(ALL, BEGAN), 0.0, list[float]()
    for pause in pauses:
        clock += pause
        if isinstance(judged(gate, "clear", clock=clock), Accepted):
            accepted.append(clock)
        else:
            assert len(accepted) >= MOST_IN_WINDOW
            assert clock - accepted[-MOST_IN_WINDOW] < WINDOW_S
    for first, last in zip(accepted, accepted[MOST_IN_WINDOW:], strict=False):
        assert last - first >= WINDOW_S


def test_refusals_do_not_use_up_what_others_may_ask() -> None:
    gate = Gate(ALL, BEGAN)
    for _ in range(100):
        judged(gate, "clear", b"{")
    assert isinstance(judged(gate, "clear"), Accepted)


@pytest.mark.parametrize("verb", verbs.OF_SESSION)
def test_with_a_key_what_acts_must_be_signed(verb: str) -> None:
    gate = Gate(Commands(allow=ALL.allow, key=CommandKey(KEY)), BEGAN)
    unsigned = judged(gate, verb, request(verb))
    reads = {"screenshot", "log", "history"}
    assert isinstance(unsigned, Accepted) == (verb in reads)
    asked = mqtt.Request("signed", NOW, args=ARGS.get(verb, {}))
    signed = signing.sign(KEY, topic(verb), asked)
    assert isinstance(judged(gate, verb, signed), Accepted)


@pytest.mark.parametrize(
    "spoil",
    [
        {"transaction": "u"},
        {"at": "2026-11-25T23:00:01Z"},
        {"ttl_s": 59},
        {"args": {"on": True}},
        {"hmac": "0" * 64},
        {"hmac": "é"},
        {"hmac": ""},
    ],
    ids=lambda spoil: next(iter(spoil)),
)
def test_what_was_changed_after_it_was_signed_is_refused(spoil: dict[str, Any]) -> None:
    gate = Gate(Commands(key=CommandKey(KEY)), BEGAN)
    asked = mqtt.Request("t", NOW, 60, {"on": False})
    payload = json.loads(signing.sign(KEY, topic("keep_alive"), asked)) | spoil
    outcome = judged(gate, "keep_alive", json.dumps(payload).encode())
    assert "signature is wrong" in reason(outcome)


def test_a_signature_is_for_one_topic_and_one_key() -> None:
    gate = Gate(Commands(key=CommandKey(KEY)), BEGAN)
    asked = mqtt.Request("t", NOW)
    elsewhere = signing.sign(KEY, topic("pause", None), asked)
    assert "signature is wrong" in reason(judged(gate, "pause", elsewhere))
    other_key = signing.sign("another key of length", topic("pause"), asked)
    assert "signature is wrong" in reason(judged(gate, "pause", other_key))


@pytest.mark.parametrize("lacks", ["transaction", "at"])
def test_a_signed_request_needs_what_tells_it_from_a_repeated_one(lacks: str) -> None:
    gate = Gate(Commands(key=CommandKey(KEY)), BEGAN)
    asked = mqtt.Request(**({"transaction": "t", "at": NOW} | {lacks: None}))  # type: ignore[arg-type]
    outcome = judged(gate, "pause", signing.sign(KEY, topic("pause"), asked))
    assert "needs transaction and at" in reason(outcome)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
documents = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("transaction", "at", "ttl_s", "args", "hmac", "other"), values),
).map(lambda document: json.dumps(document).encode())


@given(
    st.sampled_from([*verbs.OF_SESSION, *verbs.OF_AGENT, "claim", ""]) | st.text(max_size=40),
    st.binary() | st.text().map(str.encode) | documents,
    st.sets(st.sampled_from(["retained", "of a session", "keyed"])),
)
def test_any_message_is_accepted_or_refused_in_a_sentence(
    verb: str, payload: bytes, traits: set[str]
) -> None:
    keyed, retained = "keyed" in traits, "retained" in traits
    gate = Gate(Commands(allow=ALL.allow, key=CommandKey(KEY) if keyed else None), BEGAN)
    session = SESSION if "of a session" in traits else None
    outcome = judged(gate, verb, payload, session=session, retained=retained)
    if isinstance(outcome, Refused):
        assert outcome.reason
        return
    assert not retained
    assert verb in (verbs.OF_SESSION if session else verbs.OF_AGENT)
    assert isinstance(outcome.args, outcome.verb.args)
    assert not (keyed and outcome.verb.acts)


class Life(RuleBasedStateMachine):
    """A gate over hours: whatever comes, each transaction is carried out once, and few in all."""

    @initialize()
    def begin(self) -> None:
        self.gate = Gate(ALL, BEGAN)
        self.clock = 0.0
        self.done: dict[str, float] = {}

    @rule(seconds=st.floats(0, 40))
    def wait(self, seconds: float) -> None:
        self.clock += seconds

    @rule(
        transaction=st.sampled_from(["a", "b", "c"]),
        age_s=st.floats(-20, 70),
        verb=st.sampled_from(["clear", "pause"]),
    )
    def ask(self, transaction: str, age_s: float, verb: str) -> None:
        now = NOW + timedelta(seconds=self.clock)
        made = self.clock - age_s
        payload = request(verb, now - timedelta(seconds=age_s), transaction)
        outcome = judged(self.gate, verb, payload, now=now, clock=self.clock)
        if isinstance(outcome, Accepted):
            before = self.done.get(transaction)
            assert before is None or made > before  # another request that bears an old name
            self.done[transaction] = made


TestLife = Life.TestCase
