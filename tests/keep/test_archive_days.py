"""The archive's files: one a day and not too large, each of whole lines, and bounded together."""

import asyncio
import os
import stat
import sys
from datetime import date
from io import FileIO
from pathlib import Path

import pytest

from colab_cdp_agent.keep import day_file
from colab_cdp_agent.keep.archive import Archive, ArchiveFailedError
from colab_cdp_agent.keep.mark import printed
from colab_cdp_agent.keep.session_log import RECENT_LINES, Log
from colab_cdp_protocols.session_id import session_id

SESSION = session_id("colab", "notebook")
OTHER = session_id("colab", "other")
EVENING, MORNING = date(2026, 11, 25), date(2026, 11, 26)
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")


def make(folder: Path, max_bytes: int = 10**9, keep_s: float = 1e10) -> tuple[Archive, Log]:
    archive = Archive(folder, max_bytes, keep_s)
    return archive, archive.log(SESSION)


def flush(archive: Archive) -> None:
    asyncio.run(archive.flush())


def texts(folder: Path, session: str = SESSION) -> dict[str, str]:
    """Return what a session's files hold, by their names, without marks."""
    return {
        each.path.name: printed(each.path.read_text("utf-8"))
        for each in day_file.files(folder / session)
    }


def on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(day_file, "today", lambda: day)


def test_a_run_over_midnight_goes_on_in_the_next_days_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, EVENING)
    archive, log = make(tmp_path)
    log.title = "train"
    log.write("stdout", "epoch 1\nepo")
    flush(archive)
    log.write("stdout", "ch 2\nepoch")
    on(monkeypatch, MORNING)
    flush(archive)
    log.write("stdout", " 3\n")
    flush(archive)
    assert texts(tmp_path) == {
        "2026-11-25.txt": "epoch 1\nepoch 2\n",
        "2026-11-26.txt": "epoch 3\n",
    }
    assert archive.path(SESSION).name == "2026-11-26.txt"
    assert archive.path(SESSION).read_text("utf-8").split("\n")[0].endswith(" train")
    assert archive.tail(SESSION, 1000) == "epoch 1\nepoch 2\nepoch 3\n"


def test_a_clock_that_is_set_back_over_midnight_brings_no_earlier_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, MORNING)
    archive, log = make(tmp_path)
    log.write("stdout", "epoch 1\n")
    flush(archive)
    on(monkeypatch, EVENING)
    log.write("stdout", "epoch 2\n")
    flush(archive)
    again, log = make(tmp_path)
    log.write("stdout", "epoch 3\n")
    flush(again)
    assert texts(tmp_path) == {"2026-11-26.txt": "epoch 1\nepoch 2\nepoch 3\n"}


def test_a_clock_that_was_far_ahead_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, date(2036, 1, 1))
    archive, log = make(tmp_path)
    log.write("stdout", "epoch 1\n")
    flush(archive)
    on(monkeypatch, EVENING)
    for line in ("epoch 2\n", "epoch 3\n"):
        log.write("stdout", line)
        flush(archive)
    assert texts(tmp_path) == {
        "2036-01-01.txt": "epoch 1\nepoch 2\n",
        "2026-11-25.txt": "epoch 3\n",
    }


def test_a_bar_over_midnight_is_drawn_in_the_next_days_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, EVENING)
    archive, log = make(tmp_path)
    log.write("stderr", "\router 1\n\rinner 1\x1b[A")
    flush(archive)
    on(monkeypatch, MORNING)
    log.write("stderr", "\router 2\n\rinner 2\x1b[A")
    flush(archive)
    log.write("stderr", "\router 3\n\rinner 3\x1b[A")
    flush(archive)
    evening, morning = texts(tmp_path).values()
    assert evening == "outer 2\n"
    assert morning.split("\n") == ["outer 3", "inner 3"]


