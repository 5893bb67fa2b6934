"""The file of topics that the agent published, so that none outlives what it told of.

A crash leaves retained topics of sessions that are no more: whoever starts next finds them here.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import structlog

from colab_cdp_agent.keep.small_file import SmallFile
from colab_cdp_protocols.topic import is_topic

Topics = tuple[str, ...]

log = structlog.get_logger()


class TopicFile:
    """The retained topics at one broker, on disk; a missing file counts as empty."""

    def __init__(self, path: Path) -> None:
        self._file: SmallFile[Topics] = SmallFile(path, (), Topics)
        self._trouble = ""

    def read(self, now: datetime) -> frozenset[str]:
        """Return the topics that were published so far; what cannot be one is passed over.

        A damaged file is set aside, which is said; one that cannot be read counts as empty.
        """
        try:
            topics, aside = self._file.read(now)
        except OSError as error:
            self._note(error)
            return frozenset()
        if aside is not None:
            log.warning(
                "the list of published topics was damaged; what stands at the broker may stay",
                set_aside=str(aside),
            )
        return _legal(topics)

    def look(self) -> frozenset[str]:
        """Return the same for one whose file it is not: nothing is set aside, or said."""
        try:
            return _legal(self._file.look())
        except OSError:
            return frozenset()

    def write(self, topics: Iterable[str]) -> None:
        """Put the topics on disk, whole or not at all; that it cannot be done is said once."""
        try:
            self._file.write(tuple(sorted(topics)))
        except OSError as error:
            self._note(error)
        else:
            self._trouble = ""

    def _note(self, error: OSError) -> None:
        trouble, self._trouble = self._trouble, error.strerror or str(error)
        if trouble != self._trouble:
            log.warning("the list of published topics cannot be kept", error=str(error))


def _legal(topics: Topics) -> frozenset[str]:
    return frozenset(topic for topic in topics if is_topic(topic))
