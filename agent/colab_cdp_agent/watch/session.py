"""One watched notebook: the witnesses in, the verdict, the duties out."""

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import structlog

from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.attention import Attention, News
from colab_cdp_agent.watch.duties import DutyName, gave_up
from colab_cdp_agent.watch.facts import Fact
from colab_cdp_agent.watch.history import History, Span
from colab_cdp_agent.watch.ledger import Ledger, Told
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import read_printed
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.rounds import Rounds
from colab_cdp_agent.watch.run import RunRecord
from colab_cdp_agent.watch.seen import Seen, TabState
from colab_cdp_agent.watch.verdict import Verdict, activity, verdict
from colab_cdp_agent.watch.wire import WireWitness
from colab_cdp_protocols import mqtt

TICK_S = 0.5
CATCH_UP_LIMIT_S = 5.0
ARCHIVED_TAIL_BYTES = 256_000

log = structlog.get_logger()


class Listener(msgspec.Struct, frozen=True):
    """Who is told: a session's whole state when it changed, and what happened in it."""

    state: Callable[[mqtt.State], None]
    happening: Callable[[str, mqtt.Happening], None]


class Books(msgspec.Struct, frozen=True):
    """Where a session is kept: its text and its history."""

    archive: Archive
    journal: Journal


class Session:
    """The watch over one notebook, which outlives its tab: reloads, restarts, a lost Chrome.

    Args:
        session: its stable id.
        profile: the site's.
        policy: which duties are done.
        books: where it is kept.
        listener: who is told.
        patterns: the person's own regular expressions for progress.
        raised: what an earlier run of the agent raised and saw no end of: its kind, since when.
        observe: say what would be done, and do nothing.

    """

    def __init__(  # noqa: PLR0913 - each is a part of its own, used here only
        self,
        session: str,
        profile: Profile,
        *,
        policy: Duties,
        books: Books,
        listener: Listener,
        patterns: tuple[str, ...] = (),
        raised: tuple[str, datetime] | None = None,
        observe: bool,
    ) -> None:
        self.id = session
        self.tab: Tab | None = None
        self._profile = profile
        self._policy = policy
        self._books = books
        self._listener = listener
        self._observe = observe
        self._history = History(policy)
        self._ledger = Ledger(session, profile, policy)
        self._record = RunRecord(books.archive.log(session), patterns)
        self._attention = Attention(session, books.journal)
        if raised is not None:
            self._attention.resume(*raised)
            self._record.resume(raised[0])
        self._rounds = Rounds(
            session, policy, books.archive, self._history, self._did, observe=observe
        )
        self._wire: WireWitness | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._told: mqtt.State | None = None
        self._run_kept: str | None = None

    async def watch(self, tab: Tab) -> None:
        """Watch the notebook in a tab until the tab is gone.

        Raises:
            BrowserLostError: the whole browser is gone.

        """
        self.tab = tab
        page = PageWitness(tab, self._profile, self._news.set)
        wire = self._wire = WireWitness(self._hear, self._record.log.mark, self._news.set)
        tab.listener = wire
        try:
            async with asyncio.TaskGroup() as tasks:
                witness = tasks.create_task(page.run(), name=f"page {self.id}")
                judge = tasks.create_task(self._judge(page, tasks), name=f"judge {self.id}")
                await tab.gone
                witness.cancel()
                judge.cancel()
                self._rounds.end()
                if self._catching_up is not None:
                    self._catching_up.cancel()
        finally:
            wire.leave()
            self._record.release()
            self.tab = self._wire = None

    def lose(self, reason: TabState) -> None:
        """Take note that the notebook has no tab any more, or no Chrome."""
        if reason == "gone" and self._history.run is not None:
            self._record.found("tab_gone")
        self._conclude(self._seen_nothing(reason))

    def _hear(self, fact: Fact) -> None:
        if self._record.hear(fact):
            self._news.set()

    async def _judge(self, page: PageWitness, tasks: asyncio.TaskGroup) -> None:
        """Come to a verdict at each news, and at each moment in which time alone may change it."""
        while True:
            self._news.clear()
            now = self._conclude(self._seen(page))
            if self._record.holding and _is_over(self._catching_up):
                self._catching_up = tasks.create_task(self._catch_up(page), name="catch up")
            heard = self._wire is not None and self._wire.heard and not self._record.holding
            self._rounds.begin(page, now, tasks, heard=heard)
            try:
                async with asyncio.timeout(TICK_S):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _seen(self, page: PageWitness) -> Seen:
        clock, history = time.monotonic(), self._history
        history.shows(activity(page.reading, self._profile))
        tries_end = gave_up(self._policy, history.past)
        return Seen(
            page.state,
            page.reading,
            self._wire.reading() if self._wire is not None else None,
            loaded_s=clock - page.loaded_at,
            page_since_s=clock - history.page_since,
            had_runtime=history.had_runtime,
            run_interrupted=history.run_interrupted and not tries_end,
            run_failed=history.shows_failure(page.reading),
            standing=self._record.finding(clock, page.reading, runs=history.run is not None),
        )

    def _seen_nothing(self, reason: TabState) -> Seen:
        return Seen(reason, had_runtime=self._history.had_runtime, standing=self._record.standing)

    def _conclude(self, seen: Seen) -> Verdict:
        """Come to the verdict, remember what later ones rest on, and tell what is new."""
        now = verdict(seen, self._profile)
        self._name(seen)
        ended = self._history.remember(now, seen)
        self._keep_run(now, ended)
        for news in self._ledger.take(now, seen.page):
            self._say(news)
        if _is_sure(now, seen):
            for news in self._attention.take(now.finding, datetime.now(UTC), None):
                self._say(news)
        self._tell(now)
        return now

    def _name(self, seen: Seen) -> None:
        """Take the notebook's title: the page's own word, Chrome tells no change of it."""
        shown = seen.page.title if seen.page is not None else ""
        shown = shown or (self.tab.title if self.tab is not None else "")
        if shown:
            title = self._profile.title(shown)
            if title != self._ledger.title:
                self._ledger.title = self._record.log.title = title
                self._books.journal.session(self.id, title, self._profile.site)

    async def _catch_up(self, page: PageWitness) -> None:
        """Read what the page still shows of what was printed while nobody listened."""
        shown = None
        try:
            async with asyncio.timeout(CATCH_UP_LIMIT_S):
                await page.until(lambda _reading: True, CATCH_UP_LIMIT_S)
                printed = await read_printed(page)
                shown = printed.text if printed is not None and printed.readable else None
        except (ChromeError, TimeoutError) as error:
            log.debug("the page's text was not read", session=self.id, reason=str(error))
        archive = self._books.archive
        tail = await asyncio.to_thread(archive.tail, self.id, ARCHIVED_TAIL_BYTES)
        since = await asyncio.to_thread(archive.last_kept, self.id)
        self._record.caught_up(shown, tail, since)

    def _keep_run(self, now: Verdict, ended: Span | None) -> None:
        """Keep the runs' begins and ends, and what became of them."""
        journal, run = self._books.journal, self._history.run
        if run is not None and run.id != self._run_kept:
            self._run_kept = run.id
            journal.run_began(self.id, run.id, run.met, run.cell)
        if run is not None:
            for name, value, step in self._record.new_metrics(time.monotonic()):
                journal.metric(self.id, run.id, datetime.now(UTC), name, value, step)
        if ended is None:
            return
        moment = datetime.now(UTC)
        outcome = self._record.outcome(now)
        progress = self._record.progress.progress(time.monotonic(), moment)
        lines = self._record.rest()
        cause = "finished" if outcome == "finished" else "unknown"
        journal.run_ended(self.id, ended.id, moment, outcome, cause, None, progress, lines)
        if outcome == "finished":
            self._say(News("run_finished", "info", "The run finished."))

    def _did(self, duty: DutyName, outcome: Outcome) -> None:
        self._ledger.did(duty, outcome)
        level: mqtt.Severity = "info" if outcome.done or self._observe else "warning"
        self._say(News(duty, level, outcome.result))
        self._news.set()

    def _say(self, news: News) -> None:
        happening = mqtt.Happening(
            uuid.uuid4().hex, datetime.now(UTC), news.kind, news.severity, news.text,
            news.cause, news.evidence,
        )  # fmt: skip
        self._books.journal.event(self.id, happening)
        self._listener.happening(self.id, happening)

    def _tell(self, now: Verdict) -> None:
        """Tell the state when more than its clock has changed."""
        state = self._ledger.state(now, self._told_beside(), self._history.past)
        before, self._told = self._told, state
        if before is not None:
            if before.phase != state.phase:
                self._books.journal.phase(
                    self.id, state.since, state.phase, state.connection, state.kernel
                )
            if _same(before, state):
                self._told = before
                return
        self._listener.state(state)

    def _told_beside(self) -> Told:
        history, record = self._history, self._record
        run = history.run
        heard = self._wire is not None and self._wire.heard
        return Told(
            attention=self._attention.now,
            run=mqtt.Run() if run is None else mqtt.Run(record.cell(run.cell), run.started),
            progress=record.told_progress(runs=run is not None),
            output=record.output(history.load, self._books.archive.path(self.id), heard=heard),
            runtime=self._wire.runtime if self._wire is not None else None,
            same=record.same_runtime,
            runtime_started=history.runtime_started,
        )


def _is_over(task: asyncio.Task[None] | None) -> bool:
    return task is None or task.done()


def _is_sure(now: Verdict, seen: Seen) -> bool:
    """Return whether a verdict says that what was raised before is over: it saw the page."""
    if seen.tab == "sleeping":
        return False
    return seen.tab != "attached" or now.finding is not None or now.detector is not None


def _same(before: mqtt.State, after: mqtt.State) -> bool:
    """Return whether nothing but the clock's own has changed."""
    same = msgspec.structs.replace(after, updated=before.updated, run=before.run)
    return same == before and after.run.cell == before.run.cell
