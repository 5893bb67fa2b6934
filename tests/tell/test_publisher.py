"""Publisher and messenger at a real mosquitto, through what happens to brokers and agents."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

import samples
from colab_cdp_agent.config import BrokerUrl, Mqtt
from colab_cdp_agent.tell import board as board_module
from colab_cdp_agent.tell import connection as connection_module
from colab_cdp_agent.tell import messenger as messenger_module
from colab_cdp_agent.tell import publisher as publisher_module
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_protocols import mqtt
from mosquitto import HOST, Mosquitto, find_mosquitto, free_ports
from newsroom import (
    INFO,
    STATUS,
    Newsroom,
    at,
    condition,
    hearing,
    play,
    running,
    settled,
    told_state,
    until,
)

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="a broker is frozen with POSIX signals"),
]

# An agent as another process: it puts up a value, and waits to be killed.
AGENT = """
import asyncio, sys
from pathlib import Path
from colab_cdp_agent.config import BrokerUrl, Mqtt
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.broker import EmbeddedBroker
from colab_cdp_agent.tell.messenger import Messenger
from colab_cdp_agent.tell.publisher import Identity, Publisher

board = Board()
board.set("colab/host/needs_you", b"3")
publisher = Publisher(
    Identity("colab", "host", "child"), board, lambda topic, payload, *, retained: None
)
settings = Mqtt(url=BrokerUrl(sys.argv[1]))
asyncio.run(Messenger(settings, EmbeddedBroker(Path("unused")), publisher).run())
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger_module, "RETRY_FIRST_S", 0.05)
    monkeypatch.setattr(messenger_module, "RETRY_LONGEST_S", 0.2)


def test_what_stands_on_the_board_is_retained(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        newsroom.bulletin.info(INFO)
        told_state(newsroom)
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            async with hearing(broker) as late:
                await settled(newsroom, late)
            told_state(newsroom, phase="idle", title="훈련")
            await settled(newsroom, subscriber)
            newsroom.bulletin.forget("0123456789")
            await settled(newsroom, subscriber)
        assert not any("/session/" in topic for topic in subscriber.values)

    play(story())


def test_a_root_of_several_levels(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker), root="home/colab")
        told_state(newsroom)
        async with running(newsroom), hearing(broker) as subscriber:
            await until(subscriber, lambda: newsroom.told().items() <= subscriber.values.items())
            assert subscriber.values["home/colab/host/status"] == mqtt.ONLINE

    play(story())


