"""The rounds of one notebook: the duties that are due, carried out one after the other."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import structlog

from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.keep.archive import Archive, ArchiveFailedError
from colab_cdp_agent.keep.archived_tail import ArchivedTail
from colab_cdp_agent.watch import acts, duties
from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.history import History
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import HeardText, Keeper, Kept, measure
from colab_cdp_agent.watch.verdict import Verdict
from colab_cdp_agent.watch.wanted import Wanted

MEASURE_EVERY_S = 10.0
DUTY_LIMIT_S = 180.0
"""A disk that hangs must not keep the other duties back."""

log = structlog.get_logger()


class Rounds:
    """Does what a verdict calls for, and measures what the page holds meanwhile.

    Args:
        session: the notebook's.
        wanted: which duties are done.
        archive: where the text is kept before it is cleared.
        heard: says whether the kernel's own text is kept as it comes.
        hear: takes at once what the kernel said and waits for its moment.
        history: what later decisions rest on.
        did: told how each duty went.
        observe: say what would be done, and do nothing.

    Attributes:
        archived: whether the page's own text was ever kept, where no kernel was heard.

    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        session: str,
        wanted: Wanted,
        archive: Archive,
        *,
        heard: Callable[[], bool],
        hear: Callable[[], None],
        history: History,
        did: Callable[[duties.DutyName, Outcome], None],
        observe: bool,
    ) -> None:
        self.archived = False
        self._turn = asyncio.Lock()
        self._session = session
        self._wanted = wanted
        self._archive = archive
        self._history = history
        self._did = did
        self._observe = observe
        self._kept = Kept(self._keep_page_text)
        self._heard = heard
        self._heard_text = HeardText(archive.log(session), hear)
        self._was_heard = True  # by an earlier run of the agent, perhaps
        self._page: PageWitness | None = None
        self._listens_since = 0.0
        self._measured_at = -MEASURE_EVERY_S
        self._acting: asyncio.Task[None] | None = None
        self._measuring: asyncio.Task[None] | None = None

    def begin(self, page: PageWitness, now: Verdict, tasks: asyncio.TaskGroup) -> None:
        """Begin what is due."""
        moment = time.monotonic()
        unheard_s = self._listen(page, moment)
        if page.state != "attached":
            return
        if now.running and _is_over(self._measuring) and self._measure_due():
            self._measuring = tasks.create_task(self._measure(page), name="measure")
        if self._turn.locked() or not _is_over(self._acting):
            return
        situation = self._history.situation(now, unheard_s)
        due = duties.decide(situation, self._wanted.duties, self._history.past, moment)
        if due:
            self._acting = tasks.create_task(self._carry_out(due, page), name="act")

    async def do(self, duty: duties.DutyName, page: PageWitness) -> Outcome:
        """Do one duty because a person asks for it, as soon as the page is free."""
        async with self._turn:
            if duty == "clear":
                duties.begun(duty, self._history.past, time.monotonic())
            outcome = await self._attempt(duty, page)
        self._did(duty, outcome)
        return outcome

    @asynccontextmanager
    async def resting(self) -> AsyncGenerator[None]:
        """Do nothing in the page for as long as the block runs, which begins when it is free."""
        async with self._turn:
            yield

    def end(self) -> None:
        """Stop what is being done: the tab is gone."""
        for task in (self._acting, self._measuring):
            if task is not None:
                task.cancel()

    def _listen(self, page: PageWitness, moment: float) -> float | None:
        """Return how long the page can be read and its kernel is not heard, None where it is."""
        heard = self._heard()
        self._was_heard |= heard
        if heard or page is not self._page or page.state != "attached":
            self._page, self._listens_since = page, moment
        return None if heard else moment - self._listens_since

    async def _carry_out(self, due: tuple[duties.DutyName, ...], page: PageWitness) -> None:
        async with self._turn:
            for duty in due:
                duties.begun(duty, self._history.past, time.monotonic())
                if self._observe:
                    outcome = Outcome(done=False, result="observing: would have done it")
                else:
                    outcome = await self._attempt(duty, page)
                self._did(duty, outcome)

    async def _attempt(self, duty: duties.DutyName, page: PageWitness) -> Outcome:
        try:
            async with asyncio.timeout(DUTY_LIMIT_S):
                return await self._do(duty, page)
        except TimeoutError:
            return Outcome(done=False, result=f"not done within {DUTY_LIMIT_S:g} s")
        except ChromeError as error:
            return Outcome(done=False, result=f"the tab did not follow: {error}")
        except ArchiveFailedError as error:
            return Outcome(done=False, result=f"not cleared: {error}")

    async def _do(self, duty: duties.DutyName, page: PageWitness) -> Outcome:
        if duty == "keep_alive":
            return await acts.keep_alive(page, self._wanted.duties.keep_alive)
        if duty == "reconnect":
            return await acts.reconnect(page)
        keeper: Keeper = self._heard_text if self._heard() else self._kept
        outcome = await acts.clear(page, keeper)
        self._measured_at = -MEASURE_EVERY_S
        return outcome

    async def _keep_page_text(self, text: str) -> None:
        if self._was_heard:
            # Some of it was heard before the kernel fell silent, and stands in the archive.
            tail = await ArchivedTail.read(self._archive, self._session)
            text = "".join(piece for _stream, piece in await tail.joined(text))
            self._was_heard = False
        if text:
            await self._archive.append(self._session, self._archive.log(self._session).title, text)
        self.archived = True

    def _measure_due(self) -> bool:
        return time.monotonic() - self._measured_at >= MEASURE_EVERY_S

    async def _measure(self, page: PageWitness) -> None:
        """Measure the running cell's output now and then: reading much of it is not free."""
        self._measured_at = time.monotonic()
        try:
            found = await measure(page)
        except ChromeError as error:
            log.debug("the output was not measured", session=self._session, reason=str(error))
            return
        readable = found is not None and (found.length > 0 or not found.frames)
        self._history.load = (
            duties.Load(found.lines, found.length, found.last_line)
            if found is not None and readable
            else duties.Load()
        )


def _is_over(task: asyncio.Task[None] | None) -> bool:
    return task is None or task.done()
