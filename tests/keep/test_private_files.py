"""What is kept is for its owner alone, also in a folder that others may look into."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from colab_cdp_agent.keep.journal_file import BESIDE, JournalFile
from colab_cdp_agent.keep.small_file import SmallFile
from samples import MOMENT

PRIVATE = 0o600

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
    (open_folder / "wishes.new").write_text("left by a run that was killed", "utf-8")
    SmallFile(path, "").write("asked")
    assert modes(open_folder) == {"wishes.json": PRIVATE}


def test_the_journal_and_what_is_beside_it_are(open_folder: Path) -> None:
    with closing(JournalFile(open_folder / "journal.sqlite", 1e9)) as kept:
        kept.write([], MOMENT)
        found = modes(open_folder)
    assert found == {f"journal.sqlite{end}": PRIVATE for end in ("", *BESIDE)}
