"""The archive when a process is killed and when a disk takes nothing: all or nothing, and told."""

import asyncio
import errno
import os
import re
import subprocess
import sys
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from colab_cdp_agent.keep import backlog, day_file
from colab_cdp_agent.keep.archive import Archive, ArchiveFailedError
from colab_cdp_agent.keep.session_log import RECENT_LINES, Log
from colab_cdp_protocols.session_id import session_id

SESSION = session_id("colab", "notebook")
OTHER = session_id("colab", "other")
WRITER = Path(__file__).with_name("archive_writer.py")
SYNCS, KILLS = 6, 3
LOST = re.compile(r"--- \S+ train: (\d+) lines lost: the archive could not be written")


def make(folder: Path) -> tuple[Archive, Log]:
    archive = Archive(folder, 10**9, 1e9)
    log = archive.log(SESSION)
    log.title = "train"
    return archive, log


def flush(archive: Archive) -> None:
    asyncio.run(archive.flush())


def content(archive: Archive, session: str = SESSION) -> list[str]:
    """Return the lines on disk, without the mark that a file begins with."""
    return archive.path(session).read_text("utf-8").split("\n")[1:]


class Disk:
    """Stands in for the system's calls on a file, and takes only so many bytes more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free_bytes: int | None = None
        self.refusals = 0
        monkeypatch.setattr(day_file, "FileIO", self._open)

    async def refused(self, times: int) -> None:
        """Wait until a write was refused so often."""
        while self.refusals < times:  # noqa: ASYNC110 - it is counted in a thread
            await asyncio.sleep(0.001)

    def _open(self, descriptor: int, mode: str) -> "_File":
        return _File(self, descriptor, mode)


class _File(FileIO):
    def __init__(self, disk: Disk, descriptor: int, mode: str) -> None:
        super().__init__(descriptor, mode)
        self._disk = disk

    def write(self, content: object) -> int:
        part = bytes(content)  # type: ignore[call-overload]  # whatever a file takes
        free = self._disk.free_bytes
        if free is None:
            return super().write(part)
        at, size = self.tell(), os.fstat(self.fileno()).st_size
        part = part[: max(0, size + free - at)]
        if not part:
            self._disk.refusals += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._disk.free_bytes = free - max(0, at + len(part) - size)
        return super().write(part)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def run_and_kill(folder: Path, first: int) -> tuple[int, int]:
    """Let a writer be killed, and return the last number that was safe by then, and the last."""
    command = [sys.executable, str(WRITER), str(folder), SESSION, str(first)]
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}
    ) as writer:
        assert writer.stdout is not None
        numbers, before_sync = [first - 1], []
        for line in writer.stdout:
            if line != b"synced\n":
                numbers.append(int(line))
                continue
            before_sync.append(numbers[-1])
            if len(before_sync) == SYNCS:
                writer.kill()
    # What was handed over before a sync ended is safe when the next one has ended.
    return before_sync[-2], numbers[-1]


def test_a_kill_tears_no_line_doubles_none_and_loses_what_no_sync_had(tmp_path: Path) -> None:
    first = 0
    safe: list[int] = []
    for _ in range(KILLS):
        reached, last = run_and_kill(tmp_path, first)
        safe += range(first, reached + 1)
        first = last + 1
    (found,) = day_file.files(tmp_path / SESSION)
    kept = found.path.read_text("utf-8").split("\n")
    whole = [line for line in kept if re.fullmatch(r"line \d{6}b? is whole", line)]
    bars = [line for line in kept if re.fullmatch(r"bar \d+", line)]
    assert whole == sorted(set(whole))
    assert {f"line {number:06d}{half} is whole" for number in safe for half in ("", "b")} <= set(
        whole
    )
    others = [line for line in kept if line and line not in {*whole, *bars}]
    assert len(others) <= KILLS, "only the line that was being printed at a kill is not whole"
    assert len(bars) <= KILLS


def test_a_write_that_fails_changes_nothing_and_is_made_good(tmp_path: Path, disk: Disk) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "one\ntw")
    log.write("stderr", "\r 10%")
    flush(archive)
    before = archive.path(SESSION).read_bytes()
    log.write("stdout", "o\nthree\nfour")
    log.write("stderr", "\r  9%\rx")
    for free in range(10):
        disk.free_bytes = free
        flush(archive)
        assert archive.path(SESSION).read_bytes() == before
        with pytest.raises(ArchiveFailedError, match=r"cannot be written: .*: No space left"):
            asyncio.run(log.kept())
    disk.free_bytes = None
    flush(archive)
    assert content(archive) == ["one", "two", "three", "four", "x 9%"]
    assert log.dropped_lines == 0


def test_a_write_that_fails_on_a_torn_file_does_not_forget_to_end_the_line(
    tmp_path: Path, disk: Disk
) -> None:
    archive, log = make(tmp_path)
    archive.path(SESSION).parent.mkdir()
    archive.path(SESSION).write_bytes(b"to")
    log.write("stdout", "next\n")
    disk.free_bytes = 3
    flush(archive)
    assert archive.path(SESSION).read_bytes() == b"to"
    disk.free_bytes = None
    flush(archive)
    assert archive.path(SESSION).read_bytes() == b"to\nnext\n"


def test_what_finds_no_room_in_memory_is_counted_and_marked(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "SESSION_BYTES", 100_000)
    archive, log = make(tmp_path)
    log.write("stdout", "first\n")
    flush(archive)
    disk.free_bytes = 0
    for number in range(5_000):
        log.write("stdout", f"line {number}\n")
        if number % 1_000 == 0:
            flush(archive)
    log.write("stdout", "unfinished")
    assert archive._room.used_bytes <= 100_000
    disk.free_bytes = None
    flush(archive)
    first, *lines, unfinished = content(archive)
    (place,) = [at for at, line in enumerate(lines) if line.startswith("--- ")]
    lost = LOST.fullmatch(lines[place])
    assert lost is not None
    assert int(lost[1]) == log.dropped_lines == 5_000 - len(lines) + 1
    assert lines[:place] == [f"line {number}" for number in range(place)]
    last = range(5_000 - RECENT_LINES, 5_000)
    assert lines[place + 1 :] == [f"line {number}" for number in last]
    assert (first, unfinished) == ("first", "unfinished")
    assert log.gaps == 1
    log.write("stdout", " no more\n")
    flush(archive)
    assert content(archive)[-2:] == ["unfinished no more", ""]
    assert archive._room.used_bytes == 0


def test_all_sessions_together_have_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "ALL_BYTES", 200_000)
    archive, log = make(tmp_path)
    other = archive.log(OTHER)
    for _ in range(2_000):
        for each in (log, other):
            each.write("stdout", "x" * 100 + "\n")
    assert archive._room.used_bytes <= 200_000
    assert log.dropped_lines > 0
    assert other.dropped_lines > 0
    flush(archive)
    assert len(content(archive)) + log.dropped_lines == 2_000 + 2
    assert archive._room.used_bytes == 0


def test_what_comes_while_a_write_fails_keeps_its_order(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, log = make(tmp_path)
    lines = [f"line {number}" for number in range(20 * RECENT_LINES)]
    rest = iter(lines)
    to_thread = asyncio.to_thread

    async def meanwhile(*work: Any) -> Any:
        try:
            return await to_thread(*work)
        finally:
            for _ in range(RECENT_LINES):
                log.write("stdout", f"{next(rest, 'more')}\n")

    monkeypatch.setattr(asyncio, "to_thread", meanwhile)
    for number in range(12):
        disk.free_bytes = None if number % 3 == 2 else 50
        log.write("stdout", f"{next(rest)}\n")
        flush(archive)
    monkeypatch.undo()
    flush(archive)
    written = content(archive)[:-1]
    assert written == lines[: len(written)]
    assert len(written) > 12 * RECENT_LINES


def test_page_text_that_cannot_be_written_is_not_kept_for_later(tmp_path: Path, disk: Disk) -> None:
    archive, log = make(tmp_path)
    log.write("stdout", "heard\n")
    flush(archive)
    disk.free_bytes = 10
    with pytest.raises(ArchiveFailedError):
        asyncio.run(archive.append(SESSION, "train", "shown"))
    disk.free_bytes = None
    log.write("stdout", "heard again\n")
    flush(archive)
    assert content(archive) == ["heard", "heard again", ""]


@pytest.mark.parametrize("sessions", [[SESSION], [SESSION, OTHER]])
def test_a_disk_that_takes_nothing_is_told_once_and_stops_nothing(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch, sessions: list[str]
) -> None:
    monkeypatch.setattr("colab_cdp_agent.keep.archive.WRITE_EVERY_S", 0.0)
    monkeypatch.setattr("colab_cdp_agent.keep.archive.RETRY_EVERY_S", 0.0)
    archive, _log = make(tmp_path)
    logs = [archive.log(session) for session in sessions]
    disk.free_bytes = 0

    async def story() -> None:
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(archive.run())
            for log in logs:
                log.write("stdout", "line\n")
            async with asyncio.timeout(30):
                await disk.refused(10)
                disk.free_bytes = None
                for log in logs:
                    await log.kept()
            writing.cancel()

    with structlog.testing.capture_logs() as said:
        asyncio.run(story())
    assert [(each["log_level"], each["event"]) for each in said] == [
        ("warning", "the archive cannot be written"),
        ("info", "the archive can be written again"),
    ]
    assert content(archive) == ["line", ""]


def test_a_writer_that_is_cancelled_leaves_whole_files(tmp_path: Path) -> None:
    archive, log = make(tmp_path)
    lines = []

    async def story() -> None:
        for round_ in range(30):
            writing = asyncio.create_task(archive.run())
            waiting = asyncio.create_task(log.kept())
            for number in range(RECENT_LINES):
                lines.append(f"{round_}.{number}")
                log.write("stdout", f"{lines[-1]}\n")
            for _ in range(round_ % 5):
                await asyncio.sleep(0.001)
            writing.cancel()
            waiting.cancel()
            await asyncio.gather(writing, waiting, return_exceptions=True)
        await archive.flush()

    asyncio.run(story())
    assert content(archive) == [*lines, ""]
