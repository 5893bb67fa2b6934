"""The journal's tables, their versions, and the way from an older version to this one.

Times are text in UTC with six decimals, so that they sort as they are and SQLite's own functions
read them. Progress is JSON. A value that is null is not known; of a point, it is not a number.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Final

APPLICATION_ID: Final = 0x43434A4C
"""Stands in the file's header, and tells our files from any other program's."""

VERSION_1: Final = (
    # A stretch of time in which the agent ran. `resumed`: it had been standing still, not ended.
    """CREATE TABLE watches (
        began TEXT NOT NULL, alive TEXT NOT NULL, ended TEXT, version TEXT,
        resumed INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE sessions (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, site TEXT NOT NULL, seen TEXT NOT NULL)""",
    """CREATE TABLE phases (
        session TEXT NOT NULL, at TEXT NOT NULL, phase TEXT NOT NULL, connection TEXT NOT NULL,
        kernel TEXT NOT NULL)""",
    "CREATE INDEX phases_of_session ON phases (session, at)",
    """CREATE TABLE events (
        id TEXT PRIMARY KEY, session TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL,
        severity TEXT NOT NULL, text TEXT NOT NULL, cause TEXT, evidence TEXT)""",
    "CREATE INDEX events_of_session ON events (session, at)",
    # `seen`: when anything was last said of the run.
    """CREATE TABLE runs (
        session TEXT NOT NULL, run TEXT NOT NULL, cell TEXT, began TEXT, seen TEXT NOT NULL,
        ended TEXT, outcome TEXT, cause TEXT, evidence TEXT, progress TEXT, lines INTEGER,
        PRIMARY KEY (session, run))""",
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY, session TEXT NOT NULL, run TEXT NOT NULL, name TEXT NOT NULL,
        UNIQUE (session, run, name))""",
    "CREATE TABLE points (series INTEGER NOT NULL, at TEXT NOT NULL, step INTEGER, value REAL)",
    "CREATE INDEX points_of_series ON points (series, at)",
    """CREATE TABLE limits (
        session TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL,
        accelerator TEXT, sessions INTEGER NOT NULL, after_s REAL, lifted TEXT)""",
    """CREATE TABLE attentions (
        session TEXT NOT NULL, kind TEXT NOT NULL, since TEXT NOT NULL, occurrence TEXT NOT NULL,
        over TEXT, PRIMARY KEY (session, kind, occurrence))""",
)
MIGRATIONS: Final = (VERSION_1,)
"""What leads from each version to the next; version 0 is an empty file."""


class DamagedFileError(Exception):
    """The file is no journal, or no longer a whole one."""


class NewerVersionError(Exception):
    """The file was written by a later version of this program, whose tables are not known."""


def version(connection: sqlite3.Connection) -> int:
    """Return the version of a journal's tables; 0 for an empty file.

    Raises:
        DamagedFileError: it is another program's.
        NewerVersionError: it is a later version's.
        sqlite3.Error: it cannot be read.

    """
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application or found or tables):
        raise DamagedFileError("it is another program's file")
    if found > len(MIGRATIONS):
        raise NewerVersionError
    return int(found)


def check(connection: sqlite3.Connection) -> None:
    """Read the file once through.

    Raises:
        DamagedFileError: something in it is not as it should be.
        sqlite3.Error: it cannot be read.

    """
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise DamagedFileError(found)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a journal's tables to the present version, wholly or not at all.

    Raises:
        DamagedFileError: it is another program's.
        NewerVersionError: it is a later version's; nothing was changed.
        sqlite3.Error: it cannot be read or written.

    """
    if version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[version(connection) :]:  # another process may have been first
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def stamp(at: datetime) -> str:
    """Return a moment as the tables hold it; one without a zone is taken for UTC."""
    try:
        utc = at.astimezone(UTC) if at.tzinfo is not None else at
    except OverflowError:  # the first or last hours that a datetime can hold
        utc = at
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def stamp_before(at: datetime, seconds: float) -> str:
    """Return the moment that many seconds earlier; where there is none, what sorts before any."""
    try:
        return stamp(at - timedelta(seconds=seconds))
    except OverflowError:
        return ""
