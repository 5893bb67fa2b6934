"""One session's ledger: since when things are so, what was done, and the status made of it."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from colab_cdp_agent.watch.acts import Outcome
from colab_cdp_agent.watch.attention import News
from colab_cdp_agent.watch.duties import DutyName, Past, reconnect_pause
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading
from colab_cdp_agent.watch.verdict import Verdict
from colab_cdp_agent.watch.wanted import Wanted
from colab_cdp_protocols import mqtt

GB = 2**30
"""Colab's page writes GB and counts gibibytes: 12.67 GB is its machine of 13.6e9 bytes."""


class Done(msgspec.Struct):
    """How often a duty was done, and how it went the last time."""

    count: int = 0
    at: datetime | None = None
    result: str | None = None
    next_at: datetime | None = None
    next_of: tuple[float | None, float] = (None, 0.0)


class Told(msgspec.Struct, frozen=True):
    """What else goes into a status: of the run, its output, and what it needs."""

    attention: mqtt.Attention | None = None
    run: mqtt.Run = mqtt.Run()
    progress: mqtt.Progress = mqtt.Progress()
    output: mqtt.Output = mqtt.Output()
    runtime: str | None = None
    same: bool | None = None
    runtime_started: datetime | None = None


class Ledger:
    """What is remembered of one session for its status."""

    def __init__(self, session: str, profile: Profile, wanted: Wanted, browser: str = "") -> None:
        self.title = "untitled"
        self._session = session
        self._profile = profile
        self._browser = browser or msgspec.UNSET
        self._wanted = wanted
        self._phase: mqtt.Phase | None = None
        self._since = datetime.now(UTC)
        self._runtime = mqtt.Runtime()
        self._build: str | None = None
        self._done: dict[DutyName, Done] = {
            "keep_alive": Done(), "reconnect": Done(), "clear": Done(),
        }  # fmt: skip

    def take(self, now: Verdict, page: PageReading | None) -> Iterator[News]:
        """Take note of a verdict, and yield what is news in it."""
        if page is not None:
            self._read(page, now)
        before, self._phase = self._phase, now.phase
        if before == now.phase:
            return
        self._since = datetime.now(UTC)
        if before is not None:
            yield News("phase", "info", f"{before} → {now.phase}")

    @property
    def runtime(self) -> mqtt.Runtime:
        """What is known of the machine behind the notebook."""
        return self._runtime

    def did(self, duty: DutyName, outcome: Outcome) -> None:
        """Take note of how a duty went."""
        done = self._done[duty]
        done.count += outcome.done
        done.at, done.result = datetime.now(UTC), outcome.result

    def state(self, now: Verdict, told: Told, past: Past) -> mqtt.State:
        """Return the status of the session, as it is told."""
        moment = datetime.now(UTC)
        run = told.run
        if run.started is not None:
            run = msgspec.structs.replace(run, elapsed_s=(moment - run.started).total_seconds())
        runtime = msgspec.structs.replace(
            self._runtime, id=told.runtime, same=told.same, started=told.runtime_started
        )
        return mqtt.State(
            id=self._session,
            title=self.title,
            site=self._profile.site,
            phase=now.phase,
            since=self._since,
            attention=told.attention,
            connection=now.connection,
            kernel=now.kernel,
            runtime=runtime if now.connection == "connected" else mqtt.Runtime(),
            run=run,
            progress=told.progress,
            output=told.output,
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
            browser=self._browser,
        )

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

    def _duties(self, past: Past, moment: datetime) -> mqtt.Duties:
        policy = self._wanted.duties
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
        key = (last, every) if on and not self._wanted.paused else (None, every)
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
