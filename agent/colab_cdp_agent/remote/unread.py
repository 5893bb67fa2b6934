"""What came and was not read yet: of each topic the latest message, for whoever keeps a picture."""

import asyncio
from collections import OrderedDict
from typing import Final, Protocol

MOST_TOPICS: Final = 10_000
"""With unread messages; a message on one more is lost."""


class OnTopic(Protocol):
    """Anything that is about a topic."""

    @property
    def topic(self) -> object:
        """What it is about; equal ones are the same in text."""


class LatestOfEach(asyncio.Queue[OnTopic]):
    """A queue in which a newer message takes the place of an unread one on the same topic.

    So a reader that falls behind misses steps, and never where they led.
    """

    _queue: OrderedDict[str, OnTopic]

    def __init__(self, maxsize: int = MOST_TOPICS) -> None:
        super().__init__(max(maxsize, MOST_TOPICS))

    def _init(self, _maxsize: int) -> None:
        self._queue = OrderedDict()

    def _put(self, item: OnTopic) -> None:
        self._queue[str(item.topic)] = item

    def _get(self) -> OnTopic:
        return self._queue.popitem(last=False)[1]