def test_a_session_that_was_silent_till_midnight_leaves_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, EVENING)
    archive, log = make(tmp_path)
    assert archive.path(SESSION).name == "2026-11-25.txt"
    on(monkeypatch, MORNING)
    log.write("stdout", "good morning\n")
    flush(archive)
    assert texts(tmp_path) == {"2026-11-26.txt": "good morning\n"}


def test_a_large_file_is_followed_by_the_next_of_its_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, EVENING)
    monkeypatch.setattr(day_file, "LARGEST_FILE_BYTES", 10_000)
    archive, log = make(tmp_path)
    lines = [f"{number:09d}\n" for number in range(30 * RECENT_LINES)]
    for number, line in enumerate(lines):
        log.write("stdout", line)
        if number % 100 == 0:
            flush(archive)
    flush(archive)
    found = texts(tmp_path)
    names = [f"2026-11-25{'' if number == 1 else f'-{number}'}.txt" for number in range(1, 6)]
    assert list(found)[:5] == names
    assert "".join(found.values()) == "".join(lines)
    assert all(text.endswith("\n") for text in found.values())
    assert all(len(text) < 10_000 + 2_000 + 10 * RECENT_LINES for text in found.values())
    again, log = make(tmp_path)
    assert again.path(SESSION).name == list(found)[-1]


def test_a_new_start_does_not_write_into_a_full_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_file, "LARGEST_FILE_BYTES", 10)
    on(monkeypatch, EVENING)
    folder = tmp_path / SESSION
    folder.mkdir()
    (folder / "2026-11-25.txt").write_bytes(b"0123456789")
    (folder / "2026-11-25-7.txt").write_bytes(b"0123456789")
    archive, log = make(tmp_path)
    log.write("stdout", "new\n")
    flush(archive)
    assert archive.path(SESSION).name == "2026-11-25-8.txt"
    assert archive.path(SESSION).read_bytes() == b"new\n"


@pytest.mark.parametrize(("stood", "stands"), [(b"whole\n", b"whole\n"), (b"to", b"to\n")])
def test_a_new_start_goes_on_after_a_whole_line(
    tmp_path: Path, stood: bytes, stands: bytes
) -> None:
    archive, log = make(tmp_path)
    archive.path(SESSION).parent.mkdir()
    archive.path(SESSION).write_bytes(stood)
    log.write("stdout", "ne")
    flush(archive)
    log.write("stdout", "xt\n")
    flush(archive)
    assert archive.path(SESSION).read_bytes() == stands + b"next\n"


def test_page_text_goes_on_after_a_whole_line_too(tmp_path: Path) -> None:
    archive, _log = make(tmp_path)
    archive.path(SESSION).parent.mkdir()
    archive.path(SESSION).write_bytes(b"to")
    asyncio.run(archive.append(SESSION, "train", "text"))
    assert archive.path(SESSION).read_bytes().startswith(b"to\n--- ")


def test_finished_lines_are_never_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lowest: list[int] = []
    write = day_file._write

    def watched(file: FileIO, at: int, content: bytes) -> None:
        lowest.append(at)
        write(file, at, content)

    monkeypatch.setattr(day_file, "_write", watched)
    archive, log = make(tmp_path)
    for number in range(1_000):
        log.write("stdout", f"line {number}\nbegun")
        if number % 10 == 0:
            before = archive.path(SESSION).read_bytes() if number else b""
            flush(archive)
            assert lowest[-1] >= before.rfind(b"\n") + 1
        log.write("stdout", "\n")
    assert len(lowest) == 100


def test_a_file_that_was_taken_away_is_begun_anew(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "one\n")
    flush(archive)
    archive.path(SESSION).unlink()
    log.write("stdout", "two\n")
    flush(archive)
    assert archive.path(SESSION).read_bytes() == b"one\ntwo\n"


