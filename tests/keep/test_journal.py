"""The journal: what is told to it is kept, within bounds and over restarts."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from colab_cdp_agent.keep import journal as module
from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.keep.record import MOST_METRICS, Attention, Limit, Record, Run
from colab_cdp_agent.keep.row_queue import MOST_WAITING
from colab_cdp_protocols import mqtt
from records import unhurried
from samples import MOMENT

SESSION = "0123456789"
FOR_EVER_S = 1e12
EVER = datetime(1, 1, 1, tzinfo=UTC)
SOON_S = 10.0

few = settings(unhurried, max_examples=30)
"""Each example is a file."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal_path(tmp_path / "state", "night")


def journal(path: Path) -> Journal:
    return Journal(path, FOR_EVER_S)


def close(*journals: Journal) -> None:
    for each in journals:
        asyncio.run(each.close())


def read(path: Path, since: datetime = EVER) -> Record:
    return journal_reader.read(path, since)


def until_written(path: Path) -> None:
    """Return when an event stands in the file."""
    limit = time.monotonic() + SOON_S
    while not path.exists() or not read(path).events:
        assert time.monotonic() < limit
        time.sleep(0.01)


def happening(name: str, at: datetime = MOMENT, **changes: Any) -> mqtt.Happening:
    plain: dict[str, Any] = {"kind": "captcha", "severity": "alert", "text": "Solve it."}
    return mqtt.Happening(name, at, **(plain | changes))


def test_a_journal_starts_nothing_and_makes_nothing(path: Path) -> None:
    kept = journal(path)
    kept.event(SESSION, happening("a"))
    assert not path.parent.exists()
    assert kept.trouble is None


def test_two_agents_have_two_files(tmp_path: Path) -> None:
    first, second = (journal(journal_path(tmp_path, name)) for name in ("one", "two"))
    first.event(SESSION, happening("a"))
    second.event(SESSION, happening("b"))
    close(first, second)
    for name, kept in (("one", "a"), ("two", "b")):
        assert [event.id for event in read(journal_path(tmp_path, name)).events] == [kept]


def test_everything_that_is_told_is_read_again(path: Path) -> None:
    kept = journal(path)
    later = MOMENT + timedelta(minutes=1)
    progress = mqtt.Progress(fraction=0.5, step=10, metrics={"loss": 0.25}, at=later)
    kept.began(MOMENT, "1.2.3")
    kept.session(SESSION, "훈련", "colab")
    kept.phase(SESSION, MOMENT, "running", "connected", "busy")
    kept.event(SESSION, happening("a", cause="why", evidence="how\nwe know"))
    kept.run_began(SESSION, "r", MOMENT, "cell")
    kept.metric(SESSION, "r", later, "loss", 0.25, 10)
    kept.run_ended(SESSION, "r", later, "failed", "why", "how", progress, 7)
    kept.limit(MOMENT, SESSION, "usage_limit", "No more.", "T4", 2, 3_600.0)
    kept.attention_began(SESSION, "captcha", MOMENT, "o1")
    kept.ended(later)
    close(kept)
    found = read(path)
    assert kept.trouble is None
    assert kept.dropped == 0
    assert [(each.id, each.title, each.site) for each in found.sessions] == [
        (SESSION, "훈련", "colab")
    ]
    (watch,) = found.watches
    assert (watch.began, watch.ended, watch.version) == (MOMENT, later, "1.2.3")
    (phase,) = found.phases
    assert (phase.at, phase.phase, phase.connection) == (MOMENT, "running", "connected")
    (event,) = found.events
    assert (event.session, event.cause, event.evidence) == (SESSION, "why", "how\nwe know")
    (run,) = found.runs
    assert (run.began, run.ended, run.outcome, run.cell) == (MOMENT, later, "failed", "cell")
    assert (run.progress, run.lines, run.cause, run.evidence) == (progress, 7, "why", "how")
    (point,) = found.points
    assert (point.name, point.at, point.step, point.value) == ("loss", later, 10, 0.25)
    assert found.limits == (Limit(SESSION, "usage_limit", MOMENT, "No more.", "T4", 2, 3_600.0),)
    assert found.attentions == (Attention(SESSION, "captcha", MOMENT, "o1"),)


