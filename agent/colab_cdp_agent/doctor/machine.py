"""The computer: its Python, and the folder for what is kept."""

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from colab_cdp_agent import __version__, config
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.keep import state_folder

GB = 10**9
ROOM_WANTED = 10**9


def python() -> Finding:
    """Say what runs the agent, and on what."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        ok=True, what=f"colab-cdp-agent {__version__}, Python {version}, {platform.platform()}"
    )


def folders(state: Path, archive: config.Archive) -> Iterator[Finding]:
    """Check that what is to be kept can be written, and how much room there is for archives."""
    yield _writable("state folder", state, config.STATE_DIR_VARIABLE)
    if archive.dir is not None:
        yield _writable("archive", archive.dir, "archive.dir")
    folder = archive.dir or state
    if folder.is_dir():
        yield room(state_folder.free_bytes(folder), archive.max_bytes)


def _writable(what: str, folder: Path, named_by: str) -> Finding:
    why = state_folder.trouble(folder)
    if why is None:
        return Finding(ok=True, what=f"{what} {folder} can be written")
    remedy = f"make it writable, or name another in {named_by}"
    return Finding(ok=False, what=f"{what} {folder}: {why}", remedy=remedy)


def room(free: int, wanted: int) -> Finding:
    """Judge how much room a disk has, against what the archive may take."""
    what = f"disk: {free / GB:.1f} GB free, the archive may take {wanted / GB:.1f} GB"
    if free >= min(wanted, ROOM_WANTED):
        return Finding(ok=True, what=what)
    return Finding(ok=False, what=what, remedy="free some, or lower archive.max_bytes")
