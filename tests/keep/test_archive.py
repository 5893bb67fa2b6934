"""The archive: what is said to be kept is on disk, whole, and bounded; nobody else's file goes."""

import asyncio
import errno
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.keep.archive import Archive, ArchiveFailedError
from colab_cdp_agent.keep.fold import inert
from colab_cdp_protocols.session_id import session_id

NOTEBOOK = "https://colab.research.google.com/drive/1SecretNotebookId"
SESSION = session_id("colab", NOTEBOOK)
OTHER = session_id("colab", "other")
MARK = re.compile(r"--- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d (.*)")
DAY_S = 86_400.0
PLENTY = 10**9

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits and permissions")


def archive(folder: Path, max_bytes: int = PLENTY, keep_s: float = 30 * DAY_S) -> Archive:
    return Archive(folder, max_bytes, keep_s)


def append(kept: Archive, text: str, session: str = SESSION, title: str = "train") -> Path:
    asyncio.run(kept.append(session, title, text))
    return kept.path(session)


def old_file(folder: Path, day: str, age_s: float, size: int = 10, session: str = OTHER) -> Path:
    path = folder / session / f"{day}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    at = time.time() - age_s
    os.utime(path, (at, at))
    return path


def test_text_follows_text_under_a_mark_each(tmp_path: Path) -> None:
    kept = archive(tmp_path / "made" / "when needed")
    append(kept, "epoch 1\n", title="훈련")
    path = append(kept, "epoch 2\r\nepoch 3", title="훈련")
    mark, first, second_mark, second, third, end = path.read_bytes().decode().split("\n")
    for line in (mark, second_mark):
        found = MARK.fullmatch(line)
        assert found is not None
        assert found[1] == "훈련"
    assert (first, second, third, end) == ("epoch 1", "epoch 2", "epoch 3", "")


