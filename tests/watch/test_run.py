"""A notebook's runs as its kernel tells them: no text is lost, and no gap is passed over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.keep.catch_up import following
from colab_cdp_agent.watch import facts, intake
from colab_cdp_agent.watch.duties import Load
from colab_cdp_agent.watch.run import RunRecord
from colab_cdp_protocols import mqtt

LONG_AGO = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
FAILURE = facts.Failure("ValueError", "no")


@dataclass
class FakeLog:
    """Remembers in order what is written and what is marked."""

    told: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    lines: int = 0

    def write(self, stream: str, text: str) -> int:
        self.told.append((stream, text))
        self.lines += text.count("\n")
        return text.count("\n")

    def clear_output(self, wait: bool) -> None:  # noqa: FBT001 - as the real one
        self.told.append(("clear", str(wait)))

    def end_run(self, note: str = "") -> None:
        self.told.append(("end", note))

    def mark(self, text: str) -> None:
        self.told.append(("mark", text))

    def gap(self, text: str) -> None:
        self.told.append(("gap", text))

    @property
    def text(self) -> str:
        streams = {"stdout", "stderr", "result", "traceback"}
        return "".join(text for stream, text in self.told if stream in streams)

    @property
    def last_line(self) -> str | None:
        return self.text.replace("\r", "\n").rpartition("\n")[2] or None

    @property
    def gaps(self) -> int:
        return sum(what == "gap" for what, _text in self.told)


def recorded() -> tuple[RunRecord, FakeLog]:
    log = FakeLog()
    return RunRecord(cast(Any, log), ()), log


def hear(record: RunRecord, *told: facts.Fact) -> None:
    for fact in told:
        record.hear(fact)


def read_page(
    record: RunRecord, shown: str | None, archived: str = "", since: datetime | None = None
) -> None:
    """Catch up as the session does once it has read the page."""
    held = record.intake.held
    if shown is None:
        record.intake.caught_up(since, None)
        return
    joined = following(archived, shown, held)
    record.intake.caught_up(since, joined, held, shown)


began = facts.RunBegan("R", seen=True)
ended = facts.RunEnded("R", "finished")


def line(number: int) -> facts.Printed:
    return facts.Printed("stdout", f"line {number}\n")


def lines(first: int, end: int) -> str:
    return "".join(f"line {number}\n" for number in range(first, end))


def test_a_run_that_is_heard_from_its_begin_is_kept_as_it_comes() -> None:
    record, log = recorded()
    hear(record, began, line(0), line(1))
    assert log.text == lines(0, 2)
    hear(record, ended)
    assert log.told[-1] == ("end", "")
    assert not log.gaps


def test_a_run_that_is_met_on_its_way_waits_for_what_the_page_shows_of_it() -> None:
    record, log = recorded()
    hear(record, facts.RunBegan("R", seen=False), line(3), line(4))
    assert record.intake.holding
    assert log.text == ""
    read_page(record, lines(0, 4))
    assert log.text == lines(0, 5)
    assert log.gaps == 0
    assert [what for what, _text in log.told].count("mark") == 1


def test_what_was_printed_while_nobody_listened_comes_from_the_page_and_the_gap_is_marked() -> None:
    record, log = recorded()
    hear(record, began, line(0), facts.Deafened(), facts.Deafened(), line(3))
    read_page(record, lines(0, 3), archived=lines(0, 1))
    assert log.text == lines(0, 4)
    assert log.gaps == 1


def test_a_point_of_a_curve_has_the_step_that_the_run_had_come_to() -> None:
    record, _log = recorded()
    hear(record, began, facts.Printed("stdout", "step 7/10 loss: 0.5\n"))
    assert list(record.new_metrics(100.0)) == [("loss", 0.5, 7)]
    hear(record, ended)
    record.rest()
    hear(record, facts.RunBegan("S", seen=True), facts.Printed("stdout", "loss: 0.4\n"))
    assert list(record.new_metrics(200.0)) == [("loss", 0.4, None)]


def test_a_run_that_ended_unheard_is_completed_from_the_page_too() -> None:
    record, log = recorded()
    hear(record, began, line(0), facts.Deafened(), facts.RunEnded("R", "lost"))
    assert record.intake.holding
    read_page(record, lines(0, 3), archived=lines(0, 1))
    assert log.text == lines(0, 3)
    assert log.gaps == 1
    hear(record, facts.RunBegan("S", seen=True), line(9))
    assert log.text == lines(0, 3) + lines(9, 10)
    assert log.gaps == 1


def test_a_run_that_begins_after_one_ended_unheard_does_not_hide_the_gap() -> None:
    record, log = recorded()
    hear(record, began, line(0), facts.Deafened())
    hear(record, facts.RunEnded("R", "lost"), facts.RunBegan("S", seen=True), line(9))
    read_page(record, None)
    assert log.gaps == 1
    assert log.text == lines(0, 1) + lines(9, 10)


def test_a_tab_that_left_and_came_back_in_the_run_is_one_gap() -> None:
    record, log = recorded()
    hear(record, began, line(0), facts.Deafened(), facts.RunEnded("R", "lost"))
    record.intake.release()
    assert log.gaps == 0
    assert not record.intake.holding
    hear(record, facts.RunBegan("R", seen=False), line(2))
    read_page(record, lines(0, 3), archived=lines(0, 1), since=LONG_AGO)
    assert log.gaps == 1
    assert log.text == lines(0, 3)


def test_nothing_that_was_idle_meanwhile_has_a_gap() -> None:
    record, log = recorded()
    hear(record, began, line(0), ended, facts.Deafened(), facts.RunBegan("S", seen=True), line(1))
    assert log.text == lines(0, 2)
    assert log.gaps == 0


def test_too_much_to_wait_for_the_page_is_written_with_a_gap_and_the_page_comes_too_late() -> None:
    record, log = recorded()
    hear(record, facts.RunBegan("R", seen=False))
    pieces = [facts.Printed("stdout", "x" * 99_999 + "\n")] * (intake.HELD_LIMIT // 100_000 + 1)
    hear(record, *pieces)
    assert not record.intake.holding
    assert log.gaps == 1
    read_page(record, lines(0, 3), since=LONG_AGO)
    hear(record, line(5))
    assert log.text == "".join(piece.text for piece in pieces) + lines(5, 6)
    assert log.gaps == 1


def raised(kind: str) -> mqtt.Attention:
    return mqtt.Attention(kind, LONG_AGO, "As it was told.")


def test_a_run_that_waited_for_input_still_does_after_a_restart_until_it_says_something() -> None:
    record, _log = recorded()
    record.resume([raised("input_request")])
    standing = record.finding(0.0, None, runs=True)
    assert standing is not None
    assert standing.kind == "input_request"
    hear(record, line(1))
    assert record.finding(0.0, None, runs=True) is None


def test_what_is_found_of_a_run_stands_over_a_restart_and_until_the_next_run() -> None:
    for kind in ("run_failed", "kernel_died", "fresh_runtime"):
        record, _log = recorded()
        record.resume([raised(kind)])
        hear(record, facts.Deafened(), facts.Printed("stdout", "a late thread\n"), ended)
        standing = record.finding(0.0, None, runs=False)
        assert standing is not None
        assert standing.kind == kind
        hear(record, began)
        assert record.finding(0.0, None, runs=True) is None


def test_a_bar_that_the_page_showed_is_told_on_as_the_kernel_draws_it(tmp_path: Path) -> None:
    record, _log = recorded()

    def last_line() -> str | None:
        return record.output(Load(), tmp_path / "none").last_line

    hear(record, began)
    record.shows(Load(last_line="1%"))
    assert last_line() == "1%"
    hear(record, facts.Printed("stderr", "\r2%"))
    assert last_line() == "2%"
    record.shows(Load(last_line="3%"))
    assert last_line() == "3%"


def test_a_failure_is_found_with_its_last_line() -> None:
    record, _log = recorded()
    hear(record, began, facts.RunEnded("R", "failed", FAILURE))
    standing = record.finding(0.0, None, runs=False)
    assert standing is not None
    assert standing.kind == "run_failed"
    assert standing.text.endswith("ValueError: no")


heard = st.one_of(
    st.builds(facts.Printed, st.sampled_from(["stdout", "stderr"]), st.text(max_size=6)),
    st.builds(facts.Printed, st.just("traceback"), st.text(max_size=6)),
    st.builds(facts.RunBegan, st.sampled_from("RS"), st.booleans()),
    st.builds(facts.RunCounted, st.just("R"), st.integers(0, 9)),
    st.builds(
        facts.RunEnded, st.just("R"),
        st.sampled_from(["finished", "failed", "aborted", "kernel_died", "lost"]),
        st.none() | st.just(FAILURE),
    ),
    st.builds(facts.OutputCleared, st.booleans()),
    st.builds(facts.KernelDied, st.booleans()),
    st.just(facts.KernelRestarted()),
    st.builds(facts.RuntimeMet, st.booleans()),
    st.builds(facts.Asked, st.text(max_size=3)),
    st.just(facts.Answered()),
    st.just(facts.Deafened()),
)  # fmt: skip
deeds = st.sampled_from(["unreadable", "look", "compared", "release", "rest", "find"])


@given(st.lists(heard | deeds, max_size=30))
def test_facts_in_any_order_never_raise_and_no_text_that_was_heard_is_lost(
    story: list[facts.Fact | str],
) -> None:
    record, log = recorded()
    seen = record.intake.held
    for each in [*story, "release"]:
        if each == "look":
            seen = record.intake.held
        elif each == "compared":  # which takes a while, in which all else may happen
            joined = [("stdout", "".join(text for _stream, text in seen))]
            record.intake.caught_up(LONG_AGO, joined, seen)
            seen = ()
        elif each == "unreadable":
            read_page(record, None, since=LONG_AGO)
        elif each == "release":
            record.intake.release()
        elif each == "rest":
            record.rest()
        elif isinstance(each, str):
            record.finding(1e6, None, runs=True)
        else:
            record.hear(each)
    pieces = [fact.text for fact in story if isinstance(fact, facts.Printed)]
    assert log.text == "".join(pieces)


turns = st.lists(
    st.sampled_from(["print", "unheard", "end", "end unheard", "begin", "page"]), max_size=30
)


@given(turns)
def test_every_line_is_kept_once_or_a_gap_is_marked_in_its_place(story: list[str]) -> None:
    """The page shows every line of the run; it is read at times, and in the end."""
    record, log = recorded()
    printed, run, runs = "", 0, False
    before = ""  # what stood in the log when the run began
    number = 0
    for turn in [*story, "page"]:
        if turn == "begin" and not runs:
            read_page_of(record, log, before, printed)
            before, printed, run, runs = log.text, "", run + 1, True
            hear(record, facts.RunBegan(str(run), seen=True))
        elif turn == "print" and runs:
            hear(record, line(number))
            printed += lines(number, number + 1)
            number += 1
        elif turn == "unheard" and runs:
            hear(record, facts.Deafened())
            printed += lines(number, number + 2)
            number += 2
        elif turn.startswith("end") and runs:
            if turn == "end unheard":
                hear(record, facts.Deafened())
                printed += lines(number, number + 2)
                number += 2
            runs = False
            hear(record, facts.RunEnded(str(run), "finished" if turn == "end" else "lost"))
        elif turn == "page":
            read_page_of(record, log, before, printed)
    if not runs:
        assert log.text == lines(0, number)


def read_page_of(record: RunRecord, log: FakeLog, before: str, printed: str) -> None:
    """Let the session read the page if text waits for it."""
    if record.intake.holding:
        gaps = log.gaps
        read_page(record, printed, archived=log.text, since=LONG_AGO)
        assert log.gaps == gaps + 1
        assert log.text == before + printed
