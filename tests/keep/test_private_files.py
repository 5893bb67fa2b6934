"""What is kept is for its owner alone, also in a folder that others may look into."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from colab_cdp_agent.keep.journal_file import BESIDE, JournalFile
from colab_cdp_agent.keep.private_file import make_private
from colab_cdp_agent.keep.small_file import SmallFile
from samples import MOMENT

PRIVATE = 0o600
OTHER_PROCESS = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], 0).execute("SELECT * FROM rows")
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that anybody may look into, and a process that says nothing against it."""
    tmp_path.chmod(0o755)
    before = os.umask(0o022)
    os.umask(before)
    assert before & 0o044 == 0, "the umask itself would make the files private"
    return tmp_path


def test_a_small_file_is(open_folder: Path) -> None:
    path = open_folder / "wishes.json"
    SmallFile(path, "").write("asked")
    assert modes(open_folder) == {"wishes.json": PRIVATE}


def test_the_journal_and_what_is_beside_it_are(open_folder: Path) -> None:
    with closing(JournalFile(open_folder / "journal.sqlite", 1e9)) as kept:
        kept.write([], MOMENT)
        found = modes(open_folder)
    assert found == {f"journal.sqlite{end}": PRIVATE for end in ("", *BESIDE)}


def test_a_file_that_is_there_is_not_even_opened_for_that_would_end_its_locks(
    tmp_path: Path,
) -> None:
    """SQLite's locks on POSIX: https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks."""
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE rows (number)")
        connection.execute("BEGIN EXCLUSIVE")
        make_private(path)
        other = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS, path], capture_output=True, check=False
        )
        assert b"database is locked" in other.stderr
