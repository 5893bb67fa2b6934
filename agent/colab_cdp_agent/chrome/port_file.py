"""`DevToolsActivePort`: the file in which a browser says where it listens.

It stays when the browser ends, however it ends.
"""

from pathlib import Path

from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.profile_folder import PORT_FILE, without_port_file


def read_port_file(folder: Path) -> tuple[int, str]:
    """Return the port and path in a user data folder's `DevToolsActivePort`.

    Raises:
        ChromeAbsentError: there is no such file, or it holds something else.

    """
    file = folder / PORT_FILE
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        port, path = int(lines[0]), lines[1]
    except OSError as error:
        raise ChromeAbsentError(*without_port_file(folder)) from error
    except (ValueError, IndexError) as error:
        raise ChromeAbsentError(
            f"{file} does not hold a port and a path", "restart that Chrome: it writes the file"
        ) from error
    return port, path


def written_at(folder: Path) -> float:
    """Return when a folder's file was written, in seconds since 1970; 0 where there is none."""
    try:
        return (folder / PORT_FILE).stat().st_mtime
    except OSError:
        return 0.0
