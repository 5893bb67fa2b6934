"""The limits of the archive: the oldest files go, never one that is written, nor another's."""

import time
from collections.abc import Iterator
from pathlib import Path

from colab_cdp_agent.keep import day_file
from colab_cdp_protocols.session_id import is_session_id

AT_LEAST_EVERY_S = 3_600.0
SHARE_OF_LIMIT = 20


class Pruning:
    """When the files are looked through, and which of them go.

    Args:
        folder: the archive's.
        max_bytes: the oldest files go when all together are larger.
        keep_s: files that have not been written to for longer go.

    """

    def __init__(self, folder: Path, max_bytes: int, keep_s: float) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._keep_s = keep_s
        self._done_at: float | None = None
        self._written_bytes = 0

    def is_due(self, written_bytes: int) -> bool:
        """Take note that so much was written, and return whether it is time to prune.

        It is after the first text, every hour, and whenever a twentieth of the room was taken.
        """
        self._written_bytes += written_bytes
        now = time.monotonic()
        if (
            self._done_at is not None
            and now - self._done_at < AT_LEAST_EVERY_S
            and self._written_bytes * SHARE_OF_LIMIT < self._max_bytes
        ):
            return False
        self._done_at, self._written_bytes = now, 0
        return True

    def prune(self, in_use: set[Path]) -> None:
        """Remove the oldest files beyond the limits.

        Raises:
            OSError: a file cannot be removed.

        """
        files = sorted(self._files(), key=lambda found: found[1])
        total = sum(size for _path, _at, size in files)
        oldest = time.time() - self._keep_s
        for path, at, size in files:
            if path in in_use or (total <= self._max_bytes and at >= oldest):
                continue
            path.unlink(missing_ok=True)
            total -= size

    def taken_bytes(self) -> int:
        """Return how much the files take together."""
        return sum(size for _path, _at, size in self._files())

    def _files(self) -> Iterator[tuple[Path, float, int]]:
        """Yield every file of ours, when it was written and its size; none of another's."""
        for folder in self._folder.glob("*"):
            if not is_session_id(folder.name):
                continue
            for found in day_file.files(folder):
                try:
                    state = found.path.stat()
                except FileNotFoundError:
                    continue  # another agent that shares the folder has pruned it
                yield found.path, state.st_mtime, state.st_size
