"""Reads a journal, also while an agent writes it, and never changes it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from colab_cdp_agent.keep import record, schema
from colab_cdp_protocols import mqtt

T = TypeVar("T")

LOCK_LIMIT_S: Final = 2.0
MOST_EVENTS_OF_HISTORY: Final = 1_000
MOST_POINTS_OF_CURVE: Final = 1_000

UNREADABLE: Final = (
    sqlite3.Error,
    OSError,
    msgspec.DecodeError,
    RecursionError,
    schema.DamagedFileError,
)

QUERIES: Final[dict[str, tuple[type[Any], str]]] = {
    "watches": (record.Watch, "SELECT * FROM watches WHERE alive >= :since"),
    "sessions": (record.Session, "SELECT id, title, site FROM sessions"),
    "phases": (
        record.PhaseChange,
        """
        SELECT * FROM phases WHERE at >= :since UNION ALL
        SELECT session, max(at), phase, connection, kernel FROM phases WHERE at < :since
        GROUP BY session
        """,
    ),
    "events": (record.Event, "SELECT * FROM events WHERE at >= :since"),
    "runs": (record.Run, "SELECT * FROM runs WHERE seen >= :since OR ended IS NULL"),
    "points": (
        record.Point,
        """
        SELECT session, run, name, at, step, value FROM series
        JOIN points ON points.series = series.id JOIN runs USING (session, run)
        WHERE runs.seen >= :since OR runs.ended IS NULL
        """,
    ),
    "limits": (
        record.Limit,
        "SELECT * FROM limits WHERE at >= :since OR lifted >= :since OR lifted IS NULL",
    ),
    "attentions": (
        record.Attention,
        "SELECT * FROM attentions WHERE since >= :since OR over >= :since OR over IS NULL",
    ),
}
HISTORY: Final = """
    SELECT * FROM events WHERE session = :session AND at >= :since ORDER BY at DESC LIMIT :most
    """
CURVE: Final = """
    SELECT at, value FROM series JOIN points ON points.series = series.id
    WHERE session = :session AND name = :name AND at >= :since ORDER BY at DESC LIMIT :most
    """
OPEN_ATTENTIONS: Final = "SELECT * FROM attentions WHERE over IS NULL ORDER BY since"
# Seen until the end of the last watch that met the notebook.
OPEN_RUNS: Final = """
    SELECT session, run, alive AS seen, cell, runs.began FROM runs JOIN watches
    ON watches.rowid = (
        SELECT max(rowid) FROM watches AS any WHERE any.rowid < coalesce(
            (SELECT min(rowid) FROM watches AS later WHERE later.resumed = 0 AND later.began >
                (SELECT max(at) FROM phases WHERE phases.session = runs.session)),
            any.rowid + 1))
    WHERE runs.ended IS NULL AND alive >= :since
    AND runs.rowid = (SELECT max(rowid) FROM runs AS any WHERE any.session = runs.session)
    """


class NoJournalError(Exception):
    """There is no file."""


class JournalUnreadableError(Exception):
    """The file cannot be read; `str` says why."""


def read(path: Path, since: datetime) -> record.Record:
    """Return what a journal says of the time since then, as it stood at one moment.

    Raises:
        NoJournalError: there is no such file.
        JournalUnreadableError: it cannot be read.

    """
    values = {"since": schema.stamp(since)}
    with _reading(path) as connection:
        connection.execute("BEGIN")
        parts: dict[str, Any] = {
            name: tuple(_rows(connection, kind, query, values))
            for name, (kind, query) in QUERIES.items()
        }
        return record.Record(**parts)


def history(path: Path, session: str, since: datetime) -> list[mqtt.Happening]:
    """Return a session's events since then, the latest thousand, in the order of time.

    Raises:
        NoJournalError: there is no such file.
        JournalUnreadableError: it cannot be read.

    """
    values: dict[str, str | int] = {
        "session": session,
        "since": schema.stamp(since),
        "most": MOST_EVENTS_OF_HISTORY,
    }
    with _reading(path) as connection:
        return list(_rows(connection, mqtt.Happening, HISTORY, values))[::-1]


def curve(path: Path, session: str, name: str, since: datetime) -> list[record.CurvePoint]:
    """Return a metric of a session since then, the latest thousand points, in the order of time.

    Raises:
        NoJournalError: there is no such file.
        JournalUnreadableError: it cannot be read.

    """
    values: dict[str, str | int] = {
        "session": session,
        "name": name,
        "since": schema.stamp(since),
        "most": MOST_POINTS_OF_CURVE,
    }
    with _reading(path) as connection:
        return list(_rows(connection, record.CurvePoint, CURVE, values))[::-1]


def open_attentions(path: Path) -> dict[tuple[str, str], tuple[datetime, str]]:
    """Return what is raised and not over: by session and kind, since when and its occurrence.

    Raises:
        NoJournalError: there is no such file.
        JournalUnreadableError: it cannot be read.

    """
    with _reading(path) as connection:
        found = _rows(connection, record.Attention, OPEN_ATTENTIONS, {})
        return {(each.session, each.kind): (each.since, each.occurrence) for each in found}


def open_runs(path: Path, since: datetime) -> list[record.Run]:
    """Return the runs that went on at the end of the last watch over their notebook.

    They are seen until that end; one that was before `since` is passed over.

    Raises:
        NoJournalError: there is no such file.
        JournalUnreadableError: it cannot be read.

    """
    with _reading(path) as connection:
        return list(_rows(connection, record.Run, OPEN_RUNS, {"since": schema.stamp(since)}))


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a journal for reading, and say in our words what is wrong with it."""
    try:
        if not path.exists():
            raise NoJournalError
        with closing(_connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except UNREADABLE as error:
        raise JournalUnreadableError(f"{path} cannot be read: {error}") from error
    except schema.NewerVersionError as error:
        reason = f"{path} was written by a newer version of this program"
        raise JournalUnreadableError(reason) from error


def _connect(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot write to the file.

    What an older version wrote is copied into memory, and brought to this version there.
    """
    with ExitStack() as undo:
        connection = undo.enter_context(closing(_open(path, "mode=ro")))
        try:
            found = schema.version(connection)
        except sqlite3.OperationalError:
            # In a folder that cannot be written, SQLite reads only what nobody else writes.
            if path.with_name(f"{path.name}-wal").exists():
                raise
            connection = undo.enter_context(closing(_open(path, "immutable=1")))
            found = schema.version(connection)
        if found < len(schema.MIGRATIONS):
            copy = sqlite3.connect(":memory:", isolation_level=None)
            connection.backup(copy)
            schema.migrate(copy)
            return copy
        undo.pop_all()
    return connection


def _open(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(address, LOCK_LIMIT_S, isolation_level=None, uri=True)


def _rows(
    connection: sqlite3.Connection, kind: type[T], query: str, values: Mapping[str, str | int]
) -> Iterator[T]:
    """Yield what a query finds, checked: whoever has changed the file by hand may err."""
    for row in connection.execute(query, values):
        plain = dict(zip(row.keys(), row, strict=True))
        if "progress" in plain:
            plain["progress"] = msgspec.json.decode(plain["progress"] or "{}")
        yield msgspec.convert(plain, kind, strict=False)
