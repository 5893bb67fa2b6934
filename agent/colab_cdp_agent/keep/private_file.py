"""Files that nobody but their owner can read, wherever they lie."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MODE = 0o600
_BINARY = getattr(os, "O_BINARY", 0)  # Windows only


def make_private(path: Path) -> None:
    """Make an empty file where there is none; one that is there is not even opened.

    On POSIX closing it would end every lock that this process has on it, SQLite's too.

    Raises:
        OSError: it cannot be made.

    """
    with suppress(FileExistsError):
        new_private(path).close()


def new_private(path: Path) -> BinaryIO:
    """Open a file for writing that is not there yet.

    Raises:
        FileExistsError: it is there.
        OSError: it cannot be made.

    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, MODE), "wb")