@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=3))
def test_any_text_is_kept_and_what_stood_there_stays(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    kept = archive(tmp_path_factory.mktemp("archive"))
    before = b""
    for text in texts:
        content = append(kept, text).read_bytes()
        assert content.startswith(before)
        mark, told = content[len(before) :].decode().split("\n", 1)
        assert MARK.fullmatch(mark)
        written = inert(text).encode(errors="backslashreplace").decode()
        assert told == (written if text.endswith("\n") else f"{written}\n")
        before = content


@given(st.text(st.characters(exclude_categories=())))
def test_no_title_breaks_the_mark_line(
    tmp_path_factory: pytest.TempPathFactory, title: str
) -> None:
    content = append(archive(tmp_path_factory.mktemp("archive")), "text", title=title).read_text(
        "utf-8"
    )
    mark, told = content.split("\n", 1)
    assert MARK.fullmatch(mark)
    assert mark.isprintable()
    assert told == "text\n"


def test_a_name_tells_neither_notebook_nor_title(tmp_path: Path) -> None:
    path = append(archive(tmp_path), "text", title="My secret title")
    assert path.relative_to(tmp_path) == Path(SESSION, f"{date.today().isoformat()}.txt")  # noqa: DTZ011
    assert "Secret" not in str(path.relative_to(tmp_path))


def test_it_is_on_disk_before_it_counts_as_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    kept = archive(tmp_path)

    def fsync(_file: int) -> None:
        synced.append(kept.path(SESSION).read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    content = append(kept, "text").read_bytes()
    assert synced == [content]


def test_texts_that_come_at_once_do_not_mix(tmp_path: Path) -> None:
    kept = archive(tmp_path)
    texts = [f"{letter * 50_000}\n" for letter in "abcdefgh"]

    async def story() -> None:
        async with asyncio.TaskGroup() as tasks:
            for text in texts:
                tasks.create_task(kept.append(SESSION, "t", text))

    asyncio.run(story())
    lines = kept.path(SESSION).read_text("utf-8").splitlines(keepends=True)
    assert [MARK.match(line) is not None for line in lines] == [True, False] * len(texts)
    assert sorted(lines[1::2]) == texts


def test_the_oldest_go_when_all_together_are_too_large(tmp_path: Path) -> None:
    oldest = old_file(tmp_path, "2026-01-01", 3 * DAY_S, 400)
    older = old_file(tmp_path, "2026-01-02", 2 * DAY_S, 400, SESSION)
    newer = old_file(tmp_path, "2026-01-03", DAY_S, 400)
    present = append(archive(tmp_path, max_bytes=600), "text")
    assert [path.exists() for path in (oldest, older, newer, present)] == [False, False, True, True]


def test_what_is_older_than_kept_goes(tmp_path: Path) -> None:
    old = old_file(tmp_path, "2026-01-01", 3 * DAY_S)
    young = old_file(tmp_path, "2026-01-03", DAY_S)
    present = append(archive(tmp_path, keep_s=2 * DAY_S), "text")
    assert [path.exists() for path in (old, young, present)] == [False, True, True]


def test_the_file_that_is_written_never_goes(tmp_path: Path) -> None:
    kept = archive(tmp_path, max_bytes=1, keep_s=0.0)
    append(kept, "one")
    assert "one" in append(kept, "two").read_text("utf-8")


@pytest.mark.parametrize(
    "place", ["project/todo.txt", "2024/2024-01-05.txt", "0123456789/notes.txt", "2024-01-05.txt"]
)
def test_a_file_that_is_not_the_archives_never_goes(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", "utf-8")
    os.utime(path, (0, 0))
    append(archive(tmp_path, max_bytes=1, keep_s=0.0), "text")
    assert path.read_text("utf-8") == "mine"


def test_a_file_that_went_meanwhile_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = old_file(tmp_path, "2026-01-01", 3 * DAY_S)
    stat = Path.stat

    def late(self: Path, **options: Any) -> os.stat_result:
        if self == gone:
            raise FileNotFoundError(errno.ENOENT, "gone", str(self))
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", late)
    assert "text" in append(archive(tmp_path, keep_s=DAY_S), "text").read_text("utf-8")


def test_text_is_kept_where_an_old_file_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_file(tmp_path, "2026-01-01", 3 * DAY_S)

    def locked(self: Path, **_options: bool) -> None:
        raise PermissionError(errno.EACCES, "in use", str(self))

    monkeypatch.setattr(Path, "unlink", locked)
    assert "text" in append(archive(tmp_path, keep_s=DAY_S), "text").read_text("utf-8")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes: a disk that is full in the middle."""
    import resource  # noqa: PLC0415 - POSIX only

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@posix
def test_a_disk_that_fills_up_keeps_all_or_nothing(tmp_path: Path) -> None:
    kept = archive(tmp_path)
    before = append(kept, "epoch 1").read_bytes()
    with (
        largest_file(len(before) + 1000),
        pytest.raises(
            ArchiveFailedError, match=r"the archive cannot be written: .+: File too large"
        ),
    ):
        append(kept, "x" * 5000)
    assert kept.path(SESSION).read_bytes() == before
    assert append(kept, "epoch 2").read_bytes().startswith(before)


def test_a_disk_that_does_not_keep_what_it_took_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    kept = archive(tmp_path)
    before = append(kept, "epoch 1").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchiveFailedError, match=f"{re.escape(str(tmp_path))}: No space left"):
        append(kept, "epoch 2")
    assert kept.path(SESSION).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_a_failure_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ArchiveFailedError, match=r"the archive cannot be written: .*file"):
        append(archive(tmp_path / "file"), "text")


@posix
@pytest.mark.skipif(getattr(os, "getuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_a_failure_with_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(ArchiveFailedError, match=r"locked.*: Permission denied"):
        append(archive(folder), "text")


def test_after_a_failure_the_next_text_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = archive(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(errno.EIO, "i/o")))
        with pytest.raises(ArchiveFailedError):
            append(kept, "lost")
    assert "lost" not in append(kept, "kept").read_text("utf-8")
