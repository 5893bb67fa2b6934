"""One watched notebook: the witnesses in, the verdict, the duties out."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from colab_cdp_agent.answer import Answer
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.attention import Attention, News
from colab_cdp_agent.watch.cause import Cause
from colab_cdp_agent.watch.clock import Slept
from colab_cdp_agent.watch.diary import Diary
from colab_cdp_agent.watch.duties import DutyName
from colab_cdp_agent.watch.evidence import Evidence
from colab_cdp_agent.watch.facts import Fact
from colab_cdp_agent.watch.gap import Gap
from colab_cdp_agent.watch.history import History
from colab_cdp_agent.watch.house import House
from colab_cdp_agent.watch.ledger import Ledger, Told
from colab_cdp_agent.watch.listener import Audience, Listener
from colab_cdp_agent.watch.lookout import Lookout
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.requests import Requests
from colab_cdp_agent.watch.rounds import Rounds
from colab_cdp_agent.watch.run import RunRecord
from colab_cdp_agent.watch.seen import Seen, TabState
from colab_cdp_agent.watch.span import Span
from colab_cdp_agent.watch.verdict import Verdict, at_rest, verdict
from colab_cdp_agent.watch.wanted import Wanted
from colab_cdp_agent.watch.wire import WireWitness
from colab_cdp_protocols import mqtt


class Session:
    """The watch over one notebook, which outlives its tab: reloads, restarts, a lost Chrome.

    Args:
        session: its stable id.
        profile: the site's.
        browser: in which it is, where there are several.
        policy: which duties are done.
        house: what it shares with the other sessions.
        listener: who is told.
        patterns: the person's own regular expressions for progress.
        raised: what an earlier run of the agent raised and saw no end of.
        run: the notebook's run that it saw no end of.
        paused: let the duties rest from the beginning, unless this notebook was asked otherwise.
        observe: say what would be done, and do nothing.

    """

    def __init__(  # noqa: PLR0913 - each is a part of its own, used here only
        self,
        session: str,
        profile: Profile,
        *,
        browser: str = "",
        policy: Duties,
        house: House,
        listener: Listener,
        patterns: tuple[str, ...] = (),
        raised: Sequence[mqtt.Attention] = (),
        run: Span | None = None,
        paused: bool = False,
        observe: bool,
    ) -> None:
        self.id = session
        self.tab: Tab | None = None
        self._profile = profile
        self._browser = browser
        self._wanted = Wanted.after(policy, house.wishes.of(session), paused=paused)
        self._house = house
        self._observe = observe
        self._history = History(self._wanted, run)
        self._ledger = Ledger(session, profile, self._wanted, browser)
        self._record = RunRecord(house.archive.log(session), patterns)
        self._evidence = Evidence(session, profile, house.company)
        self._diary = Diary(session, house.journal)
        self._audience = Audience(session, self._diary, listener)
        self._attention = Attention(session, house.journal, raised)
        self._record.resume(raised, house.archive.last_kept(session) if run is not None else None)
        self._lookout = Lookout(profile, browser, self._wanted, self._history, self._record)
        self._rounds = Rounds(
            session, self._wanted, house.archive,
            heard=lambda: self._heard and self._record.intake.whole, hear=self._hear_all,
            history=self._history, did=self._did, observe=observe,
        )  # fmt: skip
        self._gap = Gap(session, house.archive, self._record, self._hear_all, self._rounds.resting)
        self._requests = Requests(
            session, wanted=self._wanted, house=house, record=self._record, rounds=self._rounds,
            observe=observe,
        )  # fmt: skip
        self._wire: WireWitness | None = None
        self._news = asyncio.Event()
        self._absent: TabState = "gone"

    async def watch(self, tab: Tab) -> None:
        """Watch the notebook in a tab until the tab is gone.

        Raises:
            BrowserLostError: the whole browser is gone.

        """
        self.tab = tab
        page = PageWitness(tab, self._profile, self._news.set)
        wire = self._wire = WireWitness(
            self._hear,
            self._record.log.mark,
            self._news.set,
            self._house.printing.at_next,
            tab.target,
        )
        tab.listener = wire
        self._requests.begin(page)
        try:
            async with asyncio.TaskGroup() as tasks:
                witness = tasks.create_task(page.run(), name=f"page {self.id}")
                judge = tasks.create_task(self._judge(page, tasks), name=f"judge {self.id}")
                await tab.gone
                self._requests.end()
                witness.cancel()
                judge.cancel()
                self._rounds.end()
                self._gap.end()
        finally:
            self._requests.end()
            wire.leave()
            self._record.intake.release()
            self.tab = self._wire = None

    async def carry_out(self, verb: str, args: Any) -> Answer:
        """Carry out what a person asks of this notebook, and verify it."""
        answer = await self._requests.carry_out(verb, args)
        self._look_again()
        return answer

    def pause(self, *, on: bool) -> None:
        """Let the duties rest, or be done again, as in every notebook."""
        self._wanted.rest_with_all(on=on)
        self._look_again()

    def lose(self, reason: TabState) -> None:
        """Take note that the notebook has no tab any more, or no Chrome."""
        if reason == "gone" and self._history.run is not None:
            self._record.found("tab_gone")
        self._absent = reason
        self._conclude(self._lookout.absent(reason))

    def slept(self, slept: Slept) -> None:
        """Take note that the computer slept, or that the agent stood still.

        What was printed meanwhile is not lost by it: Chrome slept too, or holds it back.
        """
        if slept.kind == "clock_set":
            return
        self._record.rhythm.slept(slept.counted_s)
        if self._history.run is not None:
            did = "slept" if slept.kind == "slept" else "stood still"
            text = f"This computer {did} for {slept.seconds / 60:.0f} minutes while a cell ran."
            self._record.log.mark(text)
            self._audience.happened(News("host_slept", "warning", text))

    def _look_again(self) -> None:
        """Come to a verdict anew: something else is wanted."""
        if self.tab is not None:
            self._news.set()
        else:
            self._conclude(self._lookout.absent(self._absent))

    def _hear(self, fact: Fact) -> None:
        if self._record.hear(fact):
            self._news.set()

    def _hear_all(self) -> None:
        if self._wire is not None:
            self._wire.catch_up()

    async def _judge(self, page: PageWitness, tasks: asyncio.TaskGroup) -> None:
        """Come to a verdict at each news, and at each moment in which time alone may change it."""
        while True:
            self._news.clear()
            now = self._conclude(self._lookout.seen(page, self._wire))
            if self._record.intake.holding:
                self._gap.begin(page, tasks)
            else:
                self._rounds.begin(page, now, tasks)
            self._house.looks.at_next(self._news.set)
            await self._news.wait()

    @property
    def _heard(self) -> bool:
        """Whether the kernel itself is heard."""
        return self._wire is not None and self._wire.heard

    def _conclude(self, seen: Seen) -> Verdict:
        """Come to the verdict, remember what later ones rest on, and tell what is new."""
        now = verdict(seen, self._profile)
        self._requests.conclude(now)
        self._name(seen)
        self._evidence.look(seen.page, self._ledger.runtime)
        self._house.company.take(self.id, now.connection, time.monotonic(), self._browser)
        ended = self._history.remember(now, seen)
        if not self._heard:
            self._record.shows(self._history.load)
        if self._history.run is not None:
            self._diary.run(self._history.run, self._record)
        told = at_rest(now) if self._wanted.paused else now
        for news in self._ledger.take(told, seen.page):
            self._audience.happened(news)
        if self._record.newly_diverged():
            self._audience.happened(
                News("diverged", "warning", "The loss is not a number any more.")
            )
        if ended is not None:
            self._end_run(ended, now, seen)
        if _is_sure(now, seen):
            self._attend(now, seen)
        self._tell(told)
        return now

    def _attend(self, now: Verdict, seen: Seen) -> None:
        """Raise what was found, and tell what is over."""
        finding = now.finding

        def why() -> Cause | None:
            kind = finding.kind if finding is not None else ""
            return self._evidence.why(kind, seen, self._history, self._record)

        still: set[str] = {alarm.kind for alarm in seen.page.alarms} if seen.page else set()
        if seen.standing is not None:
            still.add(seen.standing.kind)
        if now.connection in {"connecting", "disconnected"}:
            still.add("disconnected")  # a dialog may cover it
        for news in self._attention.take(finding, still, datetime.now(UTC), why):
            run = self._history.run
            since = self._history.runtime_started or (run.met if run is not None else None)
            company = self._house.company
            connected = company.connected(self._browser)
            self._diary.limit(news, self._ledger.runtime, connected, since)
            self._audience.happened(news)

    def _name(self, seen: Seen) -> None:
        """Take the notebook's title: the page's own word, Chrome tells no change of it."""
        shown = seen.page.title if seen.page is not None else ""
        shown = shown or (self.tab.title if self.tab is not None else "")
        title = self._profile.title(shown) if shown else self._ledger.title
        if title != self._ledger.title:
            self._ledger.title = self._record.log.title = title
            self._diary.title(title, self._profile.site)

    def _end_run(self, run: Span, now: Verdict, seen: Seen) -> None:
        """Tell and keep how a run ended, and why."""
        outcome = self._record.outcome(now, seen.page, unseen=run.unseen_since is not None)
        if seen.tab == "attached":
            self._record.intake.ended()  # by the page's word, where the kernel is not heard
        cause = self._evidence.cause("run", seen, self._history, self._record)
        progress = self._record.progress.progress(time.monotonic(), datetime.now(UTC))
        self._diary.run_ended(run, outcome, cause, progress, self._record.rest())
        news = run.ended(outcome, cause, datetime.now(UTC))
        if news is not None:
            self._audience.happened(news)

    def _did(self, duty: DutyName, outcome: Outcome) -> None:
        self._ledger.did(duty, outcome)
        level: mqtt.Severity = "info" if outcome.done or self._observe else "warning"
        self._audience.happened(News(duty, level, outcome.result))
        self._news.set()

    def _tell(self, now: Verdict) -> None:
        """Tell how it stands, and what was printed."""
        state = self._ledger.state(now, self._told_beside(), self._history.past)
        self._audience.printed(*self._record.new_lines())
        self._audience.stands(state)

    def _told_beside(self) -> Told:
        history, record = self._history, self._record
        run = history.run
        return Told(
            attention=self._attention.now,
            run=mqtt.Run() if run is None else mqtt.Run(record.cell(run.cell), run.started),
            progress=record.told_progress(runs=run is not None),
            output=record.output(history.load, self._house.archive.path(self.id)),
            runtime=self._wire.runtime if self._wire is not None else None,
            same=record.same_runtime,
            runtime_started=history.runtime_started,
        )


def _is_sure(now: Verdict, seen: Seen) -> bool:
    """Return whether a verdict says that what was raised before is over: it saw the page."""
    if seen.tab == "sleeping":
        return False
    return seen.tab != "attached" or now.finding is not None or now.detector is not None
