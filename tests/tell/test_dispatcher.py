"""Requests and their answers: one for each, whatever happens on the way, and few at a time."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from colab_cdp_agent.answer import Answer, done
from colab_cdp_agent.config import Commands
from colab_cdp_agent.tell import commands as commands_module
from colab_cdp_agent.tell import dispatcher as dispatcher_module
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.commands import Gate
from colab_cdp_agent.tell.dispatcher import (
    MOST_AT_ONCE,
    REFUSALS_NOTED,
    REFUSALS_WAITING,
    CarryOut,
    Dispatcher,
)
from colab_cdp_protocols import mqtt

SESSION = "0123456789"
LIMIT_S = 20.0


class Desk:
    """A dispatcher without a broker, and what it says."""

    def __init__(self, carry_out: CarryOut) -> None:
        self.board = Board()
        self.notes: list[tuple[str | None, mqtt.Happening]] = []
        self.dispatcher = Dispatcher(
            "colab",
            "host",
            gate=Gate(Commands(), datetime.now(UTC)),
            board=self.board,
            sessions={SESSION},
            carry_out=carry_out,
            note=lambda session, happening: self.notes.append((session, happening)),
        )

    def ask(self, verb: str, transaction: str = "", *, session: str | None = SESSION) -> None:
        request = mqtt.Request(transaction) if transaction else mqtt.Request()
        place = f"session/{session}/" if session is not None else ""
        topic = f"colab/host/{place}request/{verb}"
        self.dispatcher.take(topic, mqtt.encode(request), retained=False)

    @property
    def sent(self) -> list[tuple[str, bytes, int]]:
        return [(each.topic, each.payload, each.qos) for each in self.board.answers._events]

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(body) for topic, body, _ in self.sent if "/response/" in topic]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not holds():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)


async def at_once(_session: str | None, verb: str, _args: Any) -> Answer:
    return done(f"{verb} was done")


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands_module, "WINDOW_S", 0.0)


def play(carry_out: CarryOut, story: Callable[[Desk], Any]) -> Desk:
    """Tell a story while a dispatcher runs, and return the desk."""

    async def run() -> Desk:
        desk = Desk(carry_out)
        running = asyncio.create_task(desk.dispatcher.run())
        await story(desk)
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        return desk

    return asyncio.run(run())


def test_every_request_has_one_answer_with_its_own_transaction() -> None:
    async def story(desk: Desk) -> None:
        for number in range(200):
            desk.ask("pause", f"t{number}")
            await desk.until(lambda: not desk.dispatcher._open)

    desk = play(at_once, story)
    assert [each["transaction"] for each in desk.answers] == [f"t{n}" for n in range(200)]
    assert {each["status"] for each in desk.answers} == {"ok"}
    assert {topic for topic, _, _ in desk.sent} == {f"colab/host/session/{SESSION}/response/pause"}
    assert [happening.text for _, happening in desk.notes] == ["pause: ok, pause was done"] * 200


def test_requests_do_not_wait_for_each_other() -> None:
    async def slow_to_reconnect(session: str | None, verb: str, args: Any) -> Answer:
        if verb == "reconnect":
            await asyncio.get_running_loop().create_future()
        return await at_once(session, verb, args)

    async def story(desk: Desk) -> None:
        desk.ask("reconnect", "slow")
        desk.ask("pause", "quick")
        await desk.until(lambda: len(desk.answers) == 1)

    assert play(slow_to_reconnect, story).answers[0]["transaction"] == "quick"


def test_so_many_are_carried_out_at_a_time_and_those_are_answered_when_the_agent_ends() -> None:
    async def never(_session: str | None, _verb: str, _args: Any) -> Answer:
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody sets it")

    async def story(desk: Desk) -> None:
        for number in range(MOST_AT_ONCE + 3):
            desk.ask("reconnect", f"t{number}")
        assert [each["status"] for each in desk.answers] == ["refused"] * 3
        assert all("busy" in each["error"] for each in desk.answers)
        await desk.dispatcher.stop()
        desk.ask("reconnect", "too late")

    desk = play(never, story)
    ended = [each for each in desk.answers if each["error"] == "the agent was stopped meanwhile"]
    assert [each["transaction"] for each in ended] == [f"t{n}" for n in range(MOST_AT_ONCE)]
    assert (desk.answers[-1]["transaction"], desk.answers[-1]["status"]) == ("too late", "refused")
    assert len(desk.answers) == MOST_AT_ONCE + 3 + 1


def test_a_defect_is_answered_and_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(session: str | None, verb: str, args: Any) -> Answer:
        if verb == "clear":
            raise ZeroDivisionError("on purpose")
        return await at_once(session, verb, args)

    async def story(desk: Desk) -> None:
        desk.ask("clear", "broken")
        desk.ask("pause", "after it")
        await desk.until(lambda: len(desk.answers) == 2)

    answers = {each["transaction"]: each["status"] for each in play(broken, story).answers}
    assert answers == {"broken": "error", "after it": "ok"}
    assert "on purpose" in capsys.readouterr().out


def test_a_picture_goes_out_before_its_answer_and_unacknowledged() -> None:
    async def pictured(_session: str | None, _verb: str, _args: Any) -> Answer:
        return Answer("ok", data={"bytes": 4}, picture=b"jpeg")

    async def story(desk: Desk) -> None:
        desk.ask("screenshot")
        await desk.until(lambda: len(desk.sent) == 2)

    (topic, body, qos), (_, answer, _) = play(pictured, story).sent
    assert (topic, body, qos) == (f"colab/host/session/{SESSION}/screenshot", b"jpeg", 0)
    assert json.loads(answer)["data"] == {"bytes": 4}


def test_a_flood_of_refusals_is_counted_and_keeps_nobody_waiting() -> None:
    async def story(desk: Desk) -> None:
        for _ in range(5000):
            desk.ask("no_such_verb")
        assert len(desk.answers) == REFUSALS_WAITING
        assert len(desk.notes) == REFUSALS_NOTED
        desk.ask("pause", "mine")
        await desk.until(lambda: desk.answers[-1]["transaction"] == "mine")

    desk = play(at_once, story)
    assert desk.dispatcher.refused == 5000
    missing = 5000 - REFUSALS_NOTED
    assert (
        desk.notes[-1][1].text == f"pause: ok, pause was done ({missing} more were refused before)"
    )


@pytest.mark.parametrize("verb", ["A B", "x" * 33, "", "$x", "a/b", "é"])
def test_what_cannot_be_answered_is_passed_over(verb: str) -> None:
    async def story(desk: Desk) -> None:
        desk.ask(verb)
        desk.ask(verb, session=None)
        desk.ask("pause", session="not A session")
        desk.dispatcher.take("colab/other/request/pause", b"", retained=False)

    desk = play(at_once, story)
    assert (desk.sent, desk.notes, desk.dispatcher.refused) == ([], [], 0)


def test_the_end_waits_for_the_answers_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher_module, "FLUSH_LIMIT_S", 0.05)

    async def story(desk: Desk) -> None:
        desk.ask("no_such_verb")
        await desk.dispatcher.stop()  # nobody publishes
        assert len(desk.answers) == 1
        monkeypatch.setattr(dispatcher_module, "FLUSH_LIMIT_S", LIMIT_S)
        stopping = asyncio.create_task(desk.dispatcher.stop())
        desk.board.answers.sent(await desk.board.answers.due())
        await stopping
        assert not desk.sent

    play(at_once, story)
