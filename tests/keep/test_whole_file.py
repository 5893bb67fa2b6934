"""A file is written whole or not at all, and nothing is left beside it."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from colab_cdp_agent.keep.small_file import SmallFile
from colab_cdp_agent.keep.whole_file import ABANDONED_AFTER_S, BESIDE, write_whole
from colab_cdp_agent.tell.broker_access import BrokerRecord
from colab_cdp_agent.tell.broker_files import BrokerFolder
from colab_cdp_agent.tell.password_file import PasswordFileError, read_or_make_password

BIG = "x" * 100
needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="a file's size has no limit")


@contextmanager
def no_file_grows() -> Iterator[None]:
    """Let every write into a file fail, as it does on a full disk."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - POSIX only

        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_record(file: Path) -> None:
    folder = BrokerFolder(file.parent)
    folder.config = file
    folder.write_record(BrokerRecord(1883, 8080, "secret"))


WRITERS: dict[str, Callable[[Path], None]] = {
    "anything": lambda file: write_whole(file, BIG.encode()),
    "a value": lambda file: SmallFile(file, "").write(BIG),
    "a broker's record": write_record,
}


@needs_limits
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_on_a_full_disk_what_stood_there_stands_and_nothing_is_beside_it(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    file = tmp_path / "kept.json"
    file.write_text("before", "utf-8")
    with no_file_grows(), pytest.raises(OSError, match="File too large"):
        write(file)
    assert [*tmp_path.iterdir()] == [file]
    assert file.read_text("utf-8") == "before"


@needs_limits
def test_on_a_full_disk_no_empty_password_is_left(tmp_path: Path) -> None:
    file = tmp_path / "page-password"
    with no_file_grows(), pytest.raises(PasswordFileError, match="File too large"):
        read_or_make_password(file)
    assert read_or_make_password(file)


def test_where_something_else_stands_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "kept.json"
    folder.mkdir()
    with pytest.raises(OSError, match=r"kept\.json"):
        write_whole(folder, b"content")
    assert [*tmp_path.iterdir()] == [folder]


def test_a_file_of_a_folder_that_is_not_there_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "kept.json", b"content")
    assert [*tmp_path.iterdir()] == []


def test_it_is_for_its_owner_alone_and_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text("before", "utf-8")
    write_whole(file, b"after", synced=True)
    assert file.read_bytes() == b"after"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_a_killed_writer_left_is_swept_and_what_is_being_written_is_not(
    tmp_path: Path,
) -> None:
    killed, at_work = tmp_path / f"{BESIDE}killed", tmp_path / f"{BESIDE}at-work"
    for beside in (killed, at_work):
        beside.write_text("half", "utf-8")
    long_ago = time.time() - 2 * ABANDONED_AFTER_S
    os.utime(killed, (long_ago, long_ago))
    file = tmp_path / "kept.json"
    write_whole(file, b"content")
    assert {*tmp_path.iterdir()} == {file, at_work}


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe has no place in a folder there")
def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    if sys.platform != "win32":
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        write_whole(pipe, b"whole")
        assert os.read(reader, 99) == b"whole"
        os.close(reader)
        assert stat.S_ISFIFO(pipe.stat().st_mode)
