"""What a program left behind: processes that know of a folder which was its alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil


def processes_of(folder: Path) -> list[str]:
    """Return the processes with this folder in their command line, environment or place."""
    return sorted(told for told, _ in _processes(str(folder)))


def kill_processes_of(folder: Path) -> None:
    """Kill what a test that failed has left behind."""
    for _, process in _processes(str(folder)):
        process.kill()


def _processes(folder: str) -> Iterator[tuple[str, psutil.Process]]:
    for process in psutil.process_iter():
        # It may end while it is looked at, and another user's may not be looked at.
        with contextlib.suppress(psutil.Error):
            command = " ".join(process.cmdline())
            texts = (command, *process.environ().values(), process.cwd())
            if process.status() != psutil.STATUS_ZOMBIE and any(folder in text for text in texts):
                yield f"{process.pid} {process.name()} {command}", process
