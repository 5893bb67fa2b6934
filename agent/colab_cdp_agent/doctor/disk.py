"""The disk: whether what a night prints has room on it."""

from pathlib import Path
from typing import Final

from colab_cdp_agent.config import Archive
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.keep import state_folder
from colab_cdp_agent.keep.journal_file import MAX_BYTES as JOURNAL_BYTES
from colab_cdp_agent.keep.pruning import Pruning

GB: Final = 10**9
NIGHT_BYTES: Final = 10**9
"""What no night is known to print: with so much room even a disk that fills up is no danger."""
LOGS_OF_JOURNAL: Final = 2
"""SQLite's write-ahead log has the same bound as the file beside it."""


def examine(state: Path, archive: Archive) -> Finding:
    """Judge the disk of the archive; what it has taken already is not asked for once more.

    Raises:
        OSError: the folder is not there.

    """
    free = state_folder.free_bytes(archive.dir or state)
    taken = Pruning(archive.dir or state / "archive", archive.max_bytes, archive.keep).taken_bytes()
    return room(free, archive.max_bytes, taken)


def room(free: int, archive: int, taken: int = 0) -> Finding:
    """Judge how much room a disk has, against what archive and journal may still take; in bytes."""
    wanted = max(0, archive - taken) + LOGS_OF_JOURNAL * JOURNAL_BYTES
    what = f"disk: {free / GB:.1f} GB free, archive and journal may take {wanted / GB:.1f} GB more"
    if free >= wanted:
        return Finding(ok=True, what=what, brief="the disk has room")
    remedy = "free some, or lower archive.max_bytes"
    if free < min(wanted, NIGHT_BYTES):
        return Finding(ok=False, what=what, remedy=remedy, brief=f"{free / GB:.1f} GB of disk left")
    return Finding(ok=None, what=what, remedy=remedy, brief=f"only {free / GB:.1f} GB of disk left")