def test_a_clean_end_says_offline_and_leaves_the_rest(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        told_state(newsroom)
        async with hearing(broker) as subscriber:
            async with running(newsroom):
                await settled(newsroom, subscriber)
            wanted = newsroom.told() | {STATUS: mqtt.OFFLINE}
            await until(subscriber, lambda: subscriber.values == wanted)

    play(story())


@asynccontextmanager
async def child(broker: Mosquitto) -> AsyncIterator["subprocess.Popen[bytes]"]:
    command = (sys.executable, "-c", AGENT, f"mqtt://{HOST}:{broker.port}")
    process = await asyncio.to_thread(subprocess.Popen, command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_an_agent_that_is_killed_is_offline_and_its_name_is_free(broker: Mosquitto) -> None:
    async def story() -> None:
        async with hearing(broker) as subscriber:
            async with child(broker) as process:
                wanted = {STATUS: mqtt.ONLINE, "colab/host/needs_you": b"3"}
                await until(subscriber, lambda: subscriber.values == wanted)
                process.kill()
                wanted[STATUS] = mqtt.OFFLINE
                await until(subscriber, lambda: subscriber.values == wanted)
            newsroom = Newsroom(at(broker))
            newsroom.board.set("colab/host/needs_you", b"0")
            async with running(newsroom):
                await settled(newsroom, subscriber)

    play(story())


def test_a_broker_that_forgot_everything_is_told_everything(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        told_state(newsroom)
        async with running(newsroom):
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)
            await asyncio.to_thread(broker.kill)
            await condition(lambda: newsroom.messenger.says.startswith("waiting"))
            told_state(newsroom, phase="idle")
            newsroom.bulletin.forget("gone")
            await asyncio.to_thread(broker.start)
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)

    play(story())


def test_an_absent_broker_is_waited_for(broker: Mosquitto) -> None:
    async def story() -> None:
        broker.kill()
        newsroom = Newsroom(at(broker))
        told_state(newsroom)
        event = mqtt.Happening("1", samples.MOMENT, "phase", "info", "while nobody heard it")
        newsroom.bulletin.happening("0123456789", event)
        async with running(newsroom):
            await condition(lambda: "refused" in newsroom.messenger.says)
            assert newsroom.messenger.says.startswith(f"waiting ({HOST}:{broker.port}: ")
            await asyncio.to_thread(broker.start)
            async with hearing(broker) as subscriber:
                await until(subscriber, lambda: subscriber.values.get(STATUS) == mqtt.ONLINE)
            await condition(lambda: newsroom.messenger.says == f"{HOST}:{broker.port}")

    play(story())


def test_where_one_address_is_dead_the_next_one_is_taken(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()

    async def story(one: Mosquitto, other: Mosquitto) -> None:
        (dead,) = free_ports(1)
        ports = (dead, one.port, other.port)
        urls = ",".join(f"mqtt://{HOST}:{port}" for port in ports)
        newsroom = Newsroom(Mqtt(url=BrokerUrl(urls)))
        told_state(newsroom)
        async with running(newsroom):
            for broker, killed in ((one, other), (other, one), (one, other)):
                await asyncio.to_thread(killed.kill)
                if not broker.runs:
                    await asyncio.to_thread(broker.start)
                async with hearing(broker) as subscriber:
                    await settled(newsroom, subscriber)
                assert newsroom.messenger.says == f"{HOST}:{broker.port}"

    with Mosquitto(folders[0]) as one, Mosquitto(folders[1]) as other:
        play(story(one, other))


def test_an_event_is_sent_and_not_retained(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        event = mqtt.Happening("1", samples.MOMENT, "captcha", "alert", "Solve it.")
        topic = "colab/host/session/0123456789/event"
        async with running(newsroom):
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)
                newsroom.bulletin.happening("0123456789", event)
                expected = (topic, mqtt.encode(event))
                await until(subscriber, lambda: expected in subscriber.messages)
            async with hearing(broker) as late:
                await settled(newsroom, late)
                assert topic not in late.values

    play(story())


def connections(port: int) -> int:
    """Return how many connections this process has to a port."""
    return sum(
        1
        for connection in psutil.Process().net_connections("tcp")
        if connection.raddr and connection.raddr.port == port
    )


def test_a_broker_that_hangs_for_a_moment_hears_the_latest(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        told_state(newsroom)
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            broker.freeze()
            told_state(newsroom, phase="idle")
            await asyncio.sleep(0)
            told_state(newsroom, phase="ended")
            broker.thaw()
            await settled(newsroom, subscriber)

    play(story())


def test_a_broker_that_hangs_for_long_hears_the_latest_and_holds_one_connection(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "ANSWER_LIMIT_S", 0.5)
    monkeypatch.setattr(connection_module, "GOODBYE_LIMIT_S", 0.2)
    monkeypatch.setattr(publisher_module, "GOODBYE_LIMIT_S", 0.2)

    async def story() -> None:
        newsroom = Newsroom(at(broker))
        told_state(newsroom)
        async with running(newsroom):
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)
            broker.freeze()
            told_state(newsroom, phase="idle")
            await condition(lambda: newsroom.messenger.says.startswith("waiting"))
            told_state(newsroom, phase="ended")
            # Some more tries are made in vain, and given up.
            for _change in range(4):
                held = connections(broker.port)
                await condition(lambda held=held: connections(broker.port) != held)  # type: ignore[misc]
            broker.thaw()
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)
                subscriber.publish("sentinel", b"1")
                await until(subscriber, lambda: subscriber.values.pop("sentinel", None))
                await settled(newsroom, subscriber)
                await condition(lambda: connections(broker.port) == 2)

    play(story())


def test_a_will_that_comes_late_does_not_stand(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            heard = len(subscriber.messages)
            subscriber.publish(STATUS, mqtt.OFFLINE, retain=True)
            after = [(STATUS, mqtt.OFFLINE), (STATUS, mqtt.ONLINE)]
            await until(subscriber, lambda: subscriber.messages[heard:] == after, newsroom.check)

    play(story())


def test_a_request_is_answered_and_a_strange_one_does_no_harm(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        async with hearing(broker) as subscriber:
            subscriber.publish("colab/host/request/sessions", b"", retain=True)
            subscriber.publish("colab/host/request/retained", b"x", retain=True)
            async with running(newsroom):
                await until(subscriber, lambda: subscriber.values.get(STATUS) == mqtt.ONLINE)
                for verb in ("A B", "ünï", "x" * 33, "", "$x", "\U0001f600"):
                    subscriber.publish(f"colab/host/request/{verb}", b"\xff")
                subscriber.publish("colab/host/request/unknown", b"\xff" * 10_000)
                subscriber.publish("colab/host/request/sessions", b"")
                answered = "colab/host/response/sessions"
                await until(
                    subscriber,
                    lambda: answered in dict(subscriber.messages),
                    newsroom.check,
                )
            responses = [entry for entry in subscriber.messages if "/response/" in entry[0]]
            assert [(topic, json.loads(text)["status"]) for topic, text in responses] == [
                ("colab/host/response/retained", "refused"),
                ("colab/host/response/unknown", "refused"),
                (answered, "ok"),
            ]

    play(story())


def test_topics_of_an_earlier_run_are_cleared(broker: Mosquitto, tmp_path: Path) -> None:
    async def story() -> None:
        earlier = Newsroom(at(broker))
        told_state(earlier, session="00000000aa")
        told_state(earlier, session="00000000bb")
        topics = TopicFile(tmp_path / "state" / "topics.json")
        topics.write(earlier.board.values)
        newsroom = Newsroom(at(broker), "two")
        told_state(newsroom, session="00000000bb")
        async with hearing(broker) as subscriber:
            async with running(earlier):
                await settled(earlier, subscriber)
            async with running(newsroom):
                for ghost in TopicFile(tmp_path / "state" / "topics.json").look():
                    if ghost not in newsroom.board.values:
                        newsroom.board.remove(ghost)
                await settled(newsroom, subscriber)
        assert not any("00000000aa" in topic for topic in subscriber.values)

    play(story())


def test_a_first_change_is_sent_at_once(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "SHORTEST_INTERVAL_S", 3600.0)

    async def story() -> None:
        newsroom = Newsroom(at(broker))
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            told_state(newsroom)
            await settled(newsroom, subscriber)

    play(story())


def test_a_state_is_sent_once_a_second_at_most(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        topic = "colab/host/session/0123456789/state"
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            began = time.monotonic()
            changes = 0
            while sum(heard == topic for heard, _payload in subscriber.messages) < 3:
                told_state(newsroom, title=str(changes))
                changes += 1
                await asyncio.sleep(0.01)
            await settled(newsroom, subscriber)
            elapsed = time.monotonic() - began
            states = sum(heard == topic for heard, _payload in subscriber.messages)
        assert states <= elapsed + 1
        assert states < changes

    play(story())


def test_no_broker_is_no_trouble() -> None:
    newsroom = Newsroom(Mqtt(url=BrokerUrl("none")))
    play(newsroom.messenger.run())
    assert (newsroom.messenger.says, newsroom.messenger.kind) == ("none", "none")
