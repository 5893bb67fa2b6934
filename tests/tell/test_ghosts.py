"""What an earlier version left at a broker below our name is cleared, and nothing else is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from colab_cdp_agent.answer import Answer
from colab_cdp_agent.config import Publish
from colab_cdp_agent.tell import ghosts
from colab_cdp_protocols import mqtt
from mosquitto import Mosquitto, find_mosquitto
from newsroom import (
    INFO,
    STATUS,
    Newsroom,
    at,
    condition,
    hearing,
    play,
    running,
    told_state,
    until,
)

pytestmark = pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")

GARBAGE = {
    "colab/host/online": b"1",
    "colab/host/s/0123456789/state": b"[" * 10_000,
    "colab/host/session/0123456789/colour": b"red",
    "colab/host/session/0123456789/request/reconnect": b"",
    "colab/host/request/Sessions/now and then": b"x",
    "colab/host/session/00000000aa/state": b"{}",
    "colab/host/session/00000000aa/phase": b"\xff",
    "homeassistant/device/host/00000000aa/config": b'{"availability":[{"topic":"%s"}]}',
}
OTHERS = {
    "colab/hostess/online": b"1",
    "colab/other/session/00000000aa/phase": b"running",
    "colab": b"1",
    "other/host/status": b"online",
    "homeassistant/device/hostess/00000000aa/config": b"{}",
    "homeassistant/device/host/00000000bb/config": b'{"availability":[{"topic":"other/host"}]}',
    "homeassistant/sensor/host/config": b'{"availability_topic":"colab/host/status"}',
}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ghosts, "LISTEN_S", 1.0)


def test_what_is_not_on_the_board_is_cleared_below_our_own_name_only(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        newsroom.bulletin.info(INFO)
        told_state(newsroom)
        garbage = {
            topic: payload.replace(b"%s", STATUS.encode()) for topic, payload in GARBAGE.items()
        }
        async with hearing(broker) as subscriber:
            for topic, payload in (garbage | OTHERS).items():
                subscriber.publish(topic, payload or b"retained", retain=True)
            await until(subscriber, lambda: OTHERS.items() <= subscriber.values.items())
            async with running(newsroom), hearing(broker) as late:
                wanted = newsroom.told() | {STATUS: mqtt.ONLINE} | OTHERS
                await until(subscriber, lambda: subscriber.values == wanted, newsroom.check)
                await until(late, lambda: late.values == wanted, newsroom.check)
                await condition(lambda: not newsroom.board.values.keys() & garbage.keys())

    play(story())


def test_a_request_that_is_cleared_is_not_taken_for_the_press_of_a_button(
    broker: Mosquitto,
) -> None:
    asked: list[str] = []

    async def carry_out(_session: str | None, verb: str, _args: object) -> Answer:
        asked.append(verb)
        return Answer("ok", "done")

    async def story() -> None:
        newsroom = Newsroom(at(broker), carry_out=carry_out)
        newsroom.bulletin.info(INFO)
        pause = mqtt.AGENT_REQUEST.at(root="colab", agent="host", verb="pause")
        resume = mqtt.AGENT_REQUEST.at(root="colab", agent="host", verb="resume")
        other = "colab/host/online"
        async with hearing(broker) as subscriber:
            subscriber.publish(pause, b"{}", retain=True)
            subscriber.publish(other, b"1", retain=True)
            await until(subscriber, lambda: other in subscriber.values)
            async with running(newsroom):
                await until(subscriber, lambda: other not in subscriber.values, newsroom.check)
                await condition(lambda: not newsroom.board.values.keys() & {pause, other})
                subscriber.publish(resume, b"")
                await condition(lambda: "resume" in asked)
                subscriber.publish(pause, b"")
                await condition(lambda: "pause" in asked)

    play(story())
    assert asked == ["resume", "pause"]


def test_devices_are_cleared_where_they_are_wanted_no_more(broker: Mosquitto) -> None:
    async def story() -> None:
        with_devices = Newsroom(at(broker))
        told_state(with_devices)
        without = Newsroom(at(broker), "two", publish=Publish(homeassistant=False))
        told_state(without)
        topic = mqtt.DISCOVERY.at(agent="host", id="0123456789")
        async with hearing(broker) as subscriber:
            async with running(with_devices):
                await until(subscriber, lambda: topic in subscriber.values)
            async with running(without):
                wanted = without.told() | {STATUS: mqtt.ONLINE}
                await until(subscriber, lambda: subscriber.values == wanted, without.check)
        assert topic not in wanted

    play(story())


def test_no_more_than_so_many_are_cleared_at_a_time(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ghosts, "MOST_GHOSTS", 3)

    async def story() -> None:
        newsroom = Newsroom(at(broker))
        async with hearing(broker) as subscriber:
            for number in range(5):
                subscriber.publish(f"colab/host/old{number}", b"1", retain=True)
            await until(subscriber, lambda: len(subscriber.values) == 5)
            async with running(newsroom):
                await until(subscriber, lambda: len(subscriber.values) == 3, newsroom.check)
            assert STATUS in subscriber.values

    play(story())
