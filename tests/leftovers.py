"""What a program left behind: processes that know of a folder which was its alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil


def processes_of(folder: Path) -> list[str]:
    """Return the processes with this folder in their command line, environment or place."""
    return sorted(set(_processes(str(folder))))


def _processes(folder: str) -> Iterator[str]:
    for process in psutil.process_iter():
        # It may end while it is looked at, and another user's may not be looked at.
        with contextlib.suppress(psutil.Error):
            texts = (*process.cmdline(), *process.environ().values(), process.cwd())
            if process.status() != psutil.STATUS_ZOMBIE and any(folder in text for text in texts):
                yield f"{process.pid} {process.name()} {' '.join(process.cmdline())[:200]}"
