"""Floods of states, events and lines, at a broker that is there, slow, frozen or gone."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import samples
from colab_cdp_agent.config import Publish
from colab_cdp_agent.tell import connection as connection_module
from colab_cdp_agent.tell import messenger as messenger_module
from colab_cdp_agent.tell import publisher as publisher_module
from colab_cdp_agent.tell.connection import Connection
from colab_cdp_agent.tell.event_queue import EVENTS_KEPT
from colab_cdp_agent.tell.log_tails import LINES_KEPT
from colab_cdp_protocols import mqtt
from mosquitto import Mosquitto, find_mosquitto
from newsroom import Newsroom, at, condition, hearing, play, running, settled, told_state, until
from subscriber import Subscriber

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="a broker is frozen with POSIX signals"),
]

SESSIONS = tuple(f"{number:010x}" for number in range(8))
STATES = [f"colab/host/session/{session}/state" for session in SESSIONS]
LOG = f"colab/host/session/{SESSIONS[0]}/log"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running_broker:
        yield running_broker


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger_module, "RETRY_FIRST_S", 0.05)
    monkeypatch.setattr(messenger_module, "RETRY_LONGEST_S", 0.2)


def flood(newsroom: Newsroom, first: int, count: int) -> None:
    """Change the state of every session so many times, and tell an event of each change."""
    for number in range(first, first + count):
        for session in SESSIONS:
            told_state(newsroom, session=session, title=f"{number}")
            event = mqtt.Happening(f"{session}-{number}", samples.MOMENT, "phase", "info", "")
            newsroom.bulletin.happening(session, event)


def events(subscriber: Subscriber) -> list[str]:
    heard = subscriber.messages
    return [json.loads(payload)["id"] for topic, payload in heard if topic.endswith("/event")]


def logs(subscriber: Subscriber) -> list[mqtt.Log]:
    heard = subscriber.messages
    return [mqtt.decode(mqtt.LOG, payload) for topic, payload in heard if topic == LOG]


def test_a_flood_costs_a_state_a_second_and_loses_no_event_uncounted(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            began = time.monotonic()
            said = 0
            while (
                min(Counter(topic for topic, _ in subscriber.messages)[each] for each in STATES) < 3
            ):
                flood(newsroom, said, 5)
                said += 5
                await asyncio.sleep(0.01)
            await settled(newsroom, subscriber)
            all_said = said * len(SESSIONS)
            await condition(
                lambda: len(events(subscriber)) + newsroom.board.events.dropped == all_said
            )
            states = Counter(topic for topic, _payload in subscriber.messages)
            assert max(states[each] for each in STATES) <= time.monotonic() - began + 1

    play(story())


def test_a_flood_at_a_frozen_broker_ends_with_the_latest_and_a_count_of_what_was_dropped(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "ANSWER_LIMIT_S", 0.5)
    monkeypatch.setattr(connection_module, "GOODBYE_LIMIT_S", 0.2)
    monkeypatch.setattr(publisher_module, "GOODBYE_LIMIT_S", 0.2)

    async def story() -> None:
        newsroom = Newsroom(at(broker))
        async with running(newsroom), hearing(broker) as subscriber:
            flood(newsroom, 0, 1)
            await settled(newsroom, subscriber)
            broker.freeze()
            flood(newsroom, 1, EVENTS_KEPT)
            await condition(lambda: newsroom.messenger.says.startswith("waiting"))
            flood(newsroom, 1 + EVENTS_KEPT, 5)
            broker.thaw()
            await settled(newsroom, subscriber)
            said = (1 + EVENTS_KEPT + 5) * len(SESSIONS)
            # One that was on its way when the broker froze may come twice.
            await condition(
                lambda: len(set(events(subscriber))) + newsroom.board.events.dropped >= said
            )
            assert newsroom.board.events.dropped >= said - len(SESSIONS) - EVENTS_KEPT - 1
            assert events(subscriber)[-1] == f"{SESSIONS[-1]}-{EVENTS_KEPT + 5}"

    play(story())


@pytest.mark.parametrize("held", ["/event", "/needs_you"])
def test_a_state_waits_for_no_answer_but_its_own(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    publish: Callable[..., object] = Connection.publish

    async def never_answered(
        connection: Connection, topic: str, payload: bytes, **options: object
    ) -> None:
        if topic.endswith(held):
            await asyncio.Event().wait()
        await publish(connection, topic, payload, **options)  # type: ignore[misc]

    monkeypatch.setattr(Connection, "publish", never_answered)

    async def story() -> None:
        newsroom = Newsroom(at(broker))
        flood(newsroom, 0, 1)
        async with running(newsroom), hearing(broker) as subscriber:
            for title in ("first", "second"):
                told_state(newsroom, session=SESSIONS[0], title=title)
                await until(
                    subscriber,
                    lambda: subscriber.values.get(STATES[0]) == newsroom.board.values[STATES[0]],
                )

    play(story())


def test_lines_are_told_once_a_second_and_not_while_there_is_no_broker(broker: Mosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker), publish=Publish(log=True))
        count = 0

        def printed(lines: int) -> None:
            nonlocal count
            newsroom.bulletin.log(SESSIONS[0], map(str, range(count, count + lines)))
            count += lines

        printed(10)
        async with running(newsroom):
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)
                assert logs(subscriber) == []
                began = time.monotonic()
                while len(logs(subscriber)) < 3:
                    printed(LINES_KEPT)
                    await asyncio.sleep(0.01)
                heard = logs(subscriber)
                assert len(heard) <= time.monotonic() - began + 1
                for batch in heard:
                    assert batch.lines == tuple(map(str, range(batch.seq, batch.seq + LINES_KEPT)))
            broker.kill()
            await condition(lambda: newsroom.messenger.says.startswith("waiting"))
            printed(10)
            await asyncio.to_thread(broker.start)
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)
                printed(1)
                await until(subscriber, lambda: logs(subscriber))
                assert logs(subscriber) == [mqtt.Log(count - 1, (str(count - 1),))]

    play(story())
