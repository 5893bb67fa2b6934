"""A picture of what a tab shows, also of one that is hidden; neither tab nor window is raised.

`Page.captureScreenshot` waits without end for a hidden tab to paint, and a few such calls hang the
whole browser. A frame of a screencast comes from a hidden tab too, but it is the last that was
painted. So a hidden tab is given focus emulation for the moment in which it paints: to the page it
is visible then; in the window nothing changes.

Source: https://chromedevtools.github.io/devtools-protocol/tot/Page/#method-startScreencast
"""

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from colab_cdp_agent.chrome.browser import ChromeError, NoAnswerError
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_protocols import cdp

LARGEST_BYTES = 200_000
SIZES = ((1280, 70), (1280, 45), (960, 40), (640, 30))
"""Longest side in pixels and quality of a JPEG, tried in order until it is small enough."""
SHOWN_LIMIT_S, PAINT_LIMIT_S = 1.5, 5.0
FRAME_LIMIT_S = 5.0
SETTLE_S = 0.15
"""How long a newer frame is waited for: the first may be of just before the page painted."""


class PictureFailedError(Exception):
    """There is no picture to be had of the tab; `str` says why."""


async def capture(tab: Tab) -> bytes:
    """Return a JPEG of what a tab shows now, of at most 200 kB.

    Raises:
        PictureFailedError: the page does not paint, or no picture is small enough.
        ChromeError: the tab does not answer.

    """
    if await _paints(tab, SHOWN_LIMIT_S):
        return await _picture(tab)
    async with _shown(tab):
        if not await _paints(tab, PAINT_LIMIT_S):
            raise PictureFailedError("the page does not paint: it is too busy")
        return await _picture(tab)


async def _paints(tab: Tab, within: float) -> bool:
    """Wait until the page has painted what it shows now; False where it does not."""
    try:
        return await tab.run("painted", {}, bool, wait=True, within=within)
    except NoAnswerError:
        return False


@asynccontextmanager
async def _shown(tab: Tab) -> AsyncGenerator[None]:
    """Let a hidden page take itself for a visible one for as long as the block runs."""
    try:
        await tab.call(cdp.emulate_focus(on=True))
        yield
    finally:
        with suppress(ChromeError):  # whoever lost the tab hears of it elsewhere
            await tab.call(cdp.emulate_focus(on=False))


async def _picture(tab: Tab) -> bytes:
    """Return a picture that is small enough."""
    for size, quality in SIZES:
        picture = await _frame(tab, size, quality)
        if len(picture) <= LARGEST_BYTES:
            return picture
    raise PictureFailedError(f"no picture of the page fits into {LARGEST_BYTES} bytes")


async def _frame(tab: Tab, size: int, quality: int) -> bytes:
    """Return the newest frame of a short screencast."""
    frames: asyncio.Queue[cdp.ScreencastFrame] = asyncio.Queue()  # Chrome waits for each one's ack
    tab.filmed = frames.put_nowait
    try:
        await tab.call(cdp.start_screencast(size, quality))
        async with asyncio.timeout(FRAME_LIMIT_S):
            frame = await frames.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while True:
                    await tab.call(cdp.acknowledge_frame(frame.session_id))
                    frame = await frames.get()
    except TimeoutError as error:
        raise PictureFailedError("Chrome sends no picture of the page") from error
    finally:
        tab.filmed = None
        with suppress(ChromeError):  # whoever lost the tab hears of it elsewhere
            await tab.call(cdp.stop_screencast())
    return base64.b64decode(frame.data)
