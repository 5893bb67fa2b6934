"""The folder in which Chrome keeps its profiles: what one lacks that leads to no Chrome."""

from pathlib import Path
from typing import Final

PORT_FILE: Final = "DevToolsActivePort"
"""Holds port and path of a Chrome that chose its port itself, or was allowed to be debugged."""
ITS_MARK: Final = "Local State"
NAME_IT: Final = (
    "name the folder of a running Chrome that listens: the one that chrome://version calls"
    " 'Profile Path', without its last part"
)
TICK: Final = (
    "tick 'Allow remote debugging for this browser instance' at chrome://inspect/#remote-debugging"
)
FIXED_PORT: Final = (
    "a Chrome that was started with a port of its own writes none: name it with --port"
)


def without_port_file(folder: Path) -> tuple[str, str]:
    """Say of a folder why no port can be read in it, and what to do."""
    if not folder.is_dir():
        return f"{folder}: there is no such folder", NAME_IT
    if (folder / ITS_MARK).exists():
        silent = f"the Chrome of {folder} does not listen: there is no {PORT_FILE} in it"
        return silent, f"{FIXED_PORT}; else {TICK}"
    if (folder.parent / ITS_MARK).exists():
        above = f'name the folder above it: --profile-dir "{folder.parent}"'
        return f"{folder} is one of the profiles in a folder of Chrome's", above
    return f"{folder} is no folder of Chrome's: there is no '{ITS_MARK}' in it", NAME_IT
