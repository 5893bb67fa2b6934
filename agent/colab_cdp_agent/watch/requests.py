"""What a person asks of one notebook, carried out and verified before it is called done.

Whatever touches the page is done one at a time, and never beside a duty. It ends with its effect
seen by the witnesses, with a deadline, or when the tab is lost.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from colab_cdp_agent.answer import Answer, done, failed, refused
from colab_cdp_agent.chrome import screenshot
from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.watch import looking_back, user_script
from colab_cdp_agent.watch.acts import EFFECT_LIMIT_S, Outcome, until_effect
from colab_cdp_agent.watch.finding import STOPS_DUTIES, Finding
from colab_cdp_agent.watch.house import House
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.profile import Method
from colab_cdp_agent.watch.rounds import Rounds
from colab_cdp_agent.watch.run import RunRecord
from colab_cdp_agent.watch.verdict import Verdict
from colab_cdp_agent.watch.wanted import Wanted
from colab_cdp_protocols import verbs

CATCH_UP_LIMIT_S = 10.0
INTERRUPT_LIMIT_S = 10.0
RUN_LIMIT_S = 10.0
OBSERVING = "the agent was started with --observe: it acts on no tab"
ABSENT = {
    "sleeping": "the tab cannot be asked: it sleeps, hangs or shows an alert",
    "gone": "the notebook is open in no tab",
}


class Requests:
    """Carries out the verbs of one session.

    Args:
        session: whose.
        wanted: which duties are done; changed by what is asked.
        house: where it is kept what was printed and what happened.
        record: what is known of the run.
        rounds: does the duties, and lets the page alone while something else is done.
        observe: act on no tab.

    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        session: str,
        *,
        wanted: Wanted,
        house: House,
        record: RunRecord,
        rounds: Rounds,
        observe: bool,
    ) -> None:
        self._session = session
        self._wanted = wanted
        self._house = house
        self._record = record
        self._rounds = rounds
        self._observe = observe
        self._page: PageWitness | None = None
        self._now: Verdict | None = None
        self._turn = asyncio.Event()
        self._doing: str | None = None
        self._in_page: dict[str, Callable[[PageWitness, Any], Coroutine[Any, Any, Answer]]] = {
            "reconnect": self._reconnect,
            "clear": self._clear,
            "interrupt": self._interrupt,
            "run_all": self._run_all,
            "script": self._run_script,
        }

    def begin(self, page: PageWitness) -> None:
        """Take note that the notebook has a tab."""
        self._page = page

    def end(self) -> None:
        """Take note that the tab is gone."""
        self._page = None

    def conclude(self, now: Verdict) -> None:
        """Take note of a verdict: it may be what an effect is known by."""
        self._now = now
        self._turn.set()

    async def carry_out(self, verb: str, args: Any) -> Answer:
        """Carry out a verb with its arguments."""
        match args:
            case verbs.LastLines(lines):
                return await looking_back.last_lines(self._house, self._session, lines)
            case verbs.Since(since):
                return await looking_back.history(self._house, self._session, since)
        if verb == "screenshot":
            return await self._alone(verb, self._take_picture)
        if verb in self._in_page:
            return await self._act(verb, args)
        answer = self._want(verb, args)
        await self._house.wishes.keep(self._session, self._wanted.asked)
        return answer

    def _want(self, verb: str, args: Any) -> Answer:
        """Change what is wanted of the agent in this notebook."""
        match args:
            case verbs.KeepAlive(on):
                self._wanted.set_keep_alive(on=on)
                return done(f"keep-alive is {'on' if on else 'off'}")
            case verbs.ClearEvery(minutes):
                self._wanted.set_clear_every(minutes)
                return done(f"clears every {minutes} minutes" if minutes else "clears no more")
        self._wanted.rest(on=verb == "pause")
        return done("the duties rest" if self._wanted.paused else "the duties are done again")

    async def _act(self, verb: str, args: Any) -> Answer:
        """Do what touches the page, if nothing forbids it."""
        if self._observe:
            return refused(OBSERVING)
        if (finding := self._stopped) is not None:
            return refused(f"{finding.kind}: {finding.text}")
        return await self._alone(verb, lambda page: self._in_page[verb](page, args))

    @property
    def _stopped(self) -> Finding | None:
        """What makes the page the person's at this moment."""
        finding = self._now.finding if self._now is not None else None
        return finding if finding is not None and finding.kind in STOPS_DUTIES else None

    async def _alone(
        self, verb: str, work: Callable[[PageWitness], Coroutine[Any, Any, Answer]]
    ) -> Answer:
        """Do something in the page unless something else is being done there."""
        if self._doing is not None:
            return refused(f"busy: {self._doing} is being carried out")
        self._doing = verb
        try:
            return await self._with_page(work)
        finally:
            self._doing = None

    async def _with_page(
        self, work: Callable[[PageWitness], Coroutine[Any, Any, Answer]]
    ) -> Answer:
        """Do something in the page, for as long as the page can be asked."""
        page = self._page
        if page is None or page.state != "attached":
            return failed(self._absent())
        doing = asyncio.ensure_future(work(page))
        lost = asyncio.ensure_future(self._until(lambda now: now.phase in ABSENT))
        try:
            ends: set[asyncio.Future[Any]] = {doing, lost, page.tab.gone}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                return failed(f"{self._absent()}; it was lost meanwhile")
            return doing.result()
        except ChromeError as error:
            return failed(f"the tab did not follow: {error}")
        finally:
            doing.cancel()
            lost.cancel()
            await asyncio.gather(doing, lost, return_exceptions=True)

    def _absent(self) -> str:
        """Say why the notebook's page cannot be asked."""
        now = self._now
        if now is not None and now.finding is not None and now.phase in ABSENT:
            return now.finding.text
        return ABSENT.get(now.phase if now is not None else "gone", ABSENT["gone"])

    async def _until(self, holds: Callable[[Verdict], bool], within: float | None = None) -> bool:
        """Wait until a verdict satisfies a condition; False when that many seconds passed."""
        try:
            async with asyncio.timeout(within):
                while self._now is None or not holds(self._now):
                    self._turn.clear()
                    await self._turn.wait()
        except TimeoutError:
            return False
        return True

    async def _reconnect(self, page: PageWitness, _args: Any) -> Answer:
        if self._is_connected():
            return done("it is connected already")
        outcome = await self._rounds.do("reconnect", page)
        if outcome.done and not await self._until(lambda _: self._is_connected(), EFFECT_LIMIT_S):
            return failed("clicked connect, and the witnesses do not agree that it is connected")
        return _of(outcome)

    def _is_connected(self) -> bool:
        return self._now is not None and self._now.connection == "connected"

    async def _clear(self, page: PageWitness, _args: Any) -> Answer:
        await self._until(lambda _: not self._record.intake.holding, CATCH_UP_LIMIT_S)
        return _of(await self._rounds.do("clear", page))

    async def _interrupt(self, page: PageWitness, _args: Any) -> Answer:
        if self._now is None or not self._now.running:
            return failed("nothing runs")
        return await self._by_methods(
            page, page.profile.actions.interrupt, lambda now: not now.running,
            INTERRUPT_LIMIT_S, "interrupted: nothing runs now",
        )  # fmt: skip

    async def _run_all(self, page: PageWitness, _args: Any) -> Answer:
        if self._now is not None and self._now.running:
            return failed("a cell runs already")
        if not self._is_connected():
            return failed("the page is not connected: ask for reconnect first")
        before = self._record.begun

        def runs(now: Verdict) -> bool:
            return now.running or now.phase == "queued" or self._record.begun > before

        methods = page.profile.actions.run_all
        return await self._by_methods(page, methods, runs, RUN_LIMIT_S, "the cells run")

    async def _by_methods(
        self,
        page: PageWitness,
        methods: tuple[Method, ...],
        holds: Callable[[Verdict], bool],
        within: float,
        says: str,
    ) -> Answer:
        """Carry out a profile's methods until the witnesses see the effect, or an alarm."""

        async def effect() -> bool:
            await self._until(lambda now: holds(now) or self._stopped is not None, within)
            return self._stopped is not None or (self._now is not None and holds(self._now))

        async with self._rounds.resting():
            had_effect = await until_effect(page, methods, effect)
        if had_effect is None:
            return failed(f"the profile {page.profile.site} finds no way to do that in this page")
        if (finding := self._stopped) is not None:
            return failed(f"stopped: {finding.kind}")
        return done(says) if had_effect else failed("the page did not react")

    async def _take_picture(self, page: PageWitness) -> Answer:
        try:
            picture = await screenshot.capture(page.tab)
        except screenshot.PictureFailedError as error:
            return failed(str(error))
        size = {"bytes": len(picture), "type": "image/jpeg"}
        return Answer("ok", f"a picture of {len(picture)} bytes", size, picture)

    async def _run_script(self, page: PageWitness, args: verbs.ScriptName) -> Answer:
        async with self._rounds.resting():
            return await user_script.run(page.tab, args.name)


def _of(outcome: Outcome) -> Answer:
    return done(outcome.result) if outcome.done else failed(outcome.result)
