"""The file of topics that the agent published, so that none outlives what it told of.

A crash leaves retained topics of sessions that are no more: whoever starts next finds them here.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from colab_cdp_agent.keep.small_file import put
from colab_cdp_protocols import mqtt


class TopicFile:
    """The retained topics at one broker, on disk; a damaged or missing file counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: frozenset[str] = frozenset()

    def read(self) -> frozenset[str]:
        """Return the topics that were published so far; what cannot be one is passed over."""
        try:
            topics = msgspec.json.decode(self._path.read_bytes(), type=frozenset[str])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return frozenset()
        self._written = topics
        return frozenset(topic for topic in topics if mqtt.is_topic(topic))

    def write(self, topics: Iterable[str]) -> None:
        """Put the topics on disk, whole or not at all.

        Raises:
            OSError: the folder cannot be written.

        """
        wanted = frozenset(topics)
        if wanted == self._written:
            return
        put(self._path, msgspec.json.encode(sorted(wanted)))
        self._written = wanted