@few
@given(events=st.lists(samples.happenings, max_size=5, unique_by=lambda event: event.id))
def test_any_event_can_be_kept(
    tmp_path_factory: pytest.TempPathFactory, events: list[mqtt.Happening]
) -> None:
    kept = journal(journal_path(tmp_path_factory.mktemp("journal"), "night"))
    for event in events:
        kept.event(SESSION, event)
    close(kept)
    assert kept.trouble is None
    found = kept.history(SESSION, EVER)
    assert [event.at for event in found] == sorted(event.at for event in events)


@few
@given(
    progress=samples.progresses,
    value=st.floats(),
    step=st.none() | st.integers(),
    text=st.text(st.characters(exclude_categories=())),
    at=st.datetimes() | samples.moments,
)
def test_nothing_that_is_told_makes_it_raise(
    tmp_path_factory: pytest.TempPathFactory,
    progress: mqtt.Progress,
    value: float,
    step: int | None,
    text: str,
    at: datetime,
) -> None:
    path = journal_path(tmp_path_factory.mktemp("journal"), "night")
    kept = journal(path)
    kept.session(SESSION, text, text)
    kept.run_began(SESSION, text, at, text)
    kept.metric(SESSION, text, at, text, value, step)
    kept.run_ended(SESSION, text, at, "unknown", text, text, progress, 2**70)
    kept.limit(at, SESSION, text, text, text, 2**70, value)
    kept.attention_began(SESSION, text, at, text)
    close(kept)
    assert kept.trouble is None
    assert len(read(path).runs) == 1


def test_no_address_is_kept(path: Path) -> None:
    secret = "https://colab.research.google.com/drive/1SecretId?authuser=me@example.org"
    kept = journal(path)
    kept.session(SESSION, "colab.research.google.com/drive/1SecretId", "colab")
    kept.event(SESSION, happening("a", text=f"See {secret} there", evidence=f"at\n{secret}"))
    kept.run_ended(SESSION, "r", MOMENT, "failed", secret, secret, mqtt.Progress(), 0)
    kept.limit(MOMENT, SESSION, "usage_limit", f"wss://host/x?token={secret}", None, 1, None)
    close(kept)
    stored = path.read_bytes()
    assert b"SecretId" not in stored
    assert b"example.org" not in stored
    assert kept.history(SESSION, EVER)[0].text == "See (an address) there"


def test_what_was_raised_and_not_over_is_known_at_the_next_start(path: Path) -> None:
    first = journal(path)
    assert first.open_attentions() == {}
    later = MOMENT + timedelta(minutes=1)
    first.attention_began(SESSION, "captcha", MOMENT, "o1")
    first.attention_over(SESSION, "captcha", later)
    first.attention_began(SESSION, "captcha", later, "o2")
    first.attention_began("other", "stalled", MOMENT, "o3")
    close(first)
    second = journal(path)
    assert second.open_attentions() == {
        (SESSION, "captcha"): (later, "o2"),
        ("other", "stalled"): (MOMENT, "o3"),
    }
    second.attention_over(SESSION, "captcha", later)
    close(second)
    assert journal(path).open_attentions().keys() == {("other", "stalled")}


def test_a_limit_that_holds_over_a_restart_is_one_limit(path: Path) -> None:
    for at in (MOMENT, MOMENT + timedelta(hours=1)):
        kept = journal(path)
        kept.limit(at, SESSION, "usage_limit", "No more.", "T4", 2, None)
        close(kept)
    kept = journal(path)
    lifted = MOMENT + timedelta(hours=9)
    kept.limit_lifted(lifted, SESSION, "usage_limit")
    kept.limit(lifted + timedelta(hours=1), SESSION, "usage_limit", "No more.", None, 1, None)
    close(kept)
    assert [(limit.at, limit.lifted) for limit in read(path).limits] == [
        (MOMENT, lifted),
        (lifted + timedelta(hours=1), None),
    ]


