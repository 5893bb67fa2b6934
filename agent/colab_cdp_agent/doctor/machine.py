"""The computer: its Python, and the folder for what is kept."""

import platform
import sys
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


def state(folder: Path, wanted: int) -> list[Finding]:
    """Check that the state folder can be written, and how much room its disk has for archives."""
    why = state_folder.trouble(folder)
    if why is not None:
        remedy = f"make it writable, or name another in {config.STATE_DIR_VARIABLE}"
        return [Finding(ok=False, what=f"state folder {folder}: {why}", remedy=remedy)]
    free = state_folder.free_bytes(folder)
    return [Finding(ok=True, what=f"state folder {folder} can be written"), room(free, wanted)]


def room(free: int, wanted: int) -> Finding:
    """Judge how much room a disk has, against what the archive may take."""
    what = f"disk: {free / GB:.1f} GB free, the archive may take {wanted / GB:.1f} GB"
    if free >= min(wanted, ROOM_WANTED):
        return Finding(ok=True, what=what)
    return Finding(ok=False, what=what, remedy="free some, or lower archive.max_bytes")
