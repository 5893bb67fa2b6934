"""Channels: each on its own, its outbox on disk, quiet when it is to be."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import samples
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.settings.telling import Alerts
from colab_cdp_agent.settings.units import QuietHours
from colab_cdp_agent.tell.alerts.order import Message, Outcome
from colab_cdp_agent.tell.alerts.ringing import Ringing
from colab_cdp_protocols import mqtt
from newsroom import condition, play

GOOD, DEAD = PushUrl("good://one"), PushUrl("dead://two")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class House:
    """What rings, over restarts of the agent, with a clock that a test sets.

    Attributes:
        told: the titles that went through, by channel.
        dead: the channels that take nothing; `hangs` those that never answer.

    """

    def __init__(self, folder: Path, *urls: PushUrl, quiet: QuietHours | None = None) -> None:
        self.now = NOON
        self.told: dict[str, list[str]] = {"good": [], "dead": []}
        self.tried = 0
        self.dead: set[str] = set()
        self.hangs: set[str] = set()
        self.states: dict[str, mqtt.State] = {}
        self.folder = folder
        self._settings = Alerts(apprise=urls or (GOOD,), quiet=quiet)
        self.ringing = self._agent()

    def _agent(self) -> Ringing:
        return Ringing(self._settings, self.folder, self.states, self._way, lambda: self.now)

    def _way(self, url: PushUrl) -> Callable[[Message], Awaitable[Outcome]]:
        async def send(message: Message) -> Outcome:
            self.tried += 1
            if url.channel in self.hangs:
                await asyncio.Event().wait()
            if url.channel in self.dead:
                return Outcome("unreachable", "cannot be reached")
            self.told[url.channel].append(message.title)
            return Outcome("sent")

        return send

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Run an agent; it is left by cancellation, and the next one is another."""
        running = asyncio.create_task(self.ringing.run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            self.ringing = self._agent()

    async def ends_at_once(self) -> None:
        async with self.up():
            await asyncio.sleep(0)

    def state(self, session: str, phase: mqtt.Phase = "running") -> None:
        self.states[session] = samples.state(session, title=session, phase=phase)
        self.ringing.state(self.states[session])

    def happens(self, session: str, kind: str, severity: mqtt.Severity = "alert") -> None:
        name = f"{session} {kind} {self.now}"
        self.ringing.happening(session, mqtt.Happening(name, self.now, kind, severity, "So."))

    def passes(self, **length: float) -> None:
        """Let time pass, and every channel notice it."""
        self.now += timedelta(**length)
        for channel in self.ringing._channels:
            channel.look()

    def written(self) -> str:
        """Return all that lies on disk."""
        return "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("*")))


def test_what_has_not_rung_when_the_agent_ends_rings_when_it_begins(tmp_path: Path) -> None:
    async def story() -> None:
        house = House(tmp_path)
        async with house.up():
            house.happens("train", "captcha")
            house.state("train")
            await condition(lambda: "captcha" in house.written())
        assert house.told["good"] == []
        house.passes(seconds=1)
        async with house.up():
            await condition(lambda: house.told["good"] == ["train: captcha"])
        house.passes(hours=1)
        async with house.up():
            house.happens("other", "sign_in")
            house.passes(seconds=1)
            await condition(lambda: len(house.told["good"]) == 2)
        assert house.told["good"] == ["train: captcha", "a notebook: signed out"]

    play(story())


def test_what_is_about_to_ring_is_on_disk_before_it_goes_out(tmp_path: Path) -> None:
    async def story() -> None:
        house = House(tmp_path)
        house.hangs = {"good"}
        async with house.up():
            house.happens("train", "captcha")
            house.passes(seconds=1)
            await condition(lambda: house.tried == 1)
            assert "captcha" in house.written()
            house.hangs = set()
            house.ringing = (
                house._agent()
            )  # the first was killed: nothing of it is written any more
            async with house.up():
                await condition(lambda: house.told["good"] == ["a notebook: captcha"])

    play(story())


def test_a_channel_that_hangs_or_fails_delays_no_other_and_is_told_later(tmp_path: Path) -> None:
    async def story() -> None:
        house = House(tmp_path, DEAD, GOOD)
        house.dead = {"dead"}
        async with house.up():
            house.state("train")
            house.happens("train", "captcha")
            house.passes(seconds=1)
            await condition(lambda: house.told["good"] == ["train: captcha"])
            await condition(lambda: house.tried == 2)
            house.happens("train", "captcha", "info")
            house.happens("train", "sign_in")
            house.dead = set()
            house.passes(minutes=10)
            await condition(lambda: bool(house.told["dead"]) and len(house.told["good"]) == 3)
        assert house.told["dead"] == ["train: signed out"]
        assert set(house.told["good"][1:]) == {"train: signed out", "train: over: captcha"}

    play(story())


def test_no_address_is_on_disk(tmp_path: Path) -> None:
    async def story() -> None:
        house = House(tmp_path, PushUrl("good://t0psecret/topic"))
        async with house.up():
            house.happens("train", "captcha")
            house.passes(seconds=1)
            await condition(lambda: bool(house.told["good"]))
        assert "standing" in house.written()
        assert "t0psecret" not in house.written()

    play(story())
    assert not [path for path in tmp_path.iterdir() if "t0psecret" in path.name]


def test_a_channel_that_is_configured_no_more_loses_its_file(tmp_path: Path) -> None:
    async def story(*urls: PushUrl) -> None:
        house = House(tmp_path, *urls)
        async with house.up():
            house.happens("train", "captcha")
            house.passes(seconds=1)
            await condition(lambda: house.tried == len(urls))

    play(story(GOOD, DEAD))
    assert len([*tmp_path.iterdir()]) == 2
    (tmp_path / "unrelated.txt").write_text("")
    play(House(tmp_path, GOOD).ends_at_once())
    assert len([*tmp_path.glob("*.json")]) == 1
    assert (tmp_path / "unrelated.txt").exists()


def test_a_folder_that_cannot_be_written_keeps_nothing_from_ringing(tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / "file").write_text("")
        house = House(tmp_path / "file" / "below")
        async with house.up():
            house.happens("train", "captcha")
            house.passes(seconds=1)
            await condition(lambda: bool(house.told["good"]))

    play(story())


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system's zone cannot be set for a test")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["KST-9"], indirect=True)
@pytest.mark.usefixtures("zone")
def test_quiet_hours_are_those_of_the_local_clock_and_end_in_one_message(tmp_path: Path) -> None:
    async def story() -> None:
        house = House(tmp_path, quiet=QuietHours.parse("23:00-07:00"))
        house.now = datetime(2026, 3, 1, 13, 59, tzinfo=UTC)  # 22:59 in Seoul
        async with house.up():
            for session in ("a", "b", "c"):
                house.state(session)
            house.happens("a", "captcha")
            house.passes(seconds=1)
            await condition(lambda: house.told["good"] == ["a: captcha"])
            house.passes(minutes=1)
            house.happens("b", "usage_limit")
            house.happens("c", "run_failed")
            house.happens("a", "captcha", "info")
            house.happens("a", "sign_in")
            house.passes(hours=7, minutes=58)
            house.happens("a", "sign_in", "info")
            assert house.tried == 1
            house.passes(minutes=2)
            await condition(lambda: len(house.told["good"]) == 2)
            assert house.told["good"][1] == "2 notebooks: usage limit, run failed"

    play(story())


@pytest.mark.parametrize("zone", ["CET-1CEST,M3.5.0,M10.5.0/3"], indirect=True)
@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-27", 9), ("2026-03-28", 8), ("2026-10-24", 10)]
)
def test_quiet_hours_end_by_the_clock_on_the_wall_when_the_clocks_are_changed(
    tmp_path: Path, day: str, hours: int
) -> None:
    house = House(tmp_path, quiet=QuietHours.parse("22:00-07:00"))
    house.now = datetime.fromisoformat(f"{day}T21:59:59").astimezone(UTC)
    (channel,) = house.ringing._channels
    quiet = []
    for _ in range(20 * 60):
        house.now += timedelta(minutes=1)
        quiet.append(channel.quiet)
    assert quiet == [minute < hours * 60 for minute in range(20 * 60)]
