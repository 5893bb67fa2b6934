"""The loop of every command: a signal wakes it up, whatever it waits for."""

import asyncio
import signal
import threading
from collections.abc import Iterator

import pytest

from colab_cdp_agent import loop, signals
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.stopping import run_until_stopped

LIMIT_S = 10.0


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in signals._numbers()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_it_returns_what_the_coroutine_returns() -> None:
    async def work() -> int:
        assert isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop)
        return 7

    assert loop.run(work()) == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wait_that_no_signal_interrupts_ends_with_one(number: signal.Signals) -> None:
    """A signal that another thread gets leaves the wait as it is, as every one does on Windows."""

    async def work() -> int:
        threading.Thread(target=signal.raise_signal, args=[number]).start()
        await asyncio.Event().wait()
        return 1

    assert run_until_stopped(work()) == ExitCode.ENDED_AS_ASKED


def test_it_leaves_no_descriptor_behind() -> None:
    async def work() -> int:
        inside = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(inside, warn_on_full_buffer=False)
        return inside

    assert loop.run(work()) != -1
    assert signal.set_wakeup_fd(-1) == -1


def test_beside_the_main_thread_signals_are_left_alone() -> None:
    found: list[int] = []

    async def work() -> None:
        found.append(7)

    thread = threading.Thread(target=lambda: loop.run(work()))
    thread.start()
    thread.join(LIMIT_S)
    assert found == [7]
