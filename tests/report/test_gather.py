"""What is gathered of a night: true to the rows in any order, and silent about what nobody saw."""

from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.keep import record
from colab_cdp_agent.keep.record import PhaseChange, Record, Watch
from colab_cdp_agent.report.gather import gather
from colab_cdp_agent.report.night import Night, Notebook, Run
from colab_cdp_agent.report.timeline import (
    ALIVE_FOR,
    NOT_WATCHED,
    UNKNOWN,
    Gap,
    Span,
    Stretch,
    stretches,
    watching,
)
from records import (
    ALL_NIGHT,
    OTHER,
    SESSION,
    SPAN,
    at,
    changes,
    event,
    phase,
    records,
    run,
    unhurried,
    watch,
    watches,
)


def night(span: Span = SPAN, **rows: Any) -> Night:
    return gather(Record(**{name: tuple(part) for name, part in rows.items()}), "me", span, {})


def only(night: Night) -> Notebook:
    (notebook,) = night.notebooks
    return notebook


def runs(*rows: record.Run, watches: tuple[Watch, ...] = (ALL_NIGHT,)) -> tuple[Run, ...]:
    return only(night(watches=watches, runs=rows, phases=[phase(1, "running")])).runs


@unhurried
@given(rows=records, randomly=st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows: Record, randomly: Any) -> None:
    def shuffled(part: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(randomly.sample(part, len(part)))

    mixed = Record(*(shuffled(getattr(rows, name)) for name in Record.__struct_fields__))
    assert repr(gather(mixed, "me", SPAN, {})) == repr(gather(rows, "me", SPAN, {}))


@unhurried
@given(rows=records)
def test_every_timeline_covers_the_whole_night_without_a_seam(rows: Record) -> None:
    for notebook in gather(rows, "me", SPAN, {}).notebooks:
        parts = notebook.stretches
        assert (parts[0].began, parts[-1].ended) == (SPAN.began, SPAN.ended)
        assert all(part.began < part.ended for part in parts)
        for before, after in pairwise(parts):
            assert before.ended == after.began
            assert before.phase != after.phase


@unhurried
@given(rows=records)
def test_nothing_is_claimed_of_a_time_in_which_nobody_watched(rows: Record) -> None:
    found = gather(rows, "me", SPAN, {})
    for notebook in found.notebooks:
        unwatched = [part for part in notebook.stretches if part.phase == NOT_WATCHED]
        assert [(part.began, part.ended) for part in unwatched] == [
            (gap.began, gap.ended) for gap in joined(found.gaps)
        ]


def joined(gaps: tuple[Gap, ...]) -> list[Gap]:
    """Return gaps of which none begins where another ends."""
    found: list[Gap] = []
    for gap in gaps:
        touches = found and found[-1].ended == gap.began
        found.append(Gap(found.pop().began, gap.ended, gap.why) if touches else gap)
    return found


@unhurried
@given(watched=st.lists(watches, max_size=5), rows=st.lists(changes))
def test_a_phase_holds_no_longer_than_its_watch(
    watched: list[Watch], rows: list[PhaseChange]
) -> None:
    found = watching(watched, [], SPAN)
    for part in stretches(rows, found):
        if part.phase in {NOT_WATCHED, UNKNOWN}:
            continue
        shift = found.shift(part.began)
        assert shift is not None
        assert part.ended <= shift.ended
        said = [row.at for row in rows if row.phase == part.phase and row.at <= part.began]
        assert any(shift.began <= moment for moment in said)


@unhurried
@given(rows=records)
def test_every_gap_lies_within_the_night_and_no_two_overlap(rows: Record) -> None:
    gaps = gather(rows, "me", SPAN, {}).gaps
    assert all(SPAN.began <= gap.began < gap.ended <= SPAN.ended for gap in gaps)
    assert all(before.ended <= after.began for before, after in pairwise(gaps))


def test_a_restart_in_the_middle_is_a_gap_and_then_unknown() -> None:
    found = night(
        watches=[watch(0, 100, 100), watch(130, 600)],
        phases=[phase(0, "running"), phase(140, "idle")],
    )
    assert found.gaps == (Gap(at(100), at(130), "not_running"),)
    assert found.watching_now
    assert only(found).stretches == (
        Stretch(at(0), at(100), "running"),
        Stretch(at(100), at(130), NOT_WATCHED),
        Stretch(at(130), at(140), UNKNOWN),
        Stretch(at(140), at(600), "idle"),
    )


def test_a_gap_says_why() -> None:
    watched = [watch(0, 100, 100), watch(110, 200), watch(220, 300), watch(330, 400, resumed=True)]
    found = night(watches=watched, phases=[phase(1, "idle")])
    assert [(gap.began, gap.ended, gap.why) for gap in found.gaps] == [
        (at(100), at(110), "not_running"),
        (at(200), at(220), "killed"),
        (at(300), at(330), "slept"),
        (at(400), at(600), "killed"),
    ]
    assert not found.watching_now


def test_an_agent_that_was_killed_lived_as_long_as_it_told_anything() -> None:
    told = at(100) + ALIVE_FOR / 2
    change = PhaseChange(SESSION, told, "idle", "connected", "idle")
    found = night(watches=[watch(0, 100), watch(200, 600)], phases=[change])
    assert found.gaps[0].began == told


def test_a_phase_from_before_the_night_holds_if_the_agent_did() -> None:
    before = [phase(-30, "running")]
    assert only(night(watches=[ALL_NIGHT], phases=before)).stretches[0].phase == "running"
    later = night(watches=[watch(-10, 600)], phases=[*before, phase(5, "idle")])
    assert [part.phase for part in only(later).stretches] == [UNKNOWN, "idle"]


def test_a_notebook_that_was_gone_all_night_is_not_told() -> None:
    rows = [phase(-30, "gone"), phase(-40, "running")]
    assert night(watches=[ALL_NIGHT], phases=rows).notebooks == ()


def test_a_run_without_an_end_still_runs_only_if_its_agent_does() -> None:
    (running,) = runs(run("a", 5, 5))
    assert (running.outcome, running.ended, running.until) == ("running", None, SPAN.ended)
    (unseen,) = runs(run("a", 5, 5), watches=(watch(0, 100, 100), watch(130, 600)))
    assert (unseen.outcome, unseen.ended, unseen.until) == ("unknown", None, at(100))
    (slept,) = runs(run("a", 5, 5), watches=(watch(0, 100), watch(130, 600, resumed=True)))
    assert slept.outcome == "running"
    (again,) = runs(run("a", 5, 131), watches=(watch(0, 100, 100), watch(130, 600)))
    assert (again.outcome, again.began) == ("running", at(5))


def test_only_the_latest_run_of_a_notebook_still_runs() -> None:
    first, second = runs(run("a", 5, 5), run("b", 50, 50))
    assert (first.outcome, first.until) == ("unknown", at(50))
    assert second.outcome == "running"


def test_overlapping_runs_are_each_told_with_their_own_curve() -> None:
    points = [
        record.Point(SESSION, name, "loss", at(minute), minute, float(minute))
        for name, minute in (("a", 20), ("b", 15), ("a", 10), ("b", 25))
    ]
    rows = [
        run("a", 5, 30, ended=at(30), outcome="failed", cause="why", evidence="how"),
        run("b", 10, 40, ended=at(40), outcome="finished"),
    ]
    first, second = only(night(watches=[ALL_NIGHT], runs=rows, points=points)).runs
    assert (first.outcome, first.cause, first.evidence, first.step) == ("failed", "why", "how", 20)
    assert [value for _at, value in first.curves[0].points] == [10.0, 20.0]
    assert [value for _at, value in second.curves[0].points] == [15.0, 25.0]


def test_the_step_of_a_run_is_the_one_that_was_told_last_though_each_epoch_begins_anew() -> None:
    points = [
        record.Point(SESSION, "a", name, at(minute), step, 0.5)
        for minute, step in ((10, 900), (12, None), (11, 30))
        for name in ("loss", "lr")
    ]
    assert (
        only(night(watches=[ALL_NIGHT], runs=[run("a", 5, 12)], points=points)).runs[0].step == 30
    )


def test_a_run_that_ended_before_the_night_is_not_told() -> None:
    rows = [run("a", -50, -5, ended=at(-5), outcome="finished"), run("b", -50, 5, ended=at(5))]
    assert [each.id for each in only(night(watches=[ALL_NIGHT], runs=rows)).runs] == ["b"]


def test_losses_come_first_and_what_is_not_finite_is_a_hole() -> None:
    points = [
        record.Point(SESSION, "a", name, at(minute), None, value)
        for name in ("accuracy", "val_loss")
        for minute, value in ((1, 1.0), (2, float("inf")), (3, None), (4, 2.0))
    ]
    (found,) = only(night(watches=[ALL_NIGHT], runs=[run("a", 1, 4)], points=points)).runs
    assert [curve.name for curve in found.curves] == ["val_loss", "accuracy"]
    assert [value for _at, value in found.curves[0].points] == [1.0, None, None, 2.0]


def test_what_is_routine_is_counted_and_the_rest_is_told() -> None:
    events = [
        *(event(minute, "keep_alive") for minute in range(5, 50, 5)),
        event(50, "keep_alive", "warning", text="the tab did not follow"),
        event(51, "clear"),
        event(52, "phase", text="running → idle"),
        event(53, "clear", text="observing: would have done it"),
        event(54, "captcha", "alert", cause="why", evidence="how"),
    ]
    notebook = only(night(watches=[ALL_NIGHT], events=events))
    assert (notebook.counts.kept_alive, notebook.counts.cleared) == (9, 1)
    assert notebook.counts.only_observed == 1
    assert [(each.kind, each.severity, each.cause) for each in notebook.moments] == [
        ("keep_alive", "warning", None),
        ("captcha", "alert", "why"),
    ]


def test_the_same_again_and_again_is_told_once() -> None:
    events = [event(minute, "reconnect", "warning", text="no answer") for minute in (3, 1, 2)]
    (moment,) = only(night(watches=[ALL_NIGHT], events=events)).moments
    assert (moment.at, moment.until, moment.times) == (at(1), at(3), 3)


def test_what_was_asked_of_the_agent_itself_is_no_notebook() -> None:
    asked = msgspec.structs.replace(event(1, "command", "info"), session="")
    found = night(watches=[ALL_NIGHT], events=[asked, event(2, "command", "info")])
    assert [notebook.id for notebook in found.notebooks] == [SESSION]


def test_who_needs_a_person_comes_first() -> None:
    sessions = [
        record.Session(name, title, "colab") for name, title in ((SESSION, "b"), (OTHER, "a"))
    ]
    need = record.Attention(SESSION, "captcha", at(5), "x")
    over = record.Attention(OTHER, "captcha", at(5), "y", at(6))
    found = night(watches=[ALL_NIGHT], sessions=sessions, attentions=[need, over])
    assert [notebook.title for notebook in found.notebooks] == ["b", "a"]
    assert [len(notebook.open_needs) for notebook in found.notebooks] == [1, 0]


def test_a_limit_is_told_with_its_notebook() -> None:
    row = record.Limit(SESSION, "usage_limit", at(5), "No more.", "T4", 3, 3_600.0, at(90))
    session = record.Session(SESSION, "train", "colab")
    (limit,) = night(watches=[ALL_NIGHT], sessions=[session], limits=[row]).limits
    assert (limit.title, limit.row) == ("train", row)


def test_what_nobody_has_looked_at_for_days_is_no_news() -> None:
    old = record.Attention(SESSION, "captcha", at(-3_000), "x")
    limit = record.Limit(SESSION, "usage_limit", at(-3_000), "No more.", None, 1, None)
    found = night(watches=[ALL_NIGHT], attentions=[old], limits=[limit])
    assert (found.notebooks, found.limits) == ((), ())
    seen = night(
        watches=[ALL_NIGHT], attentions=[old], limits=[limit], phases=[phase(1, "limited")]
    )
    assert [need.since for need in only(seen).open_needs] == [old.since]
    assert [each.row for each in seen.limits] == [limit]
