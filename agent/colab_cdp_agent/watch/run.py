"""One notebook's runs as its kernel tells them: the text to the archive, progress read out of it.

Facts come in as the wire witness hears them; nothing here waits.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from colab_cdp_agent.keep.record import Outcome
from colab_cdp_agent.keep.session_log import Log
from colab_cdp_agent.watch import facts
from colab_cdp_agent.watch.duties import Load
from colab_cdp_agent.watch.finding import Finding, find
from colab_cdp_agent.watch.intake import Intake
from colab_cdp_agent.watch.progress import Feed, ProgressReader
from colab_cdp_agent.watch.rhythm import Rhythm
from colab_cdp_agent.watch.seen import PageReading
from colab_cdp_agent.watch.verdict import Verdict
from colab_cdp_protocols import mqtt

METRICS_EVERY_S = 5.0
STANDING = frozenset({"run_failed", "kernel_died", "out_of_memory", "fresh_runtime", "tab_gone"})
"""What holds until the next run, whatever page and kernel say meanwhile."""
OUTCOMES: dict[facts.Outcome, Outcome] = {
    "finished": "finished",
    "failed": "failed",
    "aborted": "interrupted",
    "kernel_died": "kernel_died",
    "kernel_restarted": "interrupted",
    "kernel_shut_down": "interrupted",
    "lost": "lost",
}


class RunRecord:
    """What is known of a notebook's runs by the kernel's own word.

    Args:
        log: where the text is kept.
        patterns: the person's own regular expressions for progress.

    Attributes:
        standing: what was found of the last run and holds until the next.
        failure: what the last run raised.
        ended: how the last run ended, by the kernel's own word.
        died: whether the kernel died since the last run began, and what became of it.
        died_at: when it did, on the monotonic clock.
        same_runtime: whether the last new connection led to the same kernel as before.
        count: the number that the kernel gave the present execution.
        intake: what was printed, on its way to the log.
        begun: how many cells were heard to begin.

    """

    def __init__(self, log: Log, patterns: Sequence[str]) -> None:
        self.log = log
        self.intake = Intake(log)
        self.begun = 0
        self.standing: Finding | None = None
        self.failure: facts.Failure | None = None
        self.count: int | None = None
        self.same_runtime: bool | None = None
        self.ended: facts.Outcome | None = None
        self.died: Literal["dead", "restarting"] | None = None
        self.died_at: float | None = None
        self.last_at: datetime | None = None
        self.progress = ProgressReader(patterns)
        self.rhythm = Rhythm()
        self._feed = Feed(self.progress)
        self._resting = True
        self._failure_shown = False
        self._diverged = False
        self._lines_before = 0
        self._lines_told = 0
        self._shown_line: str | None = None
        self._shown_last = False
        self._metrics: dict[str, tuple[float, float]] = {}
        self._metrics_at = 0.0

    def resume(
        self, raised: Iterable[mqtt.Attention], unheard_since: datetime | None = None
    ) -> None:
        """Go on with what an earlier run of the agent found of the last run.

        `unheard_since` is when that was last heard; None where it had ended.
        """
        if unheard_since is not None:
            self.intake.resume(unheard_since)
        resumed = STANDING | {"input_request"}  # a kernel that waits says nothing more
        for each in raised:
            if each.kind in resumed:
                self.standing = Finding(each.kind, each.text)

    def found(self, kind: str) -> None:
        """Take note of something that holds until the next run."""
        self.standing = find(kind)

    def hear(self, fact: facts.Fact) -> bool:
        """Take a fact; return whether it is news to the verdict."""
        self._waits_no_more()
        match fact:
            case facts.Printed(stream, text):
                self._print(stream, text)
                return False
            case facts.OutputCleared(wait):
                self.log.clear_output(wait)
                return False
            case facts.RunBegan(_, seen):
                self.begun += 1
                self.standing, self.failure, self.count = None, None, None
                self.ended, self.died, self.died_at = None, None, None
                self.intake.began(seen=seen)
                self._begin()
            case facts.RunCounted(_, count):
                self.count = count
            case facts.RunEnded(_, outcome, failure):
                self._end(outcome, failure)
            case facts.Deafened():
                self.intake.deafened()
            case _:
                self._hear_of_kernel(fact)
        return True

    def _hear_of_kernel(self, fact: facts.Fact) -> None:
        match fact:
            case facts.KernelDied(restarts):
                self.died = "restarting" if restarts else "dead"
                self.died_at = time.monotonic()
                self.standing = find("kernel_died")
                self.log.mark("the kernel died" + (" and was restarted" if restarts else ""))
            case facts.KernelRestarted():
                self.standing = None
                self.log.mark("the kernel was restarted")
            case facts.KernelShutDown():
                self.standing = None
                self.log.mark("the kernel was shut down")
            case facts.RuntimeMet(same):
                self.same_runtime = same
                if not same:
                    self.standing = find("fresh_runtime")
                    self.log.mark("a fresh runtime: what the old one knew is lost")

    def finding(self, clock: float, page: PageReading | None, *, runs: bool) -> Finding | None:
        """Return what is found of the run beyond what page and kernel say at this moment."""
        shown = {alarm.kind for alarm in page.alarms} if page is not None else set()
        self._look_for_failure(page)
        if "out_of_memory" in shown and self._stands("kernel_died"):
            self.standing = find("out_of_memory")  # the page knows why
        silent_s = self.rhythm.stalled(clock) if runs else None
        if self.standing is None and silent_s is not None:
            minutes = int(silent_s // 60)
            text = f"Nothing was printed for {minutes} minutes, far longer than this run's pauses."
            return Finding("stalled", text)
        return self.standing

    def _stands(self, kind: str) -> bool:
        return self.standing is not None and self.standing.kind == kind

    def _look_for_failure(self, page: PageReading | None) -> None:
        """Take a failed cell that was cleared by a person for one that they have seen."""
        if page is None or self.standing is None or self.standing.kind != "run_failed":
            self._failure_shown = False
        elif page.failures > 0:
            self._failure_shown = True
        elif self._failure_shown:
            self.standing = None

    def rest(self) -> int:
        """Take note that the notebook came to rest; return how many lines the run printed."""
        self._resting = True
        self._waits_no_more()
        return self.log.lines - self._lines_before

    def outcome(self, now: Verdict, page: PageReading | None, *, unseen: bool = False) -> Outcome:
        """Return how the run ended, as far as somebody saw it; `unseen`: an earlier agent alone."""
        if self.ended == "lost" or (self.ended is None and (self.intake.missing or unseen)):
            # That the page shows nothing of it any more does not say that it came to its end.
            succeeded = page is not None and "succeeded" in page.states
            return "finished" if succeeded and self.same_runtime is not False else "lost"
        if self.ended is None:
            if now.finding is not None and now.finding.kind in {"run_failed", "kernel_died"}:
                return "failed" if now.finding.kind == "run_failed" else "kernel_died"
            return "finished" if now.phase in {"idle", "queued"} else "unknown"
        return "interrupted" if self._stopped else OUTCOMES[self.ended]

    def cell(self, shown: str | None) -> str | None:
        """Return a name of the cell that runs: as the page has it, else by the kernel's count."""
        return shown or (f"[{self.count}]" if self.count is not None else None)

    def told_progress(self, *, runs: bool) -> mqtt.Progress:
        """Return how far the run is; what the last one reached is told no longer."""
        if not runs:
            return mqtt.Progress()
        self._feed.flush()
        return self.progress.progress(time.monotonic(), datetime.now(UTC))

    def shows(self, load: Load) -> None:
        """Take note of what the page shows of the output, where the kernel is not heard."""
        if load.last_line is None or load.last_line == self._shown_line:
            return
        now = time.monotonic()
        self._shown_line, self.last_at = load.last_line, datetime.now(UTC)
        self._shown_last = True
        self.rhythm.heard(now)
        self.progress.take(load.last_line, now)

    def output(self, load: Load, archive: Path) -> mqtt.Output:
        """Return what was printed and where it is kept; without the kernel, what the page shows."""
        kept = str(archive) if archive.exists() else None
        log = self.log
        if not log.lines:
            shown, heard = self._shown_line, log.last_line
            last_line = shown or heard if self._shown_last else heard or shown
            return mqtt.Output(
                last_line=last_line, last_at=self.last_at,
                page_lines=load.lines, archive=kept, gaps=log.gaps,
            )  # fmt: skip
        return mqtt.Output(
            log.lines, log.bytes, log.last_line, self.last_at, load.lines, kept, log.gaps
        )

    def newly_diverged(self) -> bool:
        """Return whether the loss stopped being a number since the last time this was asked."""
        before, self._diverged = self._diverged, self.progress.diverged
        return self._diverged and not before

    def new_lines(self) -> tuple[list[str], int]:
        """Return the lines since the last time that memory holds, and how many before it lacks."""
        new, self._lines_told = self.log.lines - self._lines_told, self.log.lines
        lines = self.log.ended_lines(new)
        return lines, new - len(lines)

    def new_metrics(self, clock: float) -> Iterator[tuple[str, float, int | None]]:
        """Yield the metrics that changed, each at most every few seconds, and the step by then."""
        if clock - self._metrics_at < METRICS_EVERY_S:
            return
        self._metrics_at = clock
        for name, series in self.progress.series.items():
            if series.points and series.points[-1] != self._metrics.get(name):
                self._metrics[name] = series.points[-1]
                yield name, series.points[-1][1], self.progress.step

    @property
    def _stopped(self) -> bool:
        """Whether a person stopped the last run: to Python that is an error like any other."""
        return self.failure is not None and self.failure.name == "KeyboardInterrupt"

    def _waits_no_more(self) -> None:
        if self._stands("input_request"):
            self.standing = None

    def _begin(self) -> None:
        """Begin anew after a rest; the cells of a row are one run."""
        if not self._resting:
            return
        self._resting = False
        self._feed.begin()
        self.rhythm.begin(time.monotonic())
        self._metrics.clear()
        self._lines_before = self.log.lines

    def _print(self, stream: str, text: str) -> None:
        now = time.monotonic()
        self.last_at = datetime.now(UTC)
        self._shown_last = False
        self.rhythm.heard(now)
        self._feed.take(stream, text, now)
        self.intake.write(stream, text)

    def _end(self, outcome: facts.Outcome, failure: facts.Failure | None) -> None:
        self.ended, self.failure = outcome, failure
        self.intake.ended()
        self._feed.flush()
        if failure is not None and outcome == "failed" and not self._stopped:
            self.standing = Finding("run_failed", f"The run failed: {failure}"[:300])
