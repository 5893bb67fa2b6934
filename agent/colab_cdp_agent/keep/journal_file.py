"""The journal's SQLite file: opened, checked, written, bounded, and set aside when it is damaged.

Blocking, and for one thread at a time: `journal.py` keeps it off the event loop.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from colab_cdp_agent.keep import schema, statements
from colab_cdp_agent.keep.aside import set_aside
from colab_cdp_agent.keep.curve import MOST_POINTS, thinned
from colab_cdp_agent.keep.private_file import make_private
from colab_cdp_agent.keep.row_queue import Row

MAX_BYTES: Final = 64 * 2**20
"""The bound of the file; its write-ahead log beside it has the same."""
PRUNE_AT: Final = 0.9
"""The part of the bound at which the oldest go."""
FORGOTTEN_AT_ONCE: Final = 8
"""When the file is full, one row of this many goes, so that it is not full again at once."""
PRUNE_EVERY_S: Final = 3_600.0
LOCK_LIMIT_S: Final = 2.0
BESIDE: Final = ("-wal", "-shm")

# What SQLite says of a file whose content is wrong, and not the disk, a lock or a permission:
# also where a table is missing that the file's version promises.
DAMAGE: Final = frozenset({
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR,
})  # fmt: skip
PRIMARY_CODE: Final = 0xFF

log = structlog.get_logger()


class JournalFailedError(Exception):
    """The journal could not be written; `str` says why."""


class JournalFile:
    """The file, opened when first written to and whenever it was lost.

    Args:
        path: of the file; its folder is made.
        keep_s: how old a row may get.
        max_bytes: how large the file may get.

    """

    def __init__(self, path: Path, keep_s: float, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._keep_s = keep_s
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] = (0, 0)
        self._pruned_at: datetime | None = None

    def write(self, rows: Sequence[Row], now: datetime) -> None:
        """Write rows in one transaction; a damaged file is set aside, and a new one begun.

        Raises:
            JournalFailedError: nothing was written; it may be tried again.

        """
        try:
            try:
                self._write(rows, now)
            except (sqlite3.Error, schema.DamagedFileError) as error:
                if not _is_damage(error):
                    raise
                self._set_aside(now)
                self._write(rows, now)
        except (sqlite3.Error, OSError, schema.DamagedFileError) as error:
            self.close()
            raise JournalFailedError(
                f"the journal cannot be written: {self._path}: {_reason(error)}"
            ) from error
        except schema.NewerVersionError as error:
            self.close()
            raise JournalFailedError(
                f"the journal {self._path} was written by a newer version of this program, and is"
                " left alone"
            ) from error

    def close(self) -> None:
        """Close the file, if it is open."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _write(self, rows: Sequence[Row], now: datetime) -> None:
        connection = self._open()
        self._bound_log(connection)
        self._prune(connection, now)  # before: what fails after the commit would be written twice
        with _Transaction(connection):
            for row in rows:
                for statement in row.statement:
                    connection.execute(statement, row.values)
            self._thin(connection, rows)

    def _open(self) -> sqlite3.Connection:
        """Return the connection; a file that was moved or removed meanwhile is begun anew."""
        if self._connection is not None:
            if self._opened == _identity(self._path):
                return self._connection
            self.close()
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_private(self._path)
        connection = sqlite3.connect(
            self._path, LOCK_LIMIT_S, isolation_level=None, check_same_thread=False
        )
        try:
            schema.version(connection)  # before anything is written to it
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {self._max_bytes}")
            schema.check(connection)
            schema.migrate(connection)
            self._opened = _identity(self._path)
        except BaseException:
            connection.close()
            raise
        self._connection, self._pruned_at = connection, None
        return connection

    def _set_aside(self, now: datetime) -> None:
        self.close()
        aside = set_aside(self._path, now, BESIDE)
        log.warning(
            "the journal was damaged; it is set aside, and a new one begun", file=str(aside)
        )

    def _thin(self, connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
        """Keep the curves short to which these rows added."""
        metrics = [row.values for row in rows if row.statement is statements.METRIC]
        for session, run, name in {(row["session"], row["run"], row["name"]) for row in metrics}:
            key = {"session": session, "run": run, "name": name}
            (count,) = connection.execute(statements.COUNT_OF_SERIES, key).fetchone()
            if count <= MOST_POINTS:
                continue
            found = connection.execute(statements.POINTS_OF_SERIES, key).fetchall()
            kept = set(thinned([(day, value) for _id, day, value in found], MOST_POINTS // 2))
            gone = [(row[0],) for place, row in enumerate(found) if place not in kept]
            connection.executemany("DELETE FROM points WHERE rowid = ?", gone)

    def _prune(self, connection: sqlite3.Connection, now: datetime) -> None:
        """Forget what is too old; and while the file is nearly full, the oldest part of it."""
        since = None if self._pruned_at is None else (now - self._pruned_at).total_seconds()
        if since is None or not 0 <= since < PRUNE_EVERY_S:
            _forget(connection, schema.stamp_before(now, self._keep_s))
            self._pruned_at = now
        while _used_bytes(connection) > self._max_bytes * PRUNE_AT:
            ages = sorted(at for (at,) in connection.execute(statements.AGES))
            if not ages:
                break
            _forget(connection, ages[len(ages) // FORGOTTEN_AT_ONCE])

    def _bound_log(self, connection: sqlite3.Connection) -> None:
        """Shorten the write-ahead log, which grows as long as somebody else reads in the file."""
        beside = self._path.with_name(f"{self._path.name}-wal")
        if not beside.exists() or beside.stat().st_size <= self._max_bytes:
            return
        (busy, _frames, _done) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("another program holds it open")


class _Transaction:
    """One transaction: all of it, or nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _forget(connection: sqlite3.Connection, at: str) -> None:
    with _Transaction(connection):
        for statement in statements.FORGET:
            connection.execute(statement, {"at": at})


def _used_bytes(connection: sqlite3.Connection) -> int:
    """Return how large the file is, but for what in it waits to be used again."""
    pages, unused, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - unused) * size)


def _identity(path: Path) -> tuple[int, int]:
    """Return which file stands under a path; no file has (0, 0)."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _is_damage(error: Exception) -> bool:
    if isinstance(error, schema.DamagedFileError):
        return True
    code: int = getattr(error, "sqlite_errorcode", 0)  # an error of Python's own has none
    return code & PRIMARY_CODE in DAMAGE


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
