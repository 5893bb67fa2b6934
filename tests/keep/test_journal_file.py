"""The journal's file: bounded, migrated, and set aside when it is damaged; never in the way."""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

import nights
from colab_cdp_agent.keep import journal_file, journal_reader, schema
from colab_cdp_agent.keep.aside import KEPT
from colab_cdp_agent.keep.curve import Point, thinned
from colab_cdp_agent.keep.journal import ROWS_AT_ONCE, Journal, journal_path
from colab_cdp_agent.keep.journal_file import JournalFailedError, JournalFile
from colab_cdp_agent.keep.record import Record
from colab_cdp_agent.keep.row_queue import RowQueue
from colab_cdp_agent.keep.statements import EVENT, PHASE
from colab_cdp_protocols import mqtt
from samples import MOMENT

SESSION = "0123456789"
FOR_EVER_S = 1e12
EVER = datetime(1, 1, 1, tzinfo=UTC)
MB = 2**20
NOT_KEPT = "nothing is kept in the journal; the watch goes on"
KEPT_AGAIN = "the journal is written again"
SET_ASIDE = "the journal was damaged; it is set aside, and a new one begun"

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and limits")


def tell(kept: Journal, name: str) -> None:
    kept.event(SESSION, mqtt.Happening(name, MOMENT, "captcha", "alert", "Solve it."))


def write(path: Path, name: str) -> Journal:
    kept = Journal(path, FOR_EVER_S)
    tell(kept, name)
    asyncio.run(kept.close())
    return kept


