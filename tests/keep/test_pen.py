import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from colab_cdp_agent.keep.pen import Pen


def test_what_is_asked_for_in_one_turn_goes_to_one_thread_in_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hops: list[int] = []
    written: list[int] = []

    def write(number: int) -> int:
        written.append(number)
        return number

    async def counted(*work: Any) -> Any:
        hops.append(threading.get_ident())
        return await to_thread(*work)

    to_thread = asyncio.to_thread
    monkeypatch.setattr(asyncio, "to_thread", counted)

    async def go() -> list[int]:
        pen = Pen()
        return await asyncio.gather(*(pen.put(partial(write, number)) for number in range(8)))

    assert asyncio.run(go()) == list(range(8))
    assert written == list(range(8))
    assert len(hops) == 1


def test_what_one_raises_is_nobody_elses() -> None:
    def fail() -> int:
        raise PermissionError("read-only")

    async def go() -> list[int | BaseException]:
        pen = Pen()
        works = (lambda: 1, fail, lambda: 3)
        return await asyncio.gather(*map(pen.put, works), return_exceptions=True)

    first, second, third = asyncio.run(go())
    assert (first, third) == (1, 3)
    assert isinstance(second, PermissionError)


def test_who_comes_while_it_writes_is_next() -> None:
    async def go() -> list[str]:
        pen = Pen()
        begun, leave = threading.Event(), threading.Event()
        order: list[str] = []

        def slow() -> int:
            begun.set()
            assert leave.wait(10)
            order.append("slow")
            return 0

        def quick() -> int:
            order.append("next")
            return 0

        first = asyncio.create_task(pen.put(slow))
        assert await asyncio.to_thread(begun.wait, 10)
        second = asyncio.create_task(pen.put(quick))
        await asyncio.sleep(0)
        leave.set()
        await asyncio.gather(first, second)
        return order

    assert asyncio.run(go()) == ["slow", "next"]


def test_who_leaves_takes_nothing_from_the_others() -> None:
    async def go() -> int:
        pen = Pen()
        begun, leave = threading.Event(), threading.Event()

        def slow() -> int:
            begun.set()
            assert leave.wait(10)
            return 0

        impatient = asyncio.create_task(pen.put(slow))
        assert await asyncio.to_thread(begun.wait, 10)
        patient = asyncio.create_task(pen.put(lambda: 7))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        leave.set()
        return await patient

    assert asyncio.run(go()) == 7


def test_whose_writing_goes_along_waits_for_it_though_the_first_one_leaves() -> None:
    async def go() -> list[str]:
        pen = Pen()
        begun, leave = threading.Event(), threading.Event()
        written: list[str] = []

        def slow() -> int:
            begun.set()
            assert leave.wait(10)
            return 0

        def along() -> int:
            written.append("along")
            return 0

        first = asyncio.create_task(pen.put(slow))
        second = asyncio.create_task(pen.put(along))
        assert await asyncio.to_thread(begun.wait, 10)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not second.done()
        leave.set()
        await second
        return written

    assert asyncio.run(go()) == ["along"]
