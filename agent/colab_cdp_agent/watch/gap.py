"""A gap: what was printed while nobody listened, read from the page if that still shows it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog

from colab_cdp_agent.chrome.browser import ChromeError, NavigatedError
from colab_cdp_agent.keep.archive import Archive, ArchiveFailedError
from colab_cdp_agent.keep.archived_tail import ArchivedTail
from colab_cdp_agent.keep.catch_up import Piece, lags
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import Printed, read_printed
from colab_cdp_agent.watch.run import RunRecord

LIMIT_S = 12.0
DRAW_LIMIT_S, DRAW_PAUSE_S = 8.0, 0.1

log = structlog.get_logger()


class Gap:
    """Fills what a notebook's record lacks, and lets go of what was held back for it.

    Args:
        session: the notebook's.
        archive: where its text is kept.
        record: what is known of its runs.
        hear: takes what was heard already and waits for its moment: the page may show it.
        resting: enters a block in which nobody else archives and clears what the page shows.

    """

    def __init__(
        self,
        session: str,
        archive: Archive,
        record: RunRecord,
        hear: Callable[[], None],
        resting: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._session = session
        self._archive = archive
        self._record = record
        self._hear = hear
        self._resting = resting
        self._filling: asyncio.Task[None] | None = None

    def begin(self, page: PageWitness, tasks: asyncio.TaskGroup) -> None:
        """Begin to read the page, unless that is being done."""
        if self._filling is None or self._filling.done():
            self._filling = tasks.create_task(self._fill(page), name="fill a gap")

    def end(self) -> None:
        """Stop reading: the tab is gone."""
        if self._filling is not None:
            self._filling.cancel()

    async def _fill(self, page: PageWitness) -> None:
        async with self._resting():
            await self._join(page)

    async def _join(self, page: PageWitness) -> None:
        archive, intake = self._archive, self._record.intake
        since = None
        try:
            async with asyncio.timeout(LIMIT_S):
                since = await asyncio.to_thread(archive.last_kept, self._session)
                tail = await ArchivedTail.read(archive, self._session)
                printed = await self._read(page)
        except (ArchiveFailedError, ChromeError, TimeoutError) as error:
            title = self._record.log.title or "untitled"
            log.warning("a gap could not be filled", title=title, reason=str(error))
            printed = None
        if printed is None or not printed.readable:
            intake.caught_up(since, None)
            return
        held = self._held()
        joined = await tail.joined(printed.text, held)
        intake.caught_up(since, joined, held, printed.text)

    async def _read(self, page: PageWitness) -> Printed | None:
        """Read the page's text; a page that loads or draws late is given a moment for it."""
        late = time.monotonic() + DRAW_LIMIT_S
        while True:
            await page.until(lambda _reading: True, LIMIT_S)
            loading = time.monotonic() < page.loaded_at + DRAW_LIMIT_S
            try:
                printed = await read_printed(page, last=True)
            except NavigatedError:
                printed, loading = None, True
            waits = loading if printed is None else lags(printed.text, self._held())
            if not waits or time.monotonic() > late:
                return printed
            await asyncio.sleep(DRAW_PAUSE_S)

    def _held(self) -> tuple[Piece, ...]:
        """Return what is held back by now."""
        self._hear()
        return self._record.intake.held
