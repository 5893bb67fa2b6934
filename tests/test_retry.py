"""The one loop that tries again, on a clock of its own."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulated
from colab_cdp_agent import retry
from colab_cdp_agent.retry import HEALTHY_AFTER_S, delay, first_leaf, keep

FIRST, LONGEST = 1.0, 8.0


class LostError(Exception):
    """Foreseen."""


class Enough(Exception):  # noqa: N818 - the end of a story, no error
    """Not foreseen: the loop ends."""


def attempts(
    monkeypatch: pytest.MonkeyPatch, *runs: tuple[float, Exception | None]
) -> tuple[list[float], list[Exception]]:
    """Return the pauses before each run but the first, and the failures that were told.

    Each run holds for so many seconds and ends so; the last must raise what ends the loop.
    """
    began: list[float] = []
    ended: list[float] = []
    told: list[Exception] = []

    async def story(clock: simulated.Clock) -> None:
        monkeypatch.setattr(retry, "time", clock)
        todo = iter(runs)

        async def run() -> None:
            lasts, error = next(todo)
            began.append(clock.monotonic())
            await asyncio.sleep(lasts)
            ended.append(clock.monotonic())
            if error is not None:
                raise error

        await keep(run, on=(LostError,), failed=told.append, first=FIRST, longest=LONGEST)

    with pytest.raises((Enough, ExceptionGroup)):
        simulated.run(story)
    return [after - end for after, end in zip(began[1:], ended, strict=False)], told


def test_the_pause_doubles_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = LostError()
    pauses, told = attempts(monkeypatch, *[(0.0, lost)] * 6, (0.0, Enough()))
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert told == [lost] * 6


def test_only_a_healthy_run_lets_the_pause_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = LostError()
    pauses, _told = attempts(
        monkeypatch,
        (0.0, lost), (0.0, lost), (HEALTHY_AFTER_S - 0.5, lost), (HEALTHY_AFTER_S, lost),
        (0.0, lost), (0.0, Enough()),
    )  # fmt: skip
    assert pauses == [1.0, 2.0, 4.0, 1.0, 2.0]


def test_a_run_that_ends_without_an_error_is_tried_again_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses, told = attempts(monkeypatch, (0.0, None), (0.0, None), (0.0, Enough()))
    assert (pauses, told) == ([1.0, 2.0], [])


def test_an_unforeseen_error_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert attempts(monkeypatch, (0.0, Enough())) == ([], [])


def test_a_group_of_foreseen_errors_counts_as_its_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = LostError("first"), LostError("second")
    group = ExceptionGroup("", [ExceptionGroup("", [first]), second])
    pauses, told = attempts(monkeypatch, (0.0, group), (0.0, Enough()))
    assert (pauses, told) == ([1.0], [first])


@pytest.mark.parametrize("wrap", [lambda e: [e], lambda e: [LostError(), e]])
def test_a_group_with_an_unforeseen_error_leaves_at_once(
    monkeypatch: pytest.MonkeyPatch, wrap: Callable[[Exception], list[Exception]]
) -> None:
    assert attempts(monkeypatch, (0.0, ExceptionGroup("", wrap(Enough())))) == ([], [])


@given(st.integers(1, 10**9), st.floats(0.001, 100), st.floats(0.001, 1000))
def test_a_pause_is_bounded_and_never_shrinks(failures: int, first: float, longest: float) -> None:
    pause = delay(failures, first, longest)
    assert 0 < pause <= longest
    assert pause <= delay(failures + 1, first, longest)


def test_the_first_leaf_of_a_nested_group() -> None:
    leaf = LostError()
    group = ExceptionGroup("", [ExceptionGroup("", [leaf, Enough()]), Enough()])
    assert first_leaf(group) is leaf
