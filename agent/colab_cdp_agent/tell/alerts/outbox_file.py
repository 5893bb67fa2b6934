"""An outbox on disk: whole or not at all, and set aside where it is damaged.

Blocking: `channel.py` keeps it off the event loop.
"""

import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog

from colab_cdp_agent.tell.alerts.outbox import Kept

LARGEST_BYTES: Final = 4_000_000
DAMAGED_KEPT: Final = 3

log = structlog.get_logger()


class OutboxFile:
    """The file of one outbox; one that is missing counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = Kept()
        self._lock = threading.Lock()

    def read(self, now: datetime) -> Kept:
        """Return what an earlier run of the agent left; a damaged file is set aside.

        Raises:
            OSError: the file is there, and cannot be read.

        """
        try:
            with self._path.open("rb") as file:
                found = msgspec.json.decode(file.read(LARGEST_BYTES), type=Kept)
        except FileNotFoundError:
            return Kept()
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._set_aside(now)
            return Kept()
        self._written = found
        return found

    def write(self, kept: Kept) -> None:
        """Put the outbox on disk.

        Raises:
            OSError: the folder cannot be written.

        """
        with self._lock:
            if kept == self._written:
                return
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self._path.with_suffix(".new")
            with beside.open("wb") as file:
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            self._written = kept

    def _set_aside(self, now: datetime) -> None:
        """Move the file out of the way, under a name that says when; keep the latest few."""
        aside = self._path.with_name(f"{self._path.stem}.damaged-{now:%Y%m%dT%H%M%S%f}.json")
        self._path.rename(aside)
        for old in sorted(self._path.parent.glob(f"{self._path.stem}.damaged-*"))[:-DAMAGED_KEPT]:
            old.unlink(missing_ok=True)
        log.warning("the alerts that waited were damaged; they are set aside", file=str(aside))
