"""How a notebook's archive ends, and what of another text of the same stream is to follow it."""

import asyncio
from collections.abc import Sequence
from typing import Self

from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.catch_up import TAIL_BYTES, Piece, following


class ArchivedTail:
    """The last lines of one notebook's archive, as they stood when they were read.

    Args:
        tail: the lines.
        after_gaps: the part of them after each gap, the longest first.

    """

    def __init__(self, tail: str, after_gaps: Sequence[str]) -> None:
        self._tail = tail
        self._after_gaps = after_gaps

    @classmethod
    async def read(cls, archive: Archive, session: str) -> Self:
        """Read it once everything that was heard before is on disk, and stands in it.

        Raises:
            ArchiveFailedError: it could not be written, or cannot be read.

        """
        await archive.log(session).kept()
        tail, *after_gaps = await asyncio.to_thread(archive.tails, session, TAIL_BYTES)
        return cls(tail, after_gaps)

    async def joined(self, page_text: str, heard: Sequence[Piece] = ()) -> list[Piece]:
        """Return what is to be appended of a page's text and of what was heard since."""
        return await asyncio.to_thread(following, self._tail, page_text, heard, self._after_gaps)
