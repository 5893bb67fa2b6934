"""The tails of the logs: the newest lines in bounded batches, and `seq` tells what is missing."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.config import Commands, Publish
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_agent.tell.log_tails import LINES_KEPT, LONGEST_LINE, LogTails
from colab_cdp_protocols import mqtt

NATS_LARGEST_BYTES = 1_000_000


async def batches(tails: LogTails) -> dict[str, mqtt.Log]:
    return {topic: mqtt.decode(mqtt.LOG, payload) for topic, payload in await tails.due()}


def test_lines_go_once_in_a_batch_for_each_topic() -> None:
    async def story() -> None:
        tails = LogTails()
        waiting = asyncio.create_task(batches(tails))
        await asyncio.sleep(0)
        tails.add("a", ["1", "2"])
        tails.add("b", ["x"])
        tails.add("a", ["3"])
        assert await waiting == {
            "a": mqtt.Log(0, ("1", "2", "3")),
            "b": mqtt.Log(0, ("x",)),
        }
        tails.add("a", ["4"])
        assert await batches(tails) == {"a": mqtt.Log(3, ("4",))}

    asyncio.run(story())


def test_no_lines_are_no_news() -> None:
    async def story() -> None:
        tails = LogTails()
        tails.add("a", [])
        waiting = asyncio.create_task(batches(tails))
        for _turn in range(3):
            await asyncio.sleep(0)
        assert not waiting.done()
        tails.add("a", ["1"])
        assert await waiting == {"a": mqtt.Log(0, ("1",))}

    asyncio.run(story())


@given(st.lists(st.tuples(st.integers(0, 3 * LINES_KEPT), st.sampled_from(["take", "drop", ""]))))
def test_every_line_is_in_a_batch_or_in_the_gap_before_one(
    steps: list[tuple[int, str]],
) -> None:
    async def story() -> None:
        tails = LogTails()
        count = 0
        heard: list[mqtt.Log] = []
        for added, then in [*steps, (1, "take")]:
            tails.add("a", (str(count + number) for number in range(added)))
            count += added
            if then == "drop":
                tails.drop()
            elif then == "take" and added:
                heard.append((await batches(tails))["a"])
        for batch in heard:
            assert len(batch.lines) <= LINES_KEPT
            assert batch.lines == tuple(map(str, range(batch.seq, batch.seq + len(batch.lines))))
        for before, after in pairwise(heard):
            assert before.seq + len(before.lines) <= after.seq
        assert heard[-1].lines[-1] == str(count - 1)

    asyncio.run(story())


def test_a_long_line_is_cut_short() -> None:
    async def story() -> None:
        tails = LogTails()
        tails.add("a", ["x" * LONGEST_LINE, "y" * (LONGEST_LINE + 1)])
        whole, cut = (await batches(tails))["a"].lines
        assert whole == "x" * LONGEST_LINE
        assert cut == "y" * (LONGEST_LINE - 1) + "…"

    asyncio.run(story())


@pytest.mark.parametrize("character", ["\0", "\U0001f600", '"', "\ud800"])
def test_the_largest_batch_fits_into_a_message(character: str) -> None:
    async def story() -> None:
        tails = LogTails()
        tails.add("a", [character * LONGEST_LINE] * LINES_KEPT)
        ((_topic, payload),) = await tails.due()
        assert len(payload) < NATS_LARGEST_BYTES

    asyncio.run(story())


@pytest.mark.parametrize("wanted", [True, False])
def test_lines_are_told_only_where_that_is_wanted(wanted: bool) -> None:  # noqa: FBT001
    async def story() -> None:
        board = Board()
        bulletin = Bulletin(board, "colab", "host", Publish(log=wanted), Commands())
        bulletin.log("0123456789", ["1"])
        assert bool(board.logs._tails) == wanted

    asyncio.run(story())


def test_a_forgotten_session_leaves_nothing() -> None:
    board = Board()
    bulletin = Bulletin(board, "colab", "host", Publish(log=True), Commands())
    bulletin.log("0123456789", ["1"])
    bulletin.forget("0123456789")
    assert not board.logs._tails
