"""Two agents of two names on one broker: each tells its own, and neither disturbs the other."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from colab_cdp_agent.config import Mqtt
from colab_cdp_agent.tell.broker import EmbeddedBroker
from colab_cdp_agent.tell.connection import connect
from colab_cdp_agent.tell.link import Link, configured_links
from colab_cdp_agent.tell.ports import first_free_port
from colab_cdp_protocols import mqtt
from mosquitto import find_mosquitto
from newsroom import NO_DEVICES, Newsroom, play, running, told_state
from shipped_mosquitto import ShippedMosquitto

LIMIT_S = 60.0
NAMES = ("laptop", "desktop")


class Embedded:
    """The broker that each agent finds by itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = first_free_port(())

    def newsroom(self, name: str) -> Newsroom:
        broker = EmbeddedBroker(self._folder, port=self._port)
        return Newsroom(Mqtt(), name, name=name, embedded=broker, publish=NO_DEVICES)

    def link(self) -> Link:
        return Link("127.0.0.1", self._port)


class Shipped:
    """A mosquitto, and a login for each agent."""

    def __init__(self, broker: ShippedMosquitto) -> None:
        self._broker = broker

    def newsroom(self, name: str) -> Newsroom:
        return Newsroom(self._broker.settings(name), name, name=name, publish=NO_DEVICES)

    def link(self) -> Link:
        (link,) = configured_links(self._broker.settings("phone"))
        return link


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Embedded | Shipped]:
    if request.param == "embedded":
        yield Embedded(tmp_path / "broker")
    elif find_mosquitto() is None or sys.platform == "win32":
        pytest.skip("no mosquitto installed")
    else:
        with ShippedMosquitto(tmp_path) as running_broker:
            yield Shipped(running_broker)


async def holds(link: Link, wanted: dict[str, bytes]) -> None:
    """Wait until the broker has told all of this to someone who listens."""
    missing = dict(wanted)
    async with connect(link) as connection, asyncio.timeout(LIMIT_S):
        await connection.subscribe("colab/#")
        async for message in connection.messages():
            if missing.get(message.topic) == message.payload:
                del missing[message.topic]
            if not missing:
                return


def told_online(newsroom: Newsroom, name: str) -> dict[str, bytes]:
    return newsroom.told("colab/") | {f"colab/{name}/status": mqtt.ONLINE}


def test_each_tells_its_own_and_goes_on_when_the_other_ends(broker: Embedded | Shipped) -> None:
    async def story() -> None:
        laptop, desktop = map(broker.newsroom, NAMES)
        for newsroom in (laptop, desktop):
            told_state(newsroom)
        async with running(desktop):
            async with running(laptop):
                await until_published(laptop, desktop)
                both = told_online(laptop, "laptop") | told_online(desktop, "desktop")
                await holds(broker.link(), both)
            await laptop.messenger.stop()
            told_state(desktop, phase="idle")
            left = {"colab/laptop/status": mqtt.OFFLINE}
            await holds(broker.link(), told_online(desktop, "desktop") | left)
            desktop.check()
        await desktop.messenger.stop()

    play(story())


async def until_published(*newsrooms: Newsroom) -> None:
    async with asyncio.timeout(LIMIT_S):
        for newsroom in newsrooms:
            while newsroom.messenger.says.startswith(("not", "waiting")):
                newsroom.check()
                await asyncio.sleep(0.01)


def test_a_request_reaches_the_agent_it_names_alone(broker: Embedded | Shipped) -> None:
    async def story() -> None:
        laptop, desktop = map(broker.newsroom, NAMES)
        async with running(desktop), running(laptop):
            await until_published(laptop, desktop)
            async with connect(broker.link()) as phone, asyncio.timeout(LIMIT_S):
                await phone.subscribe("colab/+/response/+")
                heard = []
                for name in NAMES:
                    await phone.publish(f"colab/{name}/request/sessions", b"")
                    heard.append((await anext(phone.messages())).topic)
                assert heard == [f"colab/{name}/response/sessions" for name in NAMES]
        for newsroom in (laptop, desktop):
            await newsroom.messenger.stop()

    play(story())
