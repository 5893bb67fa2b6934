"""What a kernel says to one page, until the page's socket has taken it."""

import asyncio
from collections.abc import AsyncIterator


class Line:
    """Frames in their order. After `cut` the rest is still told, and then the socket is closed."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()

    def tell(self, frame: str) -> None:
        """Add one frame."""
        self._frames.put_nowait(frame)

    def cut(self) -> None:
        """Let no more frames follow."""
        self._frames.put_nowait(None)

    async def frames(self) -> AsyncIterator[str]:
        """Return each frame as it comes, until the line is cut."""
        while (frame := await self._frames.get()) is not None:
            yield frame
