"""Whether the folder for what is kept can be written, and how much room its disk has."""

import shutil
import tempfile
from pathlib import Path


def trouble(folder: Path) -> str | None:
    """Return why nothing can be written to the folder, or None; it is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        return error.strerror or str(error)
    return None


def free_bytes(folder: Path) -> int:
    """Return how much room is left on the folder's disk.

    Raises:
        OSError: the folder is not there.

    """
    return shutil.disk_usage(folder).free
