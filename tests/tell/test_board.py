"""The board: the latest value wins, nothing more often than once a second, nothing forgotten."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import simulated
from colab_cdp_agent.tell import board as board_module
from colab_cdp_agent.tell.board import BEAT_S, SHORTEST_INTERVAL_S, Board

Story = Callable[[Board, simulated.Clock], Coroutine[Any, Any, None]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], None]:
    def play(story: Story) -> None:
        async def with_clock(clock: simulated.Clock) -> None:
            monkeypatch.setattr(board_module, "time", clock)
            await story(Board(), clock)

        simulated.run(with_clock)

    return play


async def deliver(board: Board) -> tuple[str, bytes]:
    """Send the next value that is due, and return it."""
    value = await board.due()
    board.sent(*value)
    return value


async def nothing_due(board: Board) -> bool:
    try:
        async with asyncio.timeout(3600):
            await board.due()
    except TimeoutError:
        return True
    return False


def test_a_first_change_is_due_at_once(play: Callable[[Story], None]) -> None:
    async def story(board: Board, clock: simulated.Clock) -> None:
        began = clock.monotonic()
        waiting = asyncio.create_task(deliver(board))
        await asyncio.sleep(5)
        board.set("a", b"1")
        assert await waiting == ("a", b"1")
        assert clock.monotonic() == began + 5

    play(story)


def test_the_latest_value_wins(play: Callable[[Story], None]) -> None:
    async def story(board: Board, _clock: simulated.Clock) -> None:
        for number in range(100):
            board.set("a", str(number).encode())
        assert await deliver(board) == ("a", b"99")
        assert await nothing_due(board)

    play(story)


def test_a_topic_is_due_once_a_second_at_most(play: Callable[[Story], None]) -> None:
    async def story(board: Board, clock: simulated.Clock) -> None:
        async def change() -> None:
            for number in range(1000):
                board.set("a", str(number).encode())
                await asyncio.sleep(0.01)

        changing = asyncio.create_task(change())
        sent: list[tuple[float, bytes]] = []
        while not sent or sent[-1][1] != b"999":
            _topic, payload = await deliver(board)
            sent.append((clock.monotonic(), payload))
        await changing
        times = [at for at, _payload in sent]
        pauses = [after - before for before, after in pairwise(times)]
        assert min(pauses) >= SHORTEST_INTERVAL_S
        assert len(sent) == 11

    play(story)


def test_one_topic_does_not_wait_for_another(play: Callable[[Story], None]) -> None:
    async def story(board: Board, clock: simulated.Clock) -> None:
        board.set("a", b"1")
        await deliver(board)
        began = clock.monotonic()
        board.set("a", b"2")
        board.set("b", b"1")
        assert await deliver(board) == ("b", b"1")
        assert clock.monotonic() == began
        assert await deliver(board) == ("a", b"2")

    play(story)


def test_what_is_set_to_what_it_is_is_no_news(play: Callable[[Story], None]) -> None:
    async def story(board: Board, _clock: simulated.Clock) -> None:
        board.set("a", b"1")
        await deliver(board)
        board.set("a", b"1")
        assert await nothing_due(board)

    play(story)


def test_an_empty_value_is_sent_once_however_often_it_is_set(play: Callable[[Story], None]) -> None:
    async def story(board: Board, _clock: simulated.Clock) -> None:
        board.set("a", b"")
        assert await deliver(board) == ("a", b"")
        board.set("a", b"")
        assert await nothing_due(board)

    play(story)


def test_a_removed_topic_is_sent_empty_once_and_forgotten(play: Callable[[Story], None]) -> None:
    async def story(board: Board, _clock: simulated.Clock) -> None:
        board.set("a", b"1")
        await deliver(board)
        board.remove("a")
        board.remove("never seen")
        assert board.values == {"a": b"", "never seen": b""}
        assert await deliver(board) == ("never seen", b"")
        assert await deliver(board) == ("a", b"")
        assert board.values == {}
        board.repeat_all()
        assert await nothing_due(board)

    play(story)


def test_a_removed_topic_that_is_put_up_again_stays(play: Callable[[Story], None]) -> None:
    async def story(board: Board, _clock: simulated.Clock) -> None:
        board.remove("a")
        board.set("a", b"1")
        assert await deliver(board) == ("a", b"1")
        assert board.values == {"a": b"1"}
        board.remove("a")
        board.set("a", b"")
        await deliver(board)
        assert board.values == {"a": b""}

    play(story)


def test_what_is_on_its_way_is_not_due_until_the_connection_is_lost(
    play: Callable[[Story], None],
) -> None:
    async def story(board: Board, _clock: simulated.Clock) -> None:
        board.set("a", b"1")
        assert await board.due() == ("a", b"1")
        board.set("a", b"2")
        assert await nothing_due(board)
        board.repeat_all()
        assert await board.due() == ("a", b"2")

    play(story)


def test_what_changed_on_its_way_is_due_a_second_after_it_arrived(
    play: Callable[[Story], None],
) -> None:
    async def story(board: Board, clock: simulated.Clock) -> None:
        board.set("a", b"1")
        value = await board.due()
        board.set("a", b"2")
        waiting = asyncio.create_task(deliver(board))
        await asyncio.sleep(5)
        board.sent(*value)
        began = clock.monotonic()
        assert await waiting == ("a", b"2")
        assert clock.monotonic() == began + SHORTEST_INTERVAL_S

    play(story)


def test_an_answer_to_what_is_being_sent_again_is_passed_over(
    play: Callable[[Story], None],
) -> None:
    async def story(board: Board, _clock: simulated.Clock) -> None:
        board.set("a", b"1")
        value = await board.due()
        board.repeat_all()
        board.sent(*value)
        assert await board.due() == value

    play(story)


def test_everything_is_due_after_a_reconnect(play: Callable[[Story], None]) -> None:
    async def story(board: Board, clock: simulated.Clock) -> None:
        board.set("a", b"1")
        board.set("b", b"")
        first = [await deliver(board), await deliver(board)]
        began = clock.monotonic()
        board.repeat_all()
        assert [await deliver(board), await deliver(board)] == first
        assert clock.monotonic() == began

    play(story)


topics = st.sampled_from("abc")
payloads = st.sampled_from([b"", b"1", b"2", b"3"])


class BoardAndBroker(RuleBasedStateMachine):
    """A board, and a broker that may lose the connection between any two messages.

    Beside the board stands what each topic was last set to; in the end the broker holds just that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()
        self.wanted: dict[str, bytes] = {}
        self.retained: dict[str, bytes] = {}
        self.flying: list[tuple[str, bytes]] = []
        self.runner = asyncio.Runner()
        self.clock = 0.0
        self.sent_at: dict[str, float] = {}

    def due(self) -> tuple[str, bytes] | None:
        """Return what is due at this moment, without waiting."""

        async def look() -> tuple[str, bytes] | None:
            asking = asyncio.ensure_future(self.board.due())
            await asyncio.sleep(0)
            if asking.done():
                return asking.result()
            asking.cancel()
            return None

        return self.runner.run(look())

    @rule(topic=topics, payload=payloads)
    def set(self, topic: str, payload: bytes) -> None:
        self.board.set(topic, payload)
        self.wanted[topic] = payload

    @rule(topic=topics)
    def remove(self, topic: str) -> None:
        self.board.remove(topic)
        self.wanted[topic] = b""

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0]))
    def wait(self, seconds: float) -> None:
        self.clock += seconds

    @rule()
    def take_off(self) -> None:
        value = self.due()
        if value is not None:
            topic = value[0]
            assert topic not in dict(self.flying)
            assert self.clock >= self.sent_at.get(topic, -1.0) + SHORTEST_INTERVAL_S
            assert value == (topic, self.wanted[topic])
            self.flying.append(value)

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def land(self, data: st.DataObject) -> None:
        value = data.draw(st.sampled_from(self.flying))
        self.flying.remove(value)
        self.keep(*value)
        self.arrive(*value)

    @rule(restarted=st.booleans())
    def lose_connection(self, restarted: bool) -> None:  # noqa: FBT001
        for value in self.flying:
            self.keep(*value)  # it may have arrived all the same: the worst that can be
        self.flying = []
        self.sent_at = {}
        if restarted:
            self.retained = {}
        self.board.repeat_all()

    @rule()
    def settle(self) -> None:
        """Send until nothing is left: the broker holds the board, and nothing else."""
        while self.flying or self.board._changed:
            for value in self.flying:
                self.keep(*value)
                self.arrive(*value)
            self.flying = []
            self.clock += SHORTEST_INTERVAL_S + BEAT_S
            self.take_off()
        assert self.retained == {topic: text for topic, text in self.wanted.items() if text}
        assert {topic: text for topic, text in self.board.values.items() if text} == self.retained

    @invariant()
    def nothing_grows(self) -> None:
        assert set(self.board.values) <= set("abc")
        assert self.board._ripe_at.keys() <= self.board.values.keys()
        assert self.board._leaving <= self.board.values.keys()
        assert self.board._on_its_way == set(dict(self.flying))
        assert self.board._on_its_way <= self.board._changed.keys() <= self.board.values.keys()

    def arrive(self, topic: str, payload: bytes) -> None:
        self.board.sent(topic, payload)
        self.sent_at[topic] = self.clock
        if topic not in self.board.values:
            del self.sent_at[topic]  # removed: forgotten with all that was known of it

    def keep(self, topic: str, payload: bytes) -> None:
        if payload:
            self.retained[topic] = payload
        else:
            self.retained.pop(topic, None)

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.runner.close()


def test_whatever_happens_the_broker_ends_with_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    class Simulated(BoardAndBroker):
        def __init__(self) -> None:
            super().__init__()
            clock = SimpleNamespace(monotonic=lambda: self.clock)
            monkeypatch.setattr(board_module, "time", clock)

    run_state_machine_as_test(
        Simulated, settings=settings(max_examples=100, stateful_step_count=40)
    )
