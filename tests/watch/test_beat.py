"""What may wait a little is done for all at one moment."""

import asyncio
from collections.abc import Callable
from typing import Any

from colab_cdp_agent.watch.beat import Beat

EVERY_S = 0.05


def test_what_is_asked_for_before_a_moment_is_done_at_it_once_and_in_order() -> None:
    done: list[str] = []

    async def ask() -> None:
        beat, all_done = Beat(EVERY_S), asyncio.Event()
        first, second = _noting(done, "first"), _noting(done, "second")
        for call in (first, second, first, all_done.set):
            beat.at_next(call)
        assert done == []
        await all_done.wait()

    asyncio.run(ask())
    assert done == ["first", "second"]


def test_a_call_that_asks_again_is_made_at_the_next_moment() -> None:
    moments: list[float] = []

    async def ask() -> None:
        beat, all_done, loop = Beat(EVERY_S), asyncio.Event(), asyncio.get_running_loop()

        def again() -> None:
            moments.append(loop.time())
            beat.at_next(again if len(moments) < 3 else all_done.set)

        beat.at_next(again)
        await all_done.wait()

    asyncio.run(ask())
    assert len({moment // EVERY_S for moment in moments}) == len(moments) == 3


def test_where_one_call_fails_the_loop_is_told_and_the_others_are_made() -> None:
    done: list[str] = []
    told: list[str] = []

    def hear(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        told.append(repr(context["exception"]))

    def fail() -> None:
        raise ValueError("one of many")

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(hear)
        beat, all_done = Beat(EVERY_S), asyncio.Event()
        for call in (_noting(done, "before"), fail, _noting(done, "after"), all_done.set):
            beat.at_next(call)
        await all_done.wait()

    asyncio.run(ask())
    assert (done, told) == (["before", "after"], ["ValueError('one of many')"])


def _noting(done: list[str], what: str) -> Callable[[], None]:
    return lambda: done.append(what)
