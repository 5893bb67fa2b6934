"""The shipped configuration of Mosquitto, with a real one: who may do what, and what is refused."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from msgspec.structs import replace

from authority import Authority
from colab_cdp_agent.config import Mqtt
from colab_cdp_agent.tell.connection import Connection, Message, connect
from colab_cdp_agent.tell.link import BrokerRefusedError, configured_links
from colab_cdp_protocols import mqtt
from mosquitto import HOST, find_mosquitto
from newsroom import NO_DEVICES, Newsroom, play, running, told_state
from shipped_mosquitto import ShippedMosquitto

LIMIT_S = 60.0
ASKED = "colab/laptop/request/sessions"
FORBIDDEN = (
    "colab/laptop/status",
    "colab/laptop/info",
    "colab/laptop/needs_you",
    "colab/laptop/response/sessions",
    "colab/laptop/request/claim",
    "colab/laptop/request/clear/more",
    "colab/laptop/session/0123456789/state",
    "colab/laptop/session/0123456789/event",
    "colab/laptop/session/0123456789/response/clear",
    "colab/phone/status",
    "homeassistant/status",
    "homeassistant/device/laptop/0123456789/config",
    "other",
)

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="mosquitto is killed as POSIX does it"),
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ShippedMosquitto]:
    with ShippedMosquitto(tmp_path) as running_broker:
        yield running_broker


def connected(broker: ShippedMosquitto, user: str) -> AbstractAsyncContextManager[Connection]:
    (link,) = configured_links(broker.settings(user))
    return connect(link)


async def heard_before(connection: Connection, marker: bytes) -> list[Message]:
    """Return what arrives before a marker."""
    found: list[Message] = []
    async with asyncio.timeout(LIMIT_S):
        async for message in connection.messages():
            if message.payload == marker:
                return found
            found.append(message)
    raise AssertionError


def refused(settings: Mqtt) -> str:
    async def story() -> None:
        async with asyncio.timeout(LIMIT_S):
            await Newsroom(settings).messenger.run()

    with pytest.raises(BrokerRefusedError) as caught:
        play(story())
    return str(caught.value)


def test_a_phone_reads_what_an_agent_tells_and_is_answered(broker: ShippedMosquitto) -> None:
    async def story() -> None:
        newsroom = Newsroom(broker.settings("laptop"), name="laptop", publish=NO_DEVICES)
        told_state(newsroom)
        wanted = newsroom.told("colab/") | {
            "colab/laptop/status": mqtt.ONLINE,
            "colab/laptop/response/sessions": mqtt.encode(mqtt.Response("ok")),
        }
        async with running(newsroom), connected(broker, "phone") as phone:
            await phone.subscribe("colab/#")
            async with asyncio.timeout(LIMIT_S):
                async for message in phone.messages():
                    if wanted.get(message.topic) == message.payload:
                        del wanted[message.topic]
                    if not wanted:
                        break
                    if message.topic == "colab/laptop/status":
                        await phone.publish(ASKED, b"")

    play(story())


@pytest.mark.parametrize("retain", [False, True])
def test_a_phone_writes_requests_and_nothing_else(
    broker: ShippedMosquitto,
    retain: bool,  # noqa: FBT001 - both
) -> None:
    async def story() -> None:
        async with (
            connected(broker, "laptop") as agent,
            connected(broker, "homeassistant") as assistant,
            connected(broker, "phone") as phone,
        ):
            await agent.subscribe("colab/laptop/#")
            await assistant.subscribe("#")
            for topic in FORBIDDEN:
                await phone.publish(topic, b"forged", retain=retain)
            await phone.publish("colab/laptop/session/0123456789/request/clear", b"")
            await phone.publish(ASKED, b"marker")
            for listener in (agent, assistant):
                heard = await heard_before(listener, b"marker")
                assert [message.topic for message in heard] == [
                    "colab/laptop/session/0123456789/request/clear"
                ]

    play(story())


def test_a_phone_reads_nothing_outside_the_root(broker: ShippedMosquitto) -> None:
    async def story() -> None:
        async with connected(broker, "laptop") as agent, connected(broker, "phone") as phone:
            await phone.subscribe("#", "homeassistant/#")
            await agent.publish("homeassistant/device/laptop/x/config", b"{}", retain=True)
            await agent.publish("colab/laptop/status", b"marker")
            assert await heard_before(phone, b"marker") == []

    play(story())


def test_an_agent_writes_nothing_of_another_agents(broker: ShippedMosquitto) -> None:
    async def story() -> None:
        async with connected(broker, "laptop") as agent, connected(broker, "phone") as phone:
            await phone.subscribe("colab/#")
            await agent.publish("colab/desktop/status", b"offline", retain=True)
            await agent.publish("colab/desktop/request/pause", b"")
            await agent.publish("colab/laptop/status", b"marker")
            assert await heard_before(phone, b"marker") == []

    play(story())


def test_home_assistant_reads_the_discovery_and_presses_buttons(broker: ShippedMosquitto) -> None:
    async def story() -> None:
        config = "homeassistant/device/laptop/0123456789/config"
        async with (
            connected(broker, "laptop") as agent,
            connected(broker, "homeassistant") as assistant,
        ):
            await agent.subscribe("homeassistant/status", "colab/laptop/session/+/request/+")
            await agent.publish(config, b"{}", retain=True)
            await assistant.subscribe("homeassistant/#")
            await assistant.publish("homeassistant/status", b"online")
            await assistant.publish("colab/laptop/session/0123456789/request/clear", b"marker")
            heard = await heard_before(agent, b"marker")
            assert [message.topic for message in heard] == ["homeassistant/status"]
            assert [each.topic for each in await heard_before(assistant, b"online")] == [config]

    play(story())


def test_a_wrong_password_is_a_sentence(broker: ShippedMosquitto) -> None:
    for settings in (
        broker.settings("laptop", "wrong"),
        broker.settings("nobody"),
        replace(broker.settings("laptop"), password=None),
    ):
        sentence = refused(settings)
        assert sentence.startswith(f"{HOST}:{broker.port} refuses the user or password")
        assert "wrong" not in sentence


def test_an_untrusted_certificate_is_a_sentence(broker: ShippedMosquitto, tmp_path: Path) -> None:
    another = Authority(tmp_path / "another", HOST)
    for ca_file in (another.ca_file, None):
        sentence = refused(replace(broker.settings("laptop"), ca_file=ca_file))
        assert "certificate that is not trusted" in sentence
        assert "mqtt.ca_file" in sentence
