"""What is known of the agents on a broker: whatever comes is taken, or passed over and counted."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from colab_cdp_agent.remote import news as news_module
from colab_cdp_agent.remote import station as station_module
from colab_cdp_agent.remote.lines import PlainLines, json_line
from colab_cdp_agent.remote.news import Change
from colab_cdp_agent.remote.station import LARGEST_BYTES, Station
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.session_id import session_id

NOW = samples.MOMENT + timedelta(hours=1)
NAMES = st.sampled_from(["a", "b"])
IDS = st.sampled_from(["0123456789", "0123456789-2", "aaaaaaaaaa"])
NAIVE = samples.MOMENT.replace(tzinfo=None)

Told = tuple[str, bytes]


def status(agent: str, payload: bytes = mqtt.ONLINE) -> Told:
    return mqtt.STATUS.at(root="colab", agent=agent), payload


def told_state(agent: str, state: mqtt.State) -> Told:
    return mqtt.STATE.at(root="colab", agent=agent, id=state.id), mqtt.encode(state)


def told_list(agent: str, sessions: Iterable[str]) -> Told:
    entries = tuple(mqtt.SessionEntry(each, "t", "idle") for each in sessions)
    return mqtt.SESSIONS.at(root="colab", agent=agent), mqtt.encode(entries)


def hear(station: Station, *messages: Told, retained: bool = False) -> list[Change]:
    return [
        change
        for topic, payload in messages
        for change in station.hear(topic, payload, retained=retained, at=NOW)
    ]


topics = st.text() | st.builds(
    lambda row, root, agent, session, field: row.pattern.format(
        root=root, agent=agent, id=session, field=field, verb="v"
    ),
    st.sampled_from(mqtt.TABLE),
    st.sampled_from(["colab", "colab/x", "other"]),
    NAMES | st.text(),
    IDS | st.text(),
    st.text(),
)
payloads = (
    st.binary()
    | st.sampled_from([b"", mqtt.ONLINE, mqtt.OFFLINE, b"x" * (LARGEST_BYTES + 1), b"[" * 9_999])
    | (samples.states | samples.infos | st.lists(samples.entries)).map(mqtt.encode)
    | st.tuples(IDS, samples.states).map(
        lambda each: mqtt.encode(msgspec.structs.replace(each[1], id=each[0]))
    )
    | st.just(mqtt.encode(samples.state(updated=NAIVE)))
)


@given(st.lists(st.tuples(topics, payloads, st.booleans()), max_size=30))
def test_whatever_is_published_is_a_change_or_no_news_or_counted(
    messages: list[tuple[str, bytes, bool]],
) -> None:
    station = Station("colab")
    plain = PlainLines()
    for topic, payload, retained in messages:
        before = station.passed_over
        changes = station.hear(topic, payload, retained=retained, at=NOW)
        assert station.passed_over == before or (station.passed_over == before + 1 and not changes)
        for change in changes:
            assert msgspec.json.decode(json_line(change), type=Change) == change
            line = plain.line(change)
            assert line is None or line.isprintable()
        for agent in station.agents.values():
            assert all(session.at <= NOW for session in agent.sessions.values())


retained_nights = st.dictionaries(
    NAMES, st.dictionaries(IDS, samples.states, min_size=1), min_size=1
).map(
    lambda night: {
        agent: {each: msgspec.structs.replace(state, id=each) for each, state in states.items()}
        for agent, states in night.items()
    }
)


@settings(max_examples=40)  # a night is much to draw
@given(retained_nights.flatmap(lambda night: st.tuples(st.just(night), st.randoms())))
def test_what_a_broker_retains_may_come_in_any_order(
    drawn: tuple[dict[str, dict[str, mqtt.State]], Any],
) -> None:
    night, random = drawn
    messages = [
        message
        for agent, states in night.items()
        for message in (
            status(agent),
            told_list(agent, states),
            *(told_state(agent, each) for each in states.values()),
        )
    ]
    random.shuffle(messages)
    station = Station("colab")
    hear(station, *messages, retained=True)
    assert station.passed_over == 0
    assert night == {
        name: {each: session.state for each, session in agent.sessions.items()}
        for name, agent in station.agents.items()
    }
    assert hear(station, *messages, retained=True) == []


@given(payload=payloads, agent=NAMES, session=IDS)
def test_what_was_heard_before_is_no_change(payload: bytes, agent: str, session: str) -> None:
    station = Station("colab")
    for row in (mqtt.STATUS, mqtt.INFO, mqtt.SESSIONS, mqtt.STATE):
        message = row.pattern.format(root="colab", agent=agent, id=session), payload
        hear(station, message)
        assert hear(station, message) == []


def test_an_agent_whose_status_is_cleared_is_gone_with_its_sessions() -> None:
    station = Station("colab")
    hear(station, status("a"), told_state("a", samples.state()))
    assert hear(station, status("a", b"")) == [Change(NOW, "a", status=None)]
    assert not station.agents


def test_a_session_goes_when_it_is_cleared_or_no_longer_listed() -> None:
    station = Station("colab")
    first, second = samples.state(), samples.state("aaaaaaaaaa")
    hear(station, status("a"), told_state("a", first), told_state("a", second))
    assert hear(station, told_list("a", [second.id])) == [Change(NOW, "a", first.id, state=None)]
    cleared = mqtt.STATE.at(root="colab", agent="a", id=second.id), b""
    assert hear(station, cleared) == [Change(NOW, "a", second.id, state=None)]
    assert not station.agents["a"].sessions


def test_the_state_of_another_session_is_passed_over() -> None:
    station = Station("colab")
    topic = mqtt.STATE.at(root="colab", agent="a", id="aaaaaaaaaa")
    assert hear(station, (topic, mqtt.encode(samples.state()))) == []
    assert station.passed_over == 1


def test_agents_and_sessions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station_module, "MOST_AGENTS", 3)
    monkeypatch.setattr(station_module, "MOST_SESSIONS", 4)
    station = Station("colab")
    for number in range(20):
        hear(station, status(f"a{number}"))
        hear(station, told_state("a1", samples.state(session_id("colab", str(number)))))
        hear(station, told_state("a2", samples.state(session_id("colab", str(number)))))
    assert len(station.agents) == 3
    assert sum(len(agent.sessions) for agent in station.agents.values()) == 4
    assert station.passed_over == 17 + 40 - 4


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=300, unique=True
    )
)
def test_a_curve_of_losses_is_bounded_and_ends_with_the_last(losses: list[float]) -> None:
    station = Station("colab")
    for place, loss in enumerate(losses):
        state = samples.state(progress=mqtt.Progress(step=place, metrics={"loss": loss}))
        station.hear(*told_state("a", state), retained=False, at=NOW + timedelta(seconds=place))
    curve = station.agents["a"].sessions["0123456789"].losses
    assert len(curve) <= news_module.MOST_LOSSES
    assert curve[-1] == ((NOW + timedelta(seconds=len(losses) - 1)).timestamp(), losses[-1])


def test_a_new_run_begins_a_new_curve() -> None:
    station = Station("colab")
    for run, losses in ((1, (3.0, 2.0)), (2, (9.0,))):
        for loss in losses:
            started = samples.MOMENT + timedelta(minutes=run)
            state = samples.state(
                run=mqtt.Run("c", started), progress=mqtt.Progress(metrics={"loss": loss})
            )
            hear(station, told_state("a", state))
    curve = station.agents["a"].sessions["0123456789"].losses
    assert [loss for _at, loss in curve] == [9.0]


def test_what_is_retained_is_as_old_as_it_says_and_what_is_live_is_new() -> None:
    station = Station("colab")
    message = told_state("a", samples.state(updated=samples.MOMENT))
    hear(station, message, retained=True)
    session = station.agents["a"].sessions["0123456789"]
    assert session.at == samples.MOMENT
    hear(station, message)
    assert session.at == NOW


def test_after_an_outage_an_agent_is_present_once_it_is_heard_of_again() -> None:
    station = Station("colab")
    station.reached("here:1", NOW)
    hear(station, status("a"))
    assert station.agents["a"].present
    assert station.lose("no answer", NOW) == Change(NOW, broker="lost", reason="no answer")
    assert station.lose("no answer", NOW) is None
    assert station.lost_at == NOW
    station.lose("refused", NOW + timedelta(seconds=5))
    assert station.lost_at == NOW
    station.reached("here:1", NOW)
    assert station.lost is None
    assert not station.agents["a"].present
    hear(station, status("a"), retained=True)
    assert station.agents["a"].present


def test_plain_lines_tell_of_phases_and_alarms_and_not_of_each_step() -> None:
    station, plain = Station("colab"), PlainLines()

    def lines(*messages: Told) -> list[str]:
        changes = hear(station, *messages)
        return [line.partition(" ")[2] for each in changes if (line := plain.line(each))]

    assert lines(status("a")) == ["online       a"]
    first = samples.state(progress=mqtt.Progress(step=1))
    assert lines(told_state("a", first)) == ["running      a/train"]
    assert lines(told_state("a", samples.state(progress=mqtt.Progress(step=2)))) == []
    alarm = mqtt.Attention("captcha", samples.MOMENT, "Solve \x1b[31mit\x07.")
    needs = samples.state(phase="needs_you", attention=alarm)
    assert lines(told_state("a", needs)) == ["needs_you    a/train  Solve it ."]
    assert lines(status("a", mqtt.OFFLINE)) == ["offline      a"]
    assert lines(status("a", b""), status("a"), told_state("a", needs)) == [
        "removed      a", "online       a", "needs_you    a/train  Solve it .",
    ]  # fmt: skip


def test_moments_are_in_utc_in_json() -> None:
    line = json_line(Change(datetime(2026, 3, 1, tzinfo=UTC), broker="lost", reason="x"))
    assert line == '{"at":"2026-03-01T00:00:00Z","broker":"lost","reason":"x"}'
