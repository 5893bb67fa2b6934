"""A night that cannot be told."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from colab_cdp_agent.keep.journal import Journal, journal_path
from command import run
from troubles.register import Place, says

FOR_EVER_S = 1e9


def journal(place: Place) -> Path:
    """Make the journal of an agent that ran long ago."""
    path = journal_path(place.folder / "state", "mine")
    kept = Journal(path, FOR_EVER_S)
    long_ago = datetime.now(UTC) - timedelta(days=30)
    kept.began(long_ago, "1")
    kept.ended(long_ago)
    asyncio.run(kept.close())
    return path


def reported(place: Place) -> str:
    ended = run(place.folder, "report", "--name", "mine")
    return ended.stdout + ended.stderr


@says("there is no journal of an agent named …")
def no_journal(place: Place) -> str:
    return reported(place)


@says("nothing happened since …")
def empty_night(place: Place) -> str:
    journal(place)
    return reported(place)


@says("… cannot be read: …")
def damaged(place: Place) -> str:
    journal(place).write_text("no database " * 100, encoding="ascii")
    return reported(place)


@says("… was written by a newer version of this program")
def newer(place: Place) -> str:
    with closing(sqlite3.connect(journal(place))) as file:
        file.execute("PRAGMA user_version = 99")
    return reported(place)