def test_what_another_wrote_into_a_file_stays(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "one\ntw")
    flush(archive)
    with archive.path(SESSION).open("ab") as file:
        file.write(b"o and a note")
    log.write("stdout", "o\n")
    flush(archive)
    assert archive.path(SESSION).read_bytes() == b"one\ntwo and a note\none\ntwo\n"


def test_the_tail_is_whole_lines_over_as_many_files_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, log = make(tmp_path)
    assert archive.tail(SESSION, 100) == ""
    for day in (EVENING, MORNING):
        on(monkeypatch, day)
        log.write("stdout", f"{day} one\n{day} two\n")
        log.mark("not printed")
        flush(archive)
    log.write("stdout", "unfinished")
    flush(archive)
    whole = archive.tail(SESSION, 10_000)
    assert whole == "".join(
        f"{day} {n}\n" for day in (EVENING, MORNING) for n in ("one", "two")
    ) + ("unfinished")
    for limit in range(1, 200):
        part = archive.tail(SESSION, limit)
        assert len(part) <= limit
        assert whole.endswith(part)
        assert part in ("", whole) or whole[-len(part) - 1] == "\n"


def test_a_tail_that_cannot_be_read_is_a_failure_with_its_name(tmp_path: Path) -> None:
    archive, _log = make(tmp_path)
    archive.path(SESSION).mkdir(parents=True)
    with pytest.raises(ArchiveFailedError, match=f"the archive cannot be read: .*{SESSION}"):
        archive.tail(SESSION, 100)


@posix
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    archive, log = make(tmp_path / "archive")
    log.write("stdout", "secret\n")
    flush(archive)
    path = archive.path(SESSION)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent, path.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_files_are_looked_through_rarely_and_none_in_use_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    files = day_file.files

    def watched(folder: Path) -> list[day_file.Found]:
        looked.append(folder)
        return files(folder)

    archive, log = make(tmp_path, max_bytes=200_000)
    other = archive.log(OTHER)
    old = tmp_path / SESSION / "2020-01-01-2.txt"
    old.parent.mkdir()
    old.write_bytes(b"x" * 90_000)
    os.utime(old, (10**9, 10**9))
    for each in (log, other):
        each.write("stdout", "one\n")
    flush(archive)
    monkeypatch.setattr(day_file, "files", watched)
    for _ in range(100):
        log.write("stdout", f"{'x' * 99}\n")
        flush(archive)
    assert len(looked) <= 2 * 2
    assert old.exists()
    log.write("stdout", f"{'x' * 2_000_000}\n" * 2)
    log.write("stdout", "end\n" * RECENT_LINES)
    flush(archive)
    assert not old.exists()
    assert archive.path(SESSION).exists()
    assert archive.path(OTHER).exists()


def test_a_forgotten_session_leaves_memory_and_not_the_disk(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "kept\n")
    archive.forget(SESSION)
    assert archive.log(SESSION) is log
    flush(archive)
    archive.forget(SESSION)
    assert archive.log(SESSION) is not log
    assert archive.tail(SESSION, 100) == "kept\n"


def test_a_million_lines_take_little_memory_and_all_are_kept(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    line = "step {:07d} loss 0.123456 accuracy 0.987654\n"

    async def story() -> int:
        highest = 0
        writing = asyncio.create_task(archive.run())
        for first in range(0, 1_000_000, 1_000):
            text = "".join(line.format(number) for number in range(first, first + 1_000))
            assert log.write("stdout", text) == 1_000
            highest = max(highest, archive._room.used_bytes)
            if first % 100_000 == 0:
                await log.kept()  # no kernel prints faster than a disk writes for long
        await log.kept()
        writing.cancel()
        return highest

    assert asyncio.run(story()) < 16 * 1_048_576
    assert log.dropped_lines == 0
    assert log.lines == 1_000_000
    assert archive._room.used_bytes == 0
    with archive.path(SESSION).open(encoding="utf-8") as file:
        assert all(kept == line.format(number) for number, kept in enumerate(file))
