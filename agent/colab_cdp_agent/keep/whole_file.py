"""A file that is written whole or not at all.

Blocking: whoever may not wait keeps it off the event loop.
"""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from colab_cdp_agent.keep.private_file import new_private

BESIDE: Final = ".colab-cdp-agent-"
"""How the name of a file begins that is not whole yet."""
ABANDONED_AFTER_S: Final = 3_600.0
"""So old a file has no writer any more: its process was killed."""


def write_whole(path: Path, content: bytes, *, synced: bool = False) -> None:
    """Put a file for its owner alone where one may stand already: a reader finds either, whole.

    With `synced` it is on disk when this returns.

    Raises:
        OSError: it cannot be written; what stood there stands, and nothing is left beside it.

    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)  # a pipe or a device has no place to be taken; a folder refuses
        return
    _sweep(path.parent)
    beside = path.with_name(f"{BESIDE}{secrets.token_hex(8)}")
    file = new_private(beside)
    try:
        with file:
            file.write(content)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _sweep(folder: Path) -> None:
    """Remove what killed writers left in a folder."""
    for left in folder.glob(f"{BESIDE}*"):
        with suppress(OSError):  # it is another user's, or somebody else has swept it
            if time.time() - left.stat().st_mtime > ABANDONED_AFTER_S:
                left.unlink()
