"""Of the agents of one name one lives: the one that claimed it first; a dead one's name is free."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.tell import publisher as publisher_module
from colab_cdp_agent.tell.broker import EmbeddedBroker
from colab_cdp_agent.tell.claim import Claim, NameTakenError
from colab_cdp_agent.tell.connection import Connection, Message
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.topic import is_level
from mosquitto import HOST, Mosquitto, find_mosquitto, free_ports
from newsroom import (
    INFO,
    LIMIT_S,
    STATUS,
    Listening,
    Newsroom,
    at,
    hearing,
    play,
    running,
    settled,
    told_state,
    until,
)
from subscriber import Subscriber

INFO_TOPIC = "colab/host/info"

mosquitto = pytest.param(
    "mosquitto",
    marks=pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
)


@pytest.fixture(params=[mosquitto, "nats-server"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listening]:
    if request.param == "mosquitto":
        with Mosquitto(tmp_path) as running_broker:
            yield running_broker
        return
    embedded = EmbeddedBroker(tmp_path / "broker", port=0)
    yield asyncio.run(embedded.start())
    asyncio.run(embedded.stop())


def informed(broker: Listening, instance: str) -> Newsroom:
    newsroom = Newsroom(at(broker), instance)
    newsroom.bulletin.info(mqtt.decode(mqtt.INFO, mqtt.encode(INFO)))
    told_state(newsroom, title=f"of {instance}")
    return newsroom


def test_a_second_agent_of_that_name_is_refused_while_the_first_lives(broker: Listening) -> None:
    async def story() -> None:
        first = informed(broker, "one")
        async with hearing(broker) as subscriber:
            async with running(first):
                await settled(first, subscriber)
                with pytest.raises(NameTakenError, match=r"'host' is alive.*--name"):
                    await informed(broker, "two").messenger.run()
                await settled(first, subscriber)
                said = [payload for topic, payload in subscriber.messages if topic == STATUS]
                assert mqtt.OFFLINE not in said
            second = informed(broker, "two")
            async with running(second):
                await settled(second, subscriber)

    play(story())


def test_of_two_agents_that_start_at_the_same_moment_one_lives(broker: Listening) -> None:
    async def story() -> None:
        newsrooms = {
            asyncio.create_task(newsroom.messenger.run()): newsroom
            for newsroom in (informed(broker, "one"), informed(broker, "two"))
        }
        async with hearing(broker) as subscriber:
            done, alive = await asyncio.wait(
                newsrooms, timeout=LIMIT_S, return_when=asyncio.FIRST_COMPLETED
            )
            assert [type(task.exception()) for task in done] == [NameTakenError]
            (survivor,) = alive
            newsrooms[survivor].task = survivor
            await settled(newsrooms[survivor], subscriber)
            survivor.cancel()
            await asyncio.wait(alive)

    play(story())


def test_an_agent_that_was_too_slow_to_answer_keeps_its_name_all_the_same(
    broker: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "RIVAL_WAIT_S", 0.0)
    monkeypatch.setattr(publisher_module, "ANSWER_WAIT_S", 0.0)

    async def story() -> None:
        first, second = informed(broker, "one"), informed(broker, "two")
        held = asyncio.Event()

        async with hearing(broker) as subscriber, running(first):
            await settled(first, subscriber)
            publisher = first.messenger._publisher
            hear = publisher._hear_claim

            async def hear_late(connection: Connection, message: Message) -> None:
                await held.wait()
                await hear(connection, message)

            monkeypatch.setattr(publisher, "_hear_claim", hear_late)
            second.task = asyncio.create_task(second.messenger.run())
            await settled(second, subscriber)
            held.set()
            with pytest.raises(NameTakenError):
                await asyncio.wait_for(second.task, LIMIT_S)
            await settled(first, subscriber)

    play(story())


@pytest.mark.parametrize("info", [b"", b"{}", mqtt.encode(INFO)])
def test_a_name_whose_agent_is_dead_is_free_whatever_the_broker_says(
    broker: Listening, info: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "RIVAL_WAIT_S", 0.3)

    async def story() -> None:
        async with hearing(broker) as subscriber:
            subscriber.publish(STATUS, mqtt.ONLINE, retain=True)
            subscriber.publish("colab/host/info", info, retain=True)
            await until(subscriber, lambda: (STATUS, mqtt.ONLINE) in subscriber.messages)
            newsroom = Newsroom(at(broker), "two")
            newsroom.board.set("colab/host/info", b"mine")
            async with running(newsroom):
                await settled(newsroom, subscriber)

    play(story())


@pytest.fixture
def start(broker: Listening, tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Start an agent as a person does; no Chrome is there, and it waits for one."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        url = f"mqtt://{HOST}:{broker.port}"
        (chrome_port,) = free_ports(1)
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "colab_cdp_agent", "run", "--name", "host"),
                *("--port", str(chrome_port), "--mqtt", url, "--log-format", "json"),
            ],
            env=os.environ | {"COLAB_CDP_AGENT_STATE_DIR": str(tmp_path / f"state{len(started)}")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def instance(subscriber: Subscriber) -> str | None:
    """Return which agent the broker has the information of, None where none is online."""
    if subscriber.values.get(STATUS) != mqtt.ONLINE or INFO_TOPIC not in subscriber.values:
        return None
    return str(json.loads(subscriber.values[INFO_TOPIC])["instance"])


def test_the_command_ends_with_code_2_and_a_sentence_where_its_name_is_taken(
    broker: Listening, start: Callable[[], "subprocess.Popen[str]"]
) -> None:
    async def story() -> None:
        async with hearing(broker) as subscriber:
            start()
            await until(subscriber, lambda: instance(subscriber))
            first = instance(subscriber)
            newcomer = start()
            _out, err = await asyncio.to_thread(newcomer.communicate, timeout=LIMIT_S)
            assert newcomer.returncode == 2
            assert err.splitlines()[-1].startswith("colab-cdp-agent: another agent named 'host' is")
            assert instance(subscriber) == first

    play(story())


def test_of_two_commands_that_start_at_the_same_moment_one_goes_on(
    broker: Listening, start: Callable[[], "subprocess.Popen[str]"]
) -> None:
    async def story() -> None:
        async with hearing(broker) as subscriber:
            both = [start(), start()]
            await until(subscriber, lambda: [each for each in both if each.poll() is not None])
            assert sorted(each.poll() or 0 for each in both) == [0, 2]
            (survivor,) = (each for each in both if each.poll() is None)
            await until(subscriber, lambda: instance(subscriber))
            assert survivor.poll() is None

    play(story())


def test_an_agent_that_was_killed_is_started_again_at_once(
    broker: Listening, start: Callable[[], "subprocess.Popen[str]"]
) -> None:
    async def story() -> None:
        async with hearing(broker) as subscriber:
            first = start()
            await until(subscriber, lambda: instance(subscriber))
            killed = instance(subscriber)
            first.kill()
            second = start()
            await until(subscriber, lambda: instance(subscriber) not in {None, killed})
            assert second.poll() is None

    play(story())


class Agent:
    """A claimant at a simulated broker that keeps one order of messages for all."""

    def __init__(self, broker: list[Message], instance: str) -> None:
        self.broker = broker
        self.instance = instance
        self.claim = Claim("colab", "host", instance)
        self.read: int | None = None
        self.claimed = False
        self.alive = True

    def step(self) -> bool:
        """Subscribe, then claim, then hear one message after the other; False when none is left."""
        if self.read is None:
            self.read = len(self.broker)
        elif not self.claimed:
            self.claimed = True
            self.broker.append(Message(self.claim.topic, self.instance.encode(), retained=False))
        elif self.alive and self.read < len(self.broker):
            self.hear(self.broker[self.read])
            self.read += 1
        else:
            return False
        return True

    def hear(self, message: Message) -> None:
        try:
            refusal = self.claim.hear(message)
        except NameTakenError:
            self.alive = False
            return
        if refusal is not None:
            payload = mqtt.encode(refusal)
            self.broker.append(Message(self.claim.response_topic, payload, retained=False))


@given(st.integers(1, 5), st.lists(st.integers(0, 4)))
def test_whatever_the_order_of_claims_and_answers_one_agent_lives(
    count: int, order: list[int]
) -> None:
    broker: list[Message] = []
    agents = [Agent(broker, str(number)) for number in range(count)]
    for number in order:
        agents[number % count].step()
    while any(agent.step() for agent in agents):
        pass
    first = next(message.payload for message in broker if message.topic == agents[0].claim.topic)
    assert [agent.instance for agent in agents if agent.alive] == [first.decode()]


@given(st.sampled_from(["topic", "response_topic"]), st.binary(), st.booleans())
def test_garbage_takes_nobodys_name(where: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001
    claim = Claim("colab", "host", "one")
    claim.heard_back.set()
    refusal = claim.hear(Message(getattr(claim, where), payload, retained))
    assert refusal is None or is_level(refusal.transaction or "")


def test_a_retained_claim_or_answer_says_nothing() -> None:
    claim = Claim("colab", "host", "one")
    answer = mqtt.encode(mqtt.Response("refused", "one"))
    assert claim.hear(Message(claim.topic, b"one", retained=True)) is None
    assert claim.hear(Message(claim.response_topic, answer, retained=True)) is None
    assert not claim.heard_back.is_set()
    assert not claim.contested
