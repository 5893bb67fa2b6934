"""One watched notebook: the witnesses in, the verdict, the duties out."""

import asyncio
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import structlog

from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.keep.archive import Archive, ArchiveFailedError
from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch import acts, duties
from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.ledger import Ledger
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import Kept, measure
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.verdict import Seen, TabState, Verdict, verdict
from colab_cdp_protocols.mqtt import Happening, Severity, State

TICK_S = 1.0
MEASURE_EVERY_S = 10.0

log = structlog.get_logger()


class Listener(msgspec.Struct, frozen=True):
    """Who is told: a session's whole state when it changed, and what happened in it."""

    state: Callable[[State], None]
    happening: Callable[[str, Happening], None]


class Session:
    """The watch over one notebook, which outlives its tab: reloads, restarts, a lost Chrome.

    Args:
        session: its stable id.
        profile: the site's.
        policy: which duties are done.
        archive: where printed text is kept.
        listener: who is told.
        observe: say what would be done, and do nothing.

    """

    def __init__(  # noqa: PLR0913 - each is a part of its own, used here only
        self,
        session: str,
        profile: Profile,
        *,
        policy: Duties,
        archive: Archive,
        listener: Listener,
        observe: bool,
    ) -> None:
        self.id = session
        self.tab: Tab | None = None
        self._profile = profile
        self._policy = policy
        self._archive = archive
        self._listener = listener
        self._observe = observe
        self._past = duties.Past()
        self._ledger = Ledger(session, profile, policy)
        self._had_runtime = False
        self._run_interrupted = False
        self._running = False
        self._failures_before = sys.maxsize  # no run was seen yet: no failure is of one
        self._load = duties.Load()
        self._kept = Kept()
        self._measured_at = -MEASURE_EVERY_S
        self._acting: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._told: State | None = None

    async def watch(self, tab: Tab) -> None:
        """Watch the notebook in a tab until the tab is gone.

        Raises:
            BrowserLostError: the whole browser is gone.

        """
        self.tab = tab
        page = PageWitness(tab, self._profile, self._news.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                witness = tasks.create_task(page.run(), name=f"page {self.id}")
                judge = tasks.create_task(self._judge(page, tasks), name=f"judge {self.id}")
                await tab.gone
                witness.cancel()
                judge.cancel()
                if self._acting is not None:
                    self._acting.cancel()
        finally:
            self.tab = None

    def lose(self, reason: TabState) -> None:
        """Take note that the notebook has no tab any more, or no Chrome."""
        self._conclude(Seen(reason, had_runtime=self._had_runtime))

    async def _judge(self, page: PageWitness, tasks: asyncio.TaskGroup) -> None:
        """Come to a verdict at each news, and at each second in which time alone may change it."""
        while True:
            self._news.clear()
            now = self._conclude(self._seen(page))
            if now.phase == "running" and page.state == "attached":
                await self._measure(page)
            self._begin_duties(page, now, tasks)
            try:
                async with asyncio.timeout(TICK_S):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _seen(self, page: PageWitness) -> Seen:
        return Seen(
            page.state,
            page.reading,
            loaded_s=time.monotonic() - page.loaded_at,
            had_runtime=self._had_runtime,
            run_interrupted=self._run_interrupted and not duties.gave_up(self._policy, self._past),
            run_failed=page.reading is not None and page.reading.failures > self._failures_before,
        )

    def _conclude(self, seen: Seen) -> Verdict:
        """Come to the verdict, remember what later ones rest on, and tell what is new."""
        now = verdict(seen, self._profile)
        self._remember(now, seen)
        for kind, severity, text in self._ledger.take(
            now, seen.page, self._title(seen), self._load
        ):
            self._say(kind, severity, text)
        self._tell(now)
        return now

    def _title(self, seen: Seen) -> str | None:
        """Return the notebook's title: the page's own word, Chrome tells no change of it."""
        shown = seen.page.title if seen.page is not None else ""
        shown = shown or (self.tab.title if self.tab is not None else "")
        return self._profile.title(shown) if shown else None

    def _remember(self, now: Verdict, seen: Seen) -> None:
        clock = time.monotonic()
        running = now.phase == "running"
        if now.connection == "connected":
            self._had_runtime = True
            self._past.reconnect_tries, self._past.reconnect_at = 0, None
            self._run_interrupted = running
        elif seen.page is not None and "running" in seen.page.states:
            self._had_runtime = self._run_interrupted = True
        if running and seen.page is not None:
            lowest = self._failures_before if self._running else sys.maxsize
            self._failures_before = min(lowest, seen.page.failures)
        self._running = running
        if seen.page is not None and not running and now.connection == "connected":
            self._past.clear_at = None
            self._load = duties.Load()
        elif running and self._past.clear_at is None:
            self._past.clear_at = clock
        if not duties.keep_alive_wanted(self._situation(now), self._policy):
            if now.connection in {"connected", "no_runtime"}:
                self._past.keep_alive_at = None
        elif self._past.keep_alive_at is None:
            self._past.keep_alive_at = clock

    def _situation(self, now: Verdict) -> duties.Situation:
        return duties.Situation(
            now, self._load, run_interrupted=self._run_interrupted, had_runtime=self._had_runtime
        )

    async def _measure(self, page: PageWitness) -> None:
        """Measure the running cell's output now and then: reading much of it is not free."""
        clock = time.monotonic()
        if clock - self._measured_at < MEASURE_EVERY_S:
            return
        self._measured_at = clock
        try:
            found = await measure(page)
        except ChromeError as error:
            log.debug("the output was not measured", session=self.id, reason=str(error))
            return
        readable = found is not None and (found.length > 0 or not found.frames)
        self._load = (
            duties.Load(found.lines, found.length, found.last_line)
            if found is not None and readable
            else duties.Load()
        )

    def _begin_duties(self, page: PageWitness, now: Verdict, tasks: asyncio.TaskGroup) -> None:
        if page.state != "attached" or (self._acting is not None and not self._acting.done()):
            return
        due = duties.decide(self._situation(now), self._policy, self._past, time.monotonic())
        if due:
            self._acting = tasks.create_task(self._carry_out(due, page), name=f"act {self.id}")

    async def _carry_out(self, due: tuple[duties.DutyName, ...], page: PageWitness) -> None:
        for duty in due:
            duties.begun(duty, self._past, time.monotonic())
            if self._observe:
                outcome = Outcome(done=False, result="observing: would have done it")
            else:
                try:
                    outcome = await self._do(duty, page)
                except ChromeError as error:
                    outcome = Outcome(done=False, result=f"the tab did not follow: {error}")
                except ArchiveFailedError as error:
                    outcome = Outcome(done=False, result=f"not cleared: {error}")
            self._ledger.did(duty, outcome)
            level: Severity = "info" if outcome.done or self._observe else "warning"
            self._say(duty, level, outcome.result)
        self._news.set()

    async def _do(self, duty: duties.DutyName, page: PageWitness) -> Outcome:
        if duty == "keep_alive":
            return await acts.keep_alive(page, self._policy.keep_alive)
        if duty == "reconnect":
            return await acts.reconnect(page)
        title = self._profile.title(page.tab.title)

        async def save(text: str) -> None:
            await self._archive.append(self.id, title, text)
            self._ledger.archived = str(self._archive.path(self.id))

        outcome = await acts.clear(page, self._kept, save)
        self._measured_at = -MEASURE_EVERY_S
        return outcome

    def _say(self, kind: str, severity: Severity, text: str) -> None:
        happening = Happening(uuid.uuid4().hex, datetime.now(UTC), kind, severity, text)
        self._listener.happening(self.id, happening)

    def _tell(self, now: Verdict) -> None:
        """Tell the state when more than its clock has changed."""
        state = self._ledger.state(now, self._load, self._past)
        if self._told is not None:
            same = msgspec.structs.replace(state, updated=self._told.updated, run=self._told.run)
            if same == self._told and state.run.cell == self._told.run.cell:
                return
        self._told = state
        self._listener.state(state)
