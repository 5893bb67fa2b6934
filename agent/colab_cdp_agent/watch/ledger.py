"""One session's ledger: since when things are so, what was done, and the status made of it."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.duties import DutyName, Load, Past, reconnect_pause
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.verdict import PageReading, Verdict
from colab_cdp_protocols import mqtt

GB = 2**30
"""Colab's page writes GB and counts gibibytes: 12.67 GB is its machine of 13.6e9 bytes."""

News = tuple[str, mqtt.Severity, str]
"""What happened: a kind, how much it matters, and a sentence."""


class Done(msgspec.Struct):
    """How often a duty was done, and how it went the last time."""

    count: int = 0
    at: datetime | None = None
    result: str | None = None
    next_at: datetime | None = None
    next_of: tuple[float | None, float] = (None, 0.0)


class Ledger:
    """What is remembered of one session for its status.

    Attributes:
        archived: the file that the session's text was last kept in.

    """

    def __init__(self, session: str, profile: Profile, policy: Duties) -> None:
        self._session = session
        self._profile = profile
        self._policy = policy
        self._title = "untitled"
        self._phase: mqtt.Phase | None = None
        self._since = datetime.now(UTC)
        self._attention: mqtt.Attention | None = None
        self._run = mqtt.Run()
        self._runtime = mqtt.Runtime()
        self._last_line: tuple[str, datetime] | None = None
        self._build: str | None = None
        self._done: dict[DutyName, Done] = {
            "keep_alive": Done(), "reconnect": Done(), "clear": Done(),
        }  # fmt: skip
        self.archived: str | None = None

    def take(
        self, now: Verdict, page: PageReading | None, title: str | None, load: Load
    ) -> Iterator[News]:
        """Take note of a verdict, and yield what is news in it."""
        moment = datetime.now(UTC)
        self._title = title or self._title
        if load.last_line and (self._last_line is None or load.last_line != self._last_line[0]):
            self._last_line = (load.last_line, moment)
        if page is not None:
            self._read(page, now)
        yield from self._take_phase(now, page, moment)
        yield from self._take_attention(now, moment)

    def did(self, duty: DutyName, outcome: Outcome) -> None:
        """Take note of how a duty went."""
        done = self._done[duty]
        done.count += outcome.done
        done.at, done.result = datetime.now(UTC), outcome.result

    def state(self, now: Verdict, load: Load, past: Past) -> mqtt.State:
        """Return the status of the session, as it is told."""
        moment = datetime.now(UTC)
        run = self._run
        if run.started is not None:
            run = msgspec.structs.replace(run, elapsed_s=(moment - run.started).total_seconds())
        return mqtt.State(
            id=self._session,
            title=self._title,
            site=self._profile.site,
            phase=now.phase,
            since=self._since,
            attention=self._attention,
            connection=now.connection,
            kernel=now.kernel,
            runtime=self._runtime,
            run=run,
            progress=mqtt.Progress(),
            output=self._output(load),
            duties=self._duties(past, moment),
            witnesses=mqtt.Witnesses(
                wire=now.wire_says,
                page=now.page_says,
                agree=now.agree,
                profile=self._profile.site,
                detector=now.detector,
                build=self._build,
            ),
            updated=moment,
        )

    def _take_phase(
        self, now: Verdict, page: PageReading | None, moment: datetime
    ) -> Iterator[News]:
        before, self._phase = self._phase, now.phase
        if before == now.phase:
            return
        self._since = moment
        if before is not None:
            yield "phase", "info", f"{before} → {now.phase}"
        if now.phase == "running":
            # A run that was met on the way has begun before; nobody saw when.
            cell = page.cell if page is not None else None
            self._run = mqtt.Run(cell, moment if before in {"idle", "queued"} else None)
        elif now.phase in {"idle", "queued", "ended"}:
            self._run = mqtt.Run()
        if before == "running" and now.phase == "idle" and not now.finding:
            yield "run_finished", "info", "The run finished."

    def _take_attention(self, now: Verdict, moment: datetime) -> Iterator[News]:
        before = self._attention
        finding = now.finding
        if finding is None:
            self._attention = None
        elif before is None or before.kind != finding.kind:
            self._attention = mqtt.Attention(finding.kind, moment, finding.text)
            yield finding.kind, "alert", finding.text
        else:
            self._attention = mqtt.Attention(before.kind, before.since, finding.text)
        if before is not None and (finding is None or finding.kind != before.kind):
            yield before.kind, "info", f"Over: {before.text}"

    def _read(self, page: PageReading, now: Verdict) -> None:
        self._build = (*page.values.get("build", ()), self._build)[0]
        if now.connection != "connected":
            self._runtime = mqtt.Runtime()
            return
        sizes = [_bytes(text) for text in page.values.get("resources", ())]
        ram_used, ram_total, disk_used, disk_total = (*sizes, None, None, None, None)[:4]
        accelerator = next(filter(None, page.values.get("accelerator", ())), None)
        self._runtime = mqtt.Runtime(
            accelerator=accelerator,
            ram_used=ram_used,
            ram_total=ram_total,
            disk_used=disk_used,
            disk_total=disk_total,
        )

    def _output(self, load: Load) -> mqtt.Output:
        line, at = self._last_line or (None, None)
        return mqtt.Output(last_line=line, last_at=at, page_lines=load.lines, archive=self.archived)

    def _duties(self, past: Past, moment: datetime) -> mqtt.Duties:
        policy = self._policy
        last = past.reconnect_at
        return mqtt.Duties(
            keep_alive=self._duty(
                "keep_alive", moment, past.keep_alive_at, policy.keep_alive.every,
                on=policy.keep_alive.on,
            ),
            reconnect=self._duty(
                "reconnect", moment, last, reconnect_pause(past.reconnect_tries),
                on=policy.reconnect.on,
            ),
            clear=self._duty(
                "clear", moment, past.clear_at, policy.clear.every, on=policy.clear.on
            ),
        )  # fmt: skip

    def _duty(
        self, name: DutyName, moment: datetime, last: float | None, every: float, *, on: bool
    ) -> mqtt.DutyState:
        done = self._done[name]
        key = (last, every) if on else (None, every)
        if done.next_of != key:
            # Made once for each round: the two clocks drift, and a status that changes is sent.
            wait = None if key[0] is None else max(0.0, key[0] + every - time.monotonic())
            done.next_at = None if wait is None else moment + timedelta(seconds=wait)
            done.next_of = key
        return mqtt.DutyState(on, done.count, done.at, done.result, done.next_at)


def _bytes(text: str) -> int | None:
    """Return a number of gigabytes as the page writes it, in bytes."""
    number = re.sub(r"[^\d.,]", "", text).replace(",", ".")
    try:
        return round(float(number) * GB)
    except ValueError:
        return None