def test_a_run_goes_on_over_a_restart(path: Path) -> None:
    for at in (MOMENT, MOMENT + timedelta(hours=1)):
        kept = journal(path)
        kept.run_began(SESSION, "r", at, "cell")
        close(kept)
    kept = journal(path)
    kept.run_began(SESSION, "r", MOMENT, "cell")
    close(kept)
    (run,) = read(path).runs
    assert (run.began, run.seen) == (MOMENT, MOMENT + timedelta(hours=1))


def test_what_ran_when_the_agent_was_last_alive_is_known_at_the_next_start(path: Path) -> None:
    kept = journal(path)
    assert kept.open_runs(EVER) == []
    kept.began(MOMENT, "1")
    kept.run_began(SESSION, "left open long ago", MOMENT, None)
    kept.run_began(SESSION, "open", MOMENT, "[1]")
    kept.run_began("other", "over", MOMENT, None)
    kept.run_ended("other", "over", MOMENT, "finished", None, None, mqtt.Progress(), 0)
    ended = MOMENT + timedelta(hours=1)
    kept.ended(ended)
    close(kept)
    kept = journal(path)
    assert kept.open_runs(ended) == [Run(SESSION, "open", ended, "[1]", MOMENT)]
    assert kept.open_runs(ended + timedelta(seconds=1)) == []
    kept.phase(SESSION, MOMENT, "running", "connected", "busy")
    kept.began(ended + timedelta(days=2), "1")
    close(kept)
    kept = journal(path)
    (run,) = kept.open_runs(EVER)
    assert run.seen == ended, "the next watch did not meet it"


def test_history_tells_what_waits_and_what_is_written_once(path: Path) -> None:
    kept = journal(path)
    kept.event(SESSION, happening("a"))
    kept.event("other", happening("x"))
    close(kept)
    kept.event(SESSION, happening("a"))
    kept.event(SESSION, happening("b", MOMENT + timedelta(seconds=1)))
    kept.event(SESSION, happening("c", MOMENT - timedelta(seconds=1)))
    assert [event.id for event in kept.history(SESSION, MOMENT)] == ["a", "b"]
    close(kept)


def test_a_curve_is_told_over_all_runs_in_the_order_of_time(path: Path) -> None:
    kept = journal(path)
    assert kept.curve(SESSION, "loss", MOMENT) == []
    for second, run in enumerate(("1", "1", "2")):
        at = MOMENT + timedelta(seconds=second)
        kept.run_began(SESSION, run, at, None)
        kept.metric(SESSION, run, at, "loss", 3.0 - second, None)
        kept.metric(SESSION, run, at, "lr", 0.1, None)
        kept.metric("other", run, at, "loss", 9.0, None)
    close(kept)
    seen = kept.curve(SESSION, "loss", MOMENT + timedelta(seconds=1))
    assert [(point.at - MOMENT, point.value) for point in seen] == [
        (timedelta(seconds=1), 2.0),
        (timedelta(seconds=2), 1.0),
    ]


def test_the_agent_says_that_it_is_alive_and_when_it_stood_still(path: Path) -> None:
    kept = journal(path)
    kept.tick(MOMENT - timedelta(hours=1))  # it has not begun
    kept.began(MOMENT, "1")
    for second in range(100):
        kept.tick(MOMENT + timedelta(seconds=second))
    kept.tick(MOMENT + timedelta(hours=2))
    kept.ended(MOMENT + timedelta(hours=3))
    kept.tick(MOMENT + timedelta(hours=4))
    close(kept)
    awake, again = read(path).watches
    assert awake.alive == MOMENT + timedelta(seconds=99)
    assert (awake.ended, awake.resumed) == (None, False)
    assert (again.began, again.resumed) == (MOMENT + timedelta(hours=2), True)
    assert again.ended == MOMENT + timedelta(hours=3)


def test_it_writes_while_it_runs_and_the_rest_when_it_is_cancelled(path: Path) -> None:
    kept = journal(path)

    async def story() -> None:
        kept.event(SESSION, happening("a"))
        running = asyncio.create_task(kept.run())
        await asyncio.to_thread(until_written, path)
        kept.event(SESSION, happening("b"))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(story())
    assert [event.id for event in read(path).events] == ["a", "b"]


