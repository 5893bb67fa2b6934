"""`DevToolsActivePort`: the file in which a browser says where it listens.

It stays when the browser ends, however it ends.
"""

import re
from pathlib import Path

from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.profile_folder import PORT_FILE, without_port_file
from colab_cdp_agent.port_number import is_port

LARGEST_BYTES = 4096
PATH = re.compile(rb"/[!-\"$-~]*")
CONTENT = re.compile(rb"(\d{1,5})\r?\n(" + PATH.pattern + rb")(?:\r?\n|\Z)")


def read_port_file(folder: Path) -> tuple[int, str]:
    """Return the port and path in a user data folder's `DevToolsActivePort`.

    Raises:
        ChromeAbsentError: there is no such file, or it holds something else.

    """
    file = folder / PORT_FILE
    try:
        with file.open("rb") as opened:
            written = CONTENT.match(opened.read(LARGEST_BYTES))
    except OSError as error:
        raise ChromeAbsentError(*without_port_file(folder)) from error
    if written is None or not is_port(int(written[1])):
        raise ChromeAbsentError(
            f"{file} does not hold a port and a path", "restart that Chrome: it writes the file"
        )
    return int(written[1]), written[2].decode()


def is_path(text: str) -> bool:
    """Return whether a text can be the path of a WebSocket's address."""
    return PATH.fullmatch(text.encode(errors="replace")) is not None


def written_at(folder: Path) -> float:
    """Return when a folder's file was written, in seconds since 1970; 0 where there is none."""
    try:
        return (folder / PORT_FILE).stat().st_mtime
    except OSError:
        return 0.0
