"""The computer: its Python, and the folders for what is kept."""

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from colab_cdp_agent import __version__, config
from colab_cdp_agent.doctor import disk
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.keep import state_folder


def python() -> Finding:
    """Say what runs the agent, and on what."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        ok=True, what=f"colab-cdp-agent {__version__}, Python {version}, {platform.platform()}"
    )


def folders(state: Path, archive: config.Archive) -> Iterator[Finding]:
    """Check that what is to be kept can be written, and that it has room."""
    yield _writable("state folder", state, config.STATE_DIR_VARIABLE)
    if archive.dir is not None:
        yield _writable("archive", archive.dir, "archive.dir")
    if (archive.dir or state).is_dir():
        yield disk.examine(state, archive)


def _writable(what: str, folder: Path, named_by: str) -> Finding:
    why = state_folder.trouble(folder)
    if why is None:
        return Finding(ok=True, what=f"{what} {folder} can be written")
    remedy = f"make it writable, or name another in {named_by}"
    brief = f"the {what} cannot be written"
    return Finding(ok=False, what=f"{what} {folder}: {why}", remedy=remedy, brief=brief)