def test_what_is_raised_and_what_is_over_is_written_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FLUSH_EVERY_S", 3_600.0)
    kept = journal(path)

    def until_open(*kinds: str) -> None:
        limit = time.monotonic() + SOON_S
        while [kind for _session, kind in kept.open_attentions()] != list(kinds):
            assert time.monotonic() < limit
            time.sleep(0.01)

    async def story() -> None:
        kept.event(SESSION, happening("a"))
        running = asyncio.create_task(kept.run())
        await asyncio.to_thread(until_written, path)
        kept.attention_began(SESSION, "captcha", MOMENT, "1")
        await asyncio.to_thread(until_open, "captcha")
        kept.attention_over(SESSION, "captcha", MOMENT)
        await asyncio.to_thread(until_open)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


def test_too_many_rows_are_dropped_and_counted(path: Path) -> None:
    kept = journal(path)
    for number in range(MOST_WAITING + 5):
        kept.event(SESSION, happening(str(number)))
    assert kept.dropped == 5
    close(kept)
    assert len(read(path).events) == MOST_WAITING


def test_a_long_curve_keeps_its_shape_with_few_points(path: Path) -> None:
    kept = journal(path)
    count = 3_000
    values = [1 / (step + 1) + (5.0 if step == 1_234 else 0.0) for step in range(count)]
    for step, value in enumerate(values):
        kept.metric(SESSION, "r", MOMENT + timedelta(seconds=step), "loss", value, step)
    kept.run_began(SESSION, "r", MOMENT, None)
    close(kept)
    points = sorted(read(path).points, key=lambda point: point.at)
    assert len(points) <= 500
    assert {points[0].step, 1_234, points[-1].step} == {0, 1_234, count - 1}
    assert max(point.value or 0 for point in points) == max(values)
    in_halves = [sum((point.step or 0) * 2 // count == half for point in points) for half in (0, 1)]
    assert min(in_halves) > 50


def test_names_without_end_do_not_fill_the_journal(path: Path) -> None:
    kept = journal(path)
    kept.run_began(SESSION, "r", MOMENT, None)
    for number in range(3 * MOST_METRICS):
        kept.metric(SESSION, "r", MOMENT, f"x{number}", 1.0, None)
        kept.metric(SESSION, "r", MOMENT, "x0", 2.0, None)
    close(kept)
    found = read(path).points
    assert len({point.name for point in found}) == MOST_METRICS
    assert sum(point.name == "x0" for point in found) == 3 * MOST_METRICS + 1


def test_what_is_not_a_number_is_kept_as_that(path: Path) -> None:
    kept = journal(path)
    kept.run_began(SESSION, "r", MOMENT, None)
    kept.metric(SESSION, "r", MOMENT, "loss", float("nan"), 1)
    kept.metric(SESSION, "r", MOMENT, "loss", float("inf"), 2)
    close(kept)
    assert [point.value for point in read(path).points] == [None, float("inf")]


def test_what_is_too_old_goes(path: Path) -> None:
    now = datetime.now(UTC)
    for at in (now - timedelta(hours=2), now):
        kept = Journal(path, 3_600.0)
        name = f"{at:%H}"
        kept.event(SESSION, happening(name, at))
        kept.phase(SESSION, at, "running", "connected", "busy")
        kept.run_began(SESSION, name, at, None)
        kept.metric(SESSION, name, at, "loss", 1.0, None)
        kept.attention_began(SESSION, "captcha", at, name)
        kept.limit(at, SESSION, name, "No more.", None, 1, None)
        close(kept)
    found = read(path)
    for rows in (
        found.events, found.phases, found.runs, found.points, found.attentions, found.limits,
    ):  # fmt: skip
        assert len(rows) == 1


def test_the_last_watch_is_not_forgotten_however_old(path: Path) -> None:
    for _start in range(2):
        kept = Journal(path, 3_600.0)
        kept.began(MOMENT, "1")
        close(kept)
    kept = Journal(path, 3_600.0)
    kept.event(SESSION, happening("a", datetime.now(UTC)))
    close(kept)
    assert len(read(path).watches) == 1
