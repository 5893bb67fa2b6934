"""When a computer is asked to stay awake, and how often: a stand-in, on a clock of its own."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

import simulated
from colab_cdp_agent.keep import awake as module
from colab_cdp_agent.keep.awake import (
    LINGER_S,
    RENEW_EVERY_S,
    RETRY_EVERY_S,
    SILENT,
    TAKE_WITHIN_S,
    Awake,
    State,
)
from colab_cdp_agent.keep.wake_lock import Answer, WakeLock

GRANTED = Answer("a desktop")
REFUSED = Answer(reason="not here", tried=("a desktop: not here",))


class Computer:
    """A stand-in: gives its answers in order, the last one for ever; None is silence."""

    def __init__(self, *answers: Answer | None) -> None:
        self._answers = list(answers)
        self.asked: list[float] = []
        self.held = 0
        self.unreleased = 0

    def lock(self) -> WakeLock:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return StandIn(self, answer)


class StandIn(WakeLock):
    """A lock without a thread."""

    def __init__(self, computer: Computer, answer: Answer | None) -> None:
        super().__init__()
        self._computer = computer
        self._answer = answer

    def take(self) -> None:
        self._computer.asked.append(asyncio.get_running_loop().time())
        self._computer.unreleased += 1
        if self._answer is not None:
            self._computer.held += self._answer.way is not None
            self.taken.set_result(self._answer)

    def release(self) -> None:
        self._computer.unreleased -= 1
        if self._answer is not None and not self.ended.done():
            self._computer.held -= self._answer.way is not None
            self.ended.set_result(None)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[float]]:
    """Return what plays a story with a computer; it returns when the computer was asked, from 0."""

    def play(
        computer: Computer, story: Callable[[Awake], Awaitable[None]], *, on: bool = True
    ) -> list[float]:
        monkeypatch.setattr(module, "WakeLock", computer.lock)

        async def main(clock: simulated.Clock) -> list[float]:
            began = clock.monotonic()
            awake = Awake(on=on)
            running = asyncio.create_task(awake.run())
            await story(awake)
            running.cancel()
            await asyncio.wait([running])
            if not running.cancelled():
                running.result()
            assert (computer.held, computer.unreleased) == (0, 0)
            return [at - began for at in computer.asked]

        return simulated.run(main)

    return play


Play = Callable[..., list[float]]


def test_a_lock_outlasts_its_run_for_a_while_and_no_longer(play: Play) -> None:
    computer = Computer(GRANTED)

    async def story(awake: Awake) -> None:
        awake.want(wanted=True)
        await asyncio.sleep(100)
        awake.want(wanted=False)
        await asyncio.sleep(LINGER_S - 1)
        assert (awake.state, computer.held) == ("held", 1)
        await asyncio.sleep(2)
        assert (awake.state, computer.held) == ("not_needed", 0)

    assert play(computer, story) == [0.0]


def test_cells_that_follow_each_other_share_a_lock(play: Play) -> None:
    computer = Computer(GRANTED)

    async def story(awake: Awake) -> None:
        for _cell in range(20):
            awake.want(wanted=True)
            await asyncio.sleep(5)
            awake.want(wanted=False)
            await asyncio.sleep(LINGER_S / 2)
            assert awake.state == "held"

    assert play(computer, story) == [0.0]


def test_a_lock_is_renewed_now_and_then(play: Play) -> None:
    async def story(awake: Awake) -> None:
        awake.want(wanted=True)
        await asyncio.sleep(2.5 * RENEW_EVERY_S)

    assert play(Computer(GRANTED), story) == [0.0, RENEW_EVERY_S, 2 * RENEW_EVERY_S]


def test_a_refusal_is_tried_again_rarely_however_often_it_is_wanted(play: Play) -> None:
    async def story(awake: Awake) -> None:
        for _cell in range(60):
            awake.want(wanted=True)
            await asyncio.sleep(RETRY_EVERY_S / 60)
            assert (awake.state, awake.reason) == ("failed", "not here")
            awake.want(wanted=False)
            await asyncio.sleep(RETRY_EVERY_S / 60)
            assert (awake.state, awake.reason) == ("not_needed", None)

    with capture_logs() as told:
        assert play(Computer(REFUSED), story) == [0.0, RETRY_EVERY_S]
    assert [line["log_level"] for line in told] == ["warning"]


def test_a_later_try_may_succeed_and_a_later_loss_is_told_again(play: Play) -> None:
    computer = Computer(REFUSED, GRANTED, REFUSED, REFUSED)
    states: tuple[State, ...] = ("failed", "held", "failed", "failed")

    async def story(awake: Awake) -> None:
        async def asked(times: int, state: State) -> None:
            await simulated.at_once(lambda: len(computer.asked) == times and awake.state == state)

        awake.want(wanted=True)
        for number, state in enumerate(states, 1):
            await asked(number, state)
            await asyncio.sleep(RETRY_EVERY_S)

    with capture_logs() as told:
        play(computer, story)
    assert [line["log_level"] for line in told] == ["warning", "warning"]


def test_a_silent_computer_is_asked_once_and_no_second_question_waits_beside(play: Play) -> None:
    async def story(awake: Awake) -> None:
        awake.want(wanted=True)
        await asyncio.sleep(TAKE_WITHIN_S - 1)
        assert awake.state == "not_needed"
        await asyncio.sleep(2)
        assert (awake.state, awake.reason) == ("failed", SILENT.reason)
        await asyncio.sleep(10 * RETRY_EVERY_S)

    assert play(Computer(None), story) == [0.0]


def test_a_question_that_nobody_waits_for_any_more_leaves_no_lock_behind(play: Play) -> None:
    computer = Computer(None)

    async def story(awake: Awake) -> None:
        awake.want(wanted=True)
        await simulated.at_once(lambda: len(computer.asked) == 1)

    assert play(computer, story) == [0.0]


def test_what_is_off_asks_for_nothing(play: Play) -> None:
    async def story(awake: Awake) -> None:
        awake.want(wanted=True)
        await asyncio.sleep(1)
        assert (awake.state, awake.says) == ("off", "may go to sleep: awake is off")

    assert play(Computer(GRANTED), story, on=False) == []


def test_an_unforeseen_error_leaves_loudly(play: Play) -> None:
    class Broken(Computer):
        def lock(self) -> WakeLock:
            lock = WakeLock()
            lock.take = lambda: lock.taken.set_exception(ZeroDivisionError())  # type: ignore[method-assign]  # a fault put in
            lock.ended.set_result(None)
            return lock

    async def story(awake: Awake) -> None:
        awake.want(wanted=True)
        await asyncio.sleep(1)

    with pytest.raises(ZeroDivisionError):
        play(Broken(GRANTED), story)
