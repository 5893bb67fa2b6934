"""The computer is kept awake for real, as far as a desktop's service on a real bus can tell."""

import asyncio
import gc
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from colab_cdp_agent.keep import awake as module
from colab_cdp_agent.keep.awake import SILENT, Awake
from colab_cdp_agent.keep.wake_lock import NO_SERVICE, NO_SESSION_BUS

pytest.importorskip("jeepney", reason="no D-Bus on this system")

from desktop import GNOME, POWER, Desktop, SessionBus, find_dbus_daemon

pytestmark = pytest.mark.skipif(find_dbus_daemon() is None, reason="no dbus-daemon installed")

KEEPS_AWAKE = """
import asyncio
from colab_cdp_agent.keep.awake import Awake
async def main():
    awake = Awake(on=True)
    awake.want(wanted=True)
    await awake.run()
asyncio.run(main())
"""


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionBus]:
    for name in ("WAKEPY_FAKE_SUCCESS", "WAKEPY_FORCE_FAILURE", "XDG_SESSION_DESKTOP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "LINGER_S", 0.0)
    with SessionBus(tmp_path) as running:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", running.address)
        yield running


class Watched:
    """An Awake that runs, and the states it was ever in."""

    def __init__(self) -> None:
        self.awake = Awake(on=True, changed=self._note)
        self.states: list[str] = []
        self._news = asyncio.Event()

    def _note(self) -> None:
        self.states.append(self.awake.state)
        self._news.set()

    async def until(self, state: str) -> None:
        async with asyncio.timeout(30):
            while self.awake.state != state:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def kept_awake() -> AsyncIterator[Watched]:
    """Let an Awake run, in which a lock is wanted, until the block ends."""
    watched = Watched()
    running = asyncio.create_task(watched.awake.run())
    watched.awake.want(wanted=True)
    try:
        yield watched
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


def play(story: Callable[[Watched], Awaitable[None]]) -> list[str]:
    """Play a story with an Awake that runs; return its states."""

    async def main() -> list[str]:
        async with kept_awake() as watched:
            await story(watched)
        return watched.states

    return asyncio.run(main())


def gone(thread: str) -> None:
    """Wait until no thread of a name lives any more."""
    for each in threading.enumerate():
        if each.name == thread:
            each.join(20)
            assert not each.is_alive()


@pytest.mark.parametrize("service", [POWER, GNOME])
def test_the_lock_is_held_while_it_is_wanted(bus: SessionBus, service: str) -> None:
    with Desktop(bus, service) as desktop:

        async def story(watched: Watched) -> None:
            await watched.until("held")
            assert len(desktop.holders) == 1
            watched.awake.want(wanted=False)
            await watched.until("not_needed")
            assert desktop.holders == {}
            watched.awake.want(wanted=True)
            await watched.until("held")
            assert len(desktop.holders) == 1

        assert play(story) == ["held", "not_needed", "held", "not_needed"]
        desktop.until(lambda it: not it.holders)
        assert (desktop.taken, desktop.most) == (2, 1)


def test_nothing_is_asked_of_the_computer_before_it_is_wanted(bus: SessionBus) -> None:
    with Desktop(bus) as desktop:

        async def main() -> None:
            awake = Awake(on=True)
            running = asyncio.create_task(awake.run())
            awake.want(wanted=False)
            await asyncio.sleep(0)
            running.cancel()
            await asyncio.wait([running])
            assert awake.state == "not_needed"

        asyncio.run(main())
        assert desktop.taken == 0


def test_a_lock_is_renewed_without_a_gap(bus: SessionBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEW_EVERY_S", 0.05)
    with Desktop(bus) as desktop:

        async def story(watched: Watched) -> None:
            await watched.until("held")
            await asyncio.to_thread(desktop.until, lambda it: it.taken >= 4)
            assert desktop.holders

        assert play(story) == ["held", "not_needed"]
        desktop.until(lambda it: not it.holders)
        assert desktop.most == 2


def test_a_killed_process_holds_nothing(bus: SessionBus) -> None:
    with Desktop(bus) as desktop:
        with subprocess.Popen([sys.executable, "-c", KEEPS_AWAKE]) as process:
            desktop.until(lambda it: len(it.holders) == 1)
            process.kill()
        desktop.until(lambda it: not it.holders)


@pytest.mark.usefixtures("bus")
def test_a_bus_without_such_a_service_is_complained_of_once() -> None:
    async def story(watched: Watched) -> None:
        for _run in range(3):
            await watched.until("failed")
            assert watched.awake.reason == NO_SERVICE
            assert watched.awake.says == f"may go to sleep: {NO_SERVICE}"
            watched.awake.want(wanted=False)
            await watched.until("not_needed")
            assert watched.awake.reason is None
            watched.awake.want(wanted=True)

    with capture_logs() as told:
        play(story)
    assert [(line["log_level"], line["reason"]) for line in told] == [("warning", NO_SERVICE)]


def test_a_lost_bus_is_noticed_when_the_lock_is_renewed(
    bus: SessionBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_EVERY_S", 0.05)
    with Desktop(bus):

        async def story(watched: Watched) -> None:
            await watched.until("held")
            bus.kill()
            await watched.until("failed")

        assert play(story) == ["held", "failed", "not_needed"]


def test_a_frozen_bus_keeps_nobody_from_ending(bus: SessionBus) -> None:
    with Desktop(bus) as desktop:

        async def story(watched: Watched) -> None:
            await watched.until("held")
            bus.freeze()

        play(story)
        bus.thaw()
        desktop.until(lambda it: not it.holders)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # jeepney's, of such a bus
def test_a_bus_that_never_greets_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TAKE_WITHIN_S", 0.5)
    with SessionBus(tmp_path, answers=False) as deaf:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", deaf.address)

        async def story(watched: Watched) -> None:
            await watched.until("failed")
            assert watched.awake.reason == SILENT.reason
            deaf.kill()  # the thread that waits there ends too
            await asyncio.to_thread(gone, "wake lock")

        assert play(story) == ["failed", "not_needed"]
    gc.collect()


def test_no_bus_at_all_is_a_state(bus: SessionBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    bus.freeze()

    async def story(watched: Watched) -> None:
        await watched.until("failed")
        assert watched.awake.reason == NO_SESSION_BUS

    assert play(story) == ["failed", "not_needed"]
