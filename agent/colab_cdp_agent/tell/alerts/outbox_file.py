"""An outbox on disk."""

from datetime import datetime
from pathlib import Path

import structlog

from colab_cdp_agent.keep.small_file import SmallFile
from colab_cdp_agent.tell.alerts.outbox import Kept

log = structlog.get_logger()


class OutboxFile:
    """The file of one outbox; one that is missing counts as empty."""

    def __init__(self, path: Path) -> None:
        self._file = SmallFile(path, Kept())

    def read(self, now: datetime) -> Kept:
        """Return what an earlier run of the agent left; a damaged file is set aside.

        Raises:
            OSError: the file is there, and cannot be read.

        """
        found, aside = self._file.read(now)
        if aside is not None:
            log.warning("the alerts that waited were damaged; they are set aside", file=str(aside))
        return found

    def write(self, kept: Kept) -> None:
        """Put the outbox on disk.

        Raises:
            OSError: the folder cannot be written.

        """
        self._file.write(kept)
