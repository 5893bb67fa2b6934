"""A notebook's log: what the kernel prints stands in the file, folded, in its order, at once."""

import asyncio
import os
import re
import unicodedata
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulated
from colab_cdp_agent.keep import archive as archive_module
from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.fold import Ansi, folded, inert
from colab_cdp_agent.keep.mark import printed
from colab_cdp_agent.keep.session_log import LONGEST_SHOWN, RECENT_LINES, Log
from colab_cdp_protocols.session_id import session_id
from hostile import ATTACKS

SESSION = session_id("colab", "notebook")
TIME = r"--- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
UP = "\x1b[A"
STREAM_NAMES = st.sampled_from(["stdout", "stderr", "result", "traceback"])


def make(folder: Path, ansi: Ansi = "strip") -> tuple[Archive, Log]:
    archive = Archive(folder, 10**9, 1e9, ansi=ansi)
    return archive, archive.log(SESSION)


def content(archive: Archive) -> str:
    """Return what stands on disk once all is written."""
    asyncio.run(archive.flush())
    path = archive.path(SESSION)
    return path.read_bytes().decode() if path.exists() else ""


def test_a_session_has_one_log(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    assert archive.log(SESSION) is log
    assert archive.log(session_id("colab", "other")) is not log
    assert list(tmp_path.iterdir()) == []


def test_lines_and_the_unfinished_one_stand_on_disk(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    assert log.write("stdout", "epoch 1\nepoch 2\nepo") == 2
    assert content(archive) == "epoch 1\nepoch 2\nepo"
    assert log.write("stdout", "ch 3") == 0
    assert content(archive) == "epoch 1\nepoch 2\nepoch 3"
    assert log.write("stdout", "\n") == 1
    assert content(archive) == "epoch 1\nepoch 2\nepoch 3\n"


def test_each_stream_has_its_own_unfinished_line(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    for stream, text in [("stdout", "loss"), ("stderr", "warn"), ("stdout", " 0.5\n")]:
        log.write(stream, text)
        content(archive)
    log.write("stderr", "ing\n")
    assert content(archive) == "loss 0.5\nwarning\n"


@settings(deadline=None)  # it writes files
@given(
    pieces=st.lists(
        st.tuples(STREAM_NAMES, st.text(st.sampled_from("ab\n\r\x1b[A0m"))), max_size=9
    ),
    writes=st.sets(st.integers(0, 8)),
)
def test_when_it_is_written_makes_no_difference(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[str, str]], writes: set[int]
) -> None:
    once, log = make(tmp_path_factory.mktemp("archive"))
    often, other = make(tmp_path_factory.mktemp("archive"))
    for number, (stream, text) in enumerate(pieces):
        assert log.write(stream, text) == other.write(stream, text)
        if number in writes:
            asyncio.run(often.flush())
    assert content(once) == content(often)
    assert log.tail(100) == other.tail(100)
    assert (log.lines, log.bytes, log.last_line) == (other.lines, other.bytes, other.last_line)


@settings(deadline=None)  # it writes files
@given(st.lists(st.text(st.characters(exclude_categories=()))))
def test_any_text_is_kept_as_a_terminal_shows_it(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    archive, log = make(tmp_path_factory.mktemp("archive"))
    for piece in pieces:
        log.write("stdout", piece)
    shown = inert(folded("".join(pieces))).encode(errors="backslashreplace").decode()
    assert content(archive) == shown
    assert log.bytes == len("".join(pieces).encode(errors="surrogatepass"))


def test_a_bar_stands_in_its_latest_state(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    for percent in range(101):
        assert log.write("stderr", f"\r{percent:3d}%|{'#' * percent}") == 0
        if percent in {50, 100}:
            assert content(archive) == f"{percent:3d}%|{'#' * percent}"
            assert log.last_line == f"{percent:3d}%|{'#' * percent}"
    log.write("stderr", "\r done\x1b[K\n")
    assert content(archive) == " done\n"


def test_nested_bars_stand_in_their_latest_states(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "before\n")
    for outer in range(3):
        log.write("stderr", f"\router {outer}")
        for inner in range(3):
            for piece in ("\n", f"\rinner {outer}.{inner}", UP):
                log.write("stderr", piece)
                content(archive)
    assert content(archive) == "before\nouter 2\ninner 2.2"


def test_nested_bars_go_along_below_what_is_printed(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    lines = [f"step {step}" for step in range(5 * RECENT_LINES)]
    for step, line in enumerate(lines):
        log.write("stderr", f"\router {step}\n\rinner {step}{UP}")
        log.write("stdout", f"{line}\n")
        if step % 70 == 0:
            asyncio.run(archive.flush())
    kept = content(archive).split("\n")
    assert [line for line in kept if line.startswith("step")] == lines
    bars = [line for line in kept if not line.startswith("step")]
    assert bars == [f"outer {len(lines) - 1}", f"inner {len(lines) - 1}"]


def test_bars_between_printed_lines_stay_where_they_were(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    for epoch in (1, 2):
        log.write("stderr", f"\r  0%|{epoch}\r100%|{epoch}")
        log.write("stderr", "\n")
        log.write("stdout", f"epoch {epoch} done\n")
    assert content(archive).split("\n") == ["100%|1", "epoch 1 done", "100%|2", "epoch 2 done", ""]


def test_a_result_and_a_traceback_stand_after_what_was_printed(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "loss: ")
    assert log.write("result", "array([1,\n       2])") == 2
    log.write("stderr", "half")
    assert log.write("traceback", "\x1b[31mValueError\x1b[0m: no\n") == 1
    assert content(archive) == "loss: \narray([1,\n       2])\nhalf\nValueError: no\n"
    assert log.lines == 5


def test_the_end_of_a_run_makes_whole_lines(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.title = "train"
    log.write("stdout", "no newline")
    log.end_run("cell 3 finished")
    log.write("stdout", f"{UP}next\n")
    head, line, note, after, end = content(archive).split("\n")
    assert re.fullmatch(f"{TIME} train", head)
    assert re.fullmatch(f"{TIME} train: cell 3 finished", note)
    assert (line, after, end) == ("no newline", "next", "")


def test_a_mark_stands_between_what_came_before_and_after(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "before")
    log.mark("not heard\nfor a minute")
    log.gap("12 s")
    log.write("stdout", "after\n")
    before, mark, gap, after, end = content(archive).split("\n")
    assert re.fullmatch(f"{TIME} not heard for a minute", mark)
    assert re.fullmatch(f"{TIME} 12 s", gap)
    assert (before, after, end) == ("before", "after", "")
    assert log.gaps == 1
    assert log.lines == 2


@pytest.mark.parametrize("ansi", ["strip", "keep"])
def test_a_printed_line_is_never_taken_for_a_mark(tmp_path: Path, ansi: Ansi) -> None:
    lines = ["--- 2026-11-25T03:12:09+09:00 train: fake", "--- a/file", " --- 2026-11-25T03:12:09"]
    lines.append(f"  {lines[0]}")
    archive, log = make(tmp_path, ansi=ansi)
    log.mark("true")
    log.write("stdout", "".join(f"{line}\n" for line in lines))
    kept = content(archive)
    assert [line for line in kept.split("\n") if re.match(f"{TIME} ", line)] == [
        kept.split("\n")[0]
    ]
    assert printed(kept) == "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("ansi", ["strip", "keep"])
@pytest.mark.parametrize(
    "before", ["\0", "\x9b", "\x07\x0e", "\x1b[31m", " \x1b[0m ", "\x1b]0;x\x07"]
)
def test_no_control_in_front_makes_a_mark_of_a_printed_line(
    tmp_path: Path, ansi: Ansi, before: str
) -> None:
    archive, log = make(tmp_path, ansi=ansi)
    log.write("stdout", f"{before}--- 2026-11-25T03:12:09+09:00 train: fake\n")
    seen = re.sub(r"\x1b\[[0-9;]*m", "", content(archive))
    assert seen.strip().startswith("--- 2026")
    assert seen.startswith(" ")


@pytest.mark.parametrize("ansi", ["strip", "keep"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_file_that_is_copied_to_a_terminal_steers_nothing(
    tmp_path: Path, ansi: Ansi, attack: str
) -> None:
    archive, log = make(tmp_path, ansi=ansi)
    log.write("stdout", f"before{attack}after\n")
    asyncio.run(archive.append(SESSION, "train", f"before{attack}after\n"))
    kept = content(archive)
    assert not any(unicodedata.category(each) == "Cc" and each != "\n" for each in kept)
    assert kept.count("after") == 2


@pytest.mark.parametrize("wait", [True, False])
def test_nothing_is_lost_by_a_cleared_output(tmp_path: Path, *, wait: bool) -> None:
    archive, log = make(tmp_path)
    for step in (1, 2, 3):
        log.clear_output(wait)
        log.write("stdout", f"step {step}\nloss {step}")
    assert content(archive) == "step 1\nloss 1\nstep 2\nloss 2\nstep 3\nloss 3"


def test_colours_are_kept_where_they_are_wanted(tmp_path: Path) -> None:
    text = "\x1b[31mred\x1b[0m\n"
    kept, log = make(tmp_path / "keep", "keep")
    log.write("stdout", text)
    assert content(kept) == text
    assert log.last_line == "red"
    assert log.tail(1) == ["red"]
    stripped, log = make(tmp_path / "strip")
    log.write("stdout", text)
    assert content(stripped) == "red\n"


def test_the_last_line_is_short_and_plain(tmp_path: Path) -> None:
    _archive, log = make(tmp_path)
    assert log.last_line is None
    log.write("stdout", "a\tb\x00c" + "x" * 10_000 + "\n\n  \n")
    log.mark("no line of the notebook")
    assert log.last_line == ("a b c" + "x" * 10_000)[:LONGEST_SHOWN]


def test_the_tail_is_what_stands_last(tmp_path: Path) -> None:
    _archive, log = make(tmp_path)
    log.write("stdout", "".join(f"{number}\n" for number in range(10 * RECENT_LINES)) + "open")
    assert log.tail(3) == [str(10 * RECENT_LINES - 2), str(10 * RECENT_LINES - 1), "open"]
    assert len(log.tail(10**6)) == RECENT_LINES + 1
    assert log.tail(0) == []


def test_page_text_and_heard_text_stand_in_one_file_in_their_order(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "heard")
    asyncio.run(archive.append(SESSION, "train", "from the page"))
    log.write("stdout", "heard again\n")
    head, heard, mark, page, again, end = content(archive).split("\n")
    assert re.fullmatch(f"{TIME} train", head)
    assert re.fullmatch(f"{TIME} train", mark)
    assert (heard, page, again, end) == ("heard", "from the page", "heard again", "")
    assert log.lines == 3
    assert archive.tail(SESSION, 1000) == "heard\nfrom the page\nheard again\n"


def test_kept_returns_when_all_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, log = make(tmp_path)
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(archive.path(SESSION).read_bytes()))

    async def story() -> None:
        log.write("stdout", "one\ntw")
        await log.kept()
        assert synced == [b"one\ntw"]
        await log.kept()

    asyncio.run(story())
    assert synced == [b"one\ntw"]


async def inline(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do at once what is done in a thread."""
    return work(*arguments)


def on_simulated_time(
    monkeypatch: pytest.MonkeyPatch,
    archive: Archive,
    story: Callable[[Callable[[], float]], Coroutine[Any, Any, None]],
) -> None:
    """Run a story while the archive writes, on a clock that jumps."""

    async def both(clock: simulated.Clock) -> None:
        monkeypatch.setattr(archive_module, "time", clock)
        monkeypatch.setattr(asyncio, "to_thread", inline)
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(archive.run())
            await story(clock.monotonic)
            writing.cancel()

    simulated.run(both)


def test_never_more_than_a_second_is_not_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, log = make(tmp_path)

    async def story(now: Callable[[], float]) -> None:
        at = []
        for number in range(500):
            at.append(now())
            log.write("stdout", f"{number}\n{number} and")
            await asyncio.sleep(0.03 if number % 50 else 3.0)
            kept = archive.path(SESSION).read_text("utf-8")
            due = sum(when <= now() - 1.0 for when in at)
            assert kept.count(" and") >= due

    on_simulated_time(monkeypatch, archive, story)


def test_a_bar_costs_a_write_a_second_and_silence_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, log = make(tmp_path)
    writes: list[float] = []

    async def story(now: Callable[[], float]) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: writes.append(now()))
        for state in range(6_000):
            log.write("stderr", f"\r{state}|{'#' * (state // 100)}")
            await asyncio.sleep(0.01)
        busy = len(writes)
        await asyncio.sleep(3_600)
        assert 60 <= busy <= 67
        assert len(writes) <= busy + 1

    on_simulated_time(monkeypatch, archive, story)