def names(path: Path) -> list[str]:
    return sorted(event.id for event in journal_reader.read(path, EVER).events)


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of a night, and of the event `before`."""
    path = journal_path(tmp_path, "night")
    kept = Journal(path, FOR_EVER_S)
    nights.tell(kept, MOMENT)
    tell(kept, "before")
    asyncio.run(kept.close())
    return path


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def scribble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


def put_another(path: Path) -> None:
    path.unlink()
    execute(path, "CREATE TABLE bookmarks (url TEXT)")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut in the middle": lambda path: cut(path, path.stat().st_size // 2),
    "cut within its header": lambda path: cut(path, 50),
    "not SQLite": lambda path: path.write_text("a text, and a longer one than a header\n" * 9),
    "overwritten": scribble,
    "another program's": put_another,
    "a table is missing": lambda path: execute(path, "DROP TABLE events"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_set_aside_whole_and_a_new_one_begun(
    path: Path, damage: Callable[[Path], object]
) -> None:
    damage(path)
    content = path.read_bytes()
    with capture_logs() as logs:
        kept = Journal(path, FOR_EVER_S)
        assert kept.open_attentions() == {} or damage is DAMAGES["a table is missing"]
        tell(kept, "after")
        asyncio.run(kept.close())
    assert kept.trouble is None
    assert names(path) == ["after"]
    (aside,) = path.parent.glob("journal-night.damaged-*.sqlite")
    assert aside.read_bytes() == content
    assert [line["event"] for line in logs if line["event"] == SET_ASIDE] == [SET_ASIDE]


def test_an_empty_file_is_a_new_journal(path: Path) -> None:
    path.write_bytes(b"")
    assert write(path, "after").trouble is None
    assert names(path) == ["after"]
    assert list(path.parent.glob("*damaged*")) == []


def test_few_damaged_files_are_kept(path: Path) -> None:
    for number in range(KEPT + 2):
        path.write_text(f"damaged {number} " * 99)
        write(path, "after")
    kept = [file.read_text()[:9] for file in sorted(path.parent.glob("*damaged*"))]
    assert kept == [f"damaged {2 + number}" for number in range(KEPT)]


def test_a_file_that_was_begun_anew_knows_that_the_agent_runs(path: Path) -> None:
    kept = Journal(path, FOR_EVER_S)
    kept.began(MOMENT, "1")
    asyncio.run(kept.close())
    path.write_bytes(b"")
    later = MOMENT + timedelta(minutes=1)
    kept.tick(later)
    asyncio.run(kept.close())
    assert [each.began for each in journal_reader.read(path, EVER).watches] == [later]


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    execute(path, "PRAGMA user_version = 99")
    content = path.read_bytes()
    kept = write(path, "after")
    assert kept.trouble is not None
    assert "newer version" in kept.trouble
    assert path.read_bytes() == content
    assert list(path.parent.glob("*damaged*")) == []
    assert kept.open_attentions() == {}
    with pytest.raises(journal_reader.JournalUnreadableError, match="newer version"):
        journal_reader.read(path, EVER)


def test_a_progress_that_is_nested_too_deep_is_a_sentence(path: Path) -> None:
    kept = Journal(path, FOR_EVER_S)
    kept.run_began(SESSION, "run", MOMENT, "cell")
    asyncio.run(kept.close())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET progress = ?", ["[" * 100_000])
    with pytest.raises(journal_reader.JournalUnreadableError, match="cannot be read"):
        journal_reader.read(path, EVER)


def test_a_locked_file_is_waited_for_without_a_word_too_many(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "LOCK_LIMIT_S", 0.01)
    kept = Journal(path, FOR_EVER_S)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, capture_logs() as logs:
        other.execute("BEGIN IMMEDIATE")
        for name in "ab":
            tell(kept, name)
            asyncio.run(kept.close())
            assert kept.trouble is not None
            assert "locked" in kept.trouble
        other.execute("COMMIT")
        asyncio.run(kept.close())
    assert kept.trouble is None
    assert {"before", "a", "b"} <= set(names(path))
    assert [line["event"] for line in logs] == [NOT_KEPT, KEPT_AGAIN]


def test_a_folder_that_cannot_be_made_is_a_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, where a folder should be")
    kept = write(tmp_path / "file" / "journal.sqlite", "after")
    assert kept.trouble is not None
    assert kept.open_attentions() == {}
    assert kept.history(SESSION, EVER)[0].id == "after"


def test_a_folder_in_its_place_is_a_trouble(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.mkdir()
    assert write(path, "after").trouble is not None
    assert path.is_dir()


@posix
@pytest.mark.skipif(getattr(os, "getuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_trouble_and_can_be_read(path: Path) -> None:
    for beside in path.parent.glob("*-*m"):
        beside.unlink()
    path.parent.chmod(0o500)
    try:
        kept = write(path, "after")
        assert kept.trouble is not None
        assert "before" in names(path)
        assert kept.open_attentions().keys() == {
            (nights.DIFFUSION, "run_failed"),
            (nights.EVALUATION, "captcha"),
        }
        path.parent.chmod(0o000)
        assert write(path, "after").trouble is not None
        assert kept.open_attentions() == {}
    finally:
        path.parent.chmod(0o700)


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
def test_a_full_disk_costs_nothing_that_can_wait(path: Path) -> None:
    kept = Journal(path, FOR_EVER_S)
    for number in range(500):
        tell(kept, f"waiting {number}")
    with largest_file(10_000):
        asyncio.run(kept.close())
    assert kept.trouble is not None
    asyncio.run(kept.close())
    assert kept.trouble is None
    assert sum(name.startswith("waiting") for name in names(path)) == 500
    assert kept.dropped == 0


@posix
def test_a_file_that_was_removed_is_begun_anew(path: Path) -> None:
    file = JournalFile(path, FOR_EVER_S)
    with closing(file):
        file.write([], MOMENT)
        shutil.rmtree(path.parent)
        write_phases(file, 1_000)
        assert len(journal_reader.read(path, EVER).phases) == 1_000


def test_an_older_version_is_brought_to_this_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = (
        "ALTER TABLE events ADD COLUMN more TEXT NOT NULL DEFAULT 'x'",
        "CREATE TABLE extras (at TEXT)",
    )
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, later))
    before = path.read_bytes()
    assert "before" in names(path)  # reading changes nothing
    assert path.read_bytes() == before
    kept = Journal(path, FOR_EVER_S)
    kept.phase(SESSION, MOMENT, "idle", "connected", "idle")
    asyncio.run(kept.close())
    assert kept.trouble is None
    assert "before" in names(path)
    with closing(sqlite3.connect(path)) as connection:
        assert schema.version(connection) == len(schema.MIGRATIONS)
        assert connection.execute("SELECT count(*) FROM extras").fetchone() == (0,)


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ("CREATE TABLE extras (at TEXT)", "INSERT INTO nowhere VALUES (1)")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            schema.migrate(connection)
        assert schema.version(connection) == len(schema.MIGRATIONS) - 1
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert ("extras",) not in tables


def test_the_file_stays_within_its_bound_and_the_oldest_go(tmp_path: Path) -> None:
    path, bound, count = tmp_path / "journal.sqlite", 4 * MB, 100_000
    queue = RowQueue()
    largest = 0
    with closing(JournalFile(path, FOR_EVER_S, bound)) as file:
        for number in range(count):
            queue.put(
                EVENT, session=SESSION, id=str(number), at=MOMENT + timedelta(seconds=number),
                kind="clear", severity="info", text="cleared 5,120 lines", cause=None,
                evidence=None,
            )  # fmt: skip
            if len(queue) == ROWS_AT_ONCE:
                file.write(queue.take(ROWS_AT_ONCE), MOMENT)
                largest = max(largest, *(each.stat().st_size for each in tmp_path.iterdir()))
    assert largest <= bound
    kept = sorted(int(name) for name in names(path))
    assert kept == list(range(count - len(kept), count))
    assert len(kept) > count // 10  # not more than must


def write_phases(file: JournalFile, count: int) -> None:
    queue = RowQueue()
    for number in range(count):
        at = MOMENT + timedelta(seconds=number)
        queue.put(PHASE, session=SESSION, at=at, phase="idle", connection="", kernel="")
        if len(queue) == ROWS_AT_ONCE:
            file.write(queue.take(ROWS_AT_ONCE), MOMENT)


def test_a_reader_that_never_ends_does_not_let_the_log_grow(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "LOCK_LIMIT_S", 0.01)
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as reader,
        closing(JournalFile(path, FOR_EVER_S, MB)) as file,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        with pytest.raises(JournalFailedError, match="holds it open"):
            write_phases(file, 20_000)
        assert path.with_name(f"{path.name}-wal").stat().st_size < 2 * MB


def test_a_night_is_read_while_it_is_written(path: Path) -> None:
    async def story() -> list[Record]:
        kept = Journal(path, FOR_EVER_S)
        running = asyncio.create_task(kept.run())
        found = []
        for number in range(20):
            tell(kept, f"new {number}")
            await asyncio.to_thread(kept._write)
            found.append(await asyncio.to_thread(journal_reader.read, path, EVER))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert kept.trouble is None
        return found

    counts = [len(record.events) for record in asyncio.run(story())]
    assert counts == list(range(counts[0], counts[0] + 20))


values = st.none() | st.floats(allow_nan=False)
curves = st.lists(st.tuples(st.floats(0, 1e6), values), max_size=300).map(
    lambda points: sorted(points, key=lambda point: point[0])
)


@given(points=curves, most=st.integers(8, 60))
def test_a_thinned_curve_keeps_its_ends_its_extremes_and_its_order(
    points: list[Point], most: int
) -> None:
    kept = thinned(points, most)
    assert len(kept) <= most
    assert list(kept) == sorted(set(kept))
    assert len(points) > most or len(kept) == len(points)
    if points:
        assert {0, len(points) - 1} <= set(kept)
    numbers = [value for _x, value in points if value is not None]
    left = [value for place in kept if (value := points[place][1]) is not None]
    if numbers:
        assert (min(left), max(left)) == (min(numbers), max(numbers))
    assert (None in [value for _x, value in points]) == (
        None in [points[place][1] for place in kept]
    )
