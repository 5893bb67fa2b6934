"""Devices for Home Assistant: announced, renamed, repeated when it comes up, taken down."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import samples
from colab_cdp_agent.config import Commands, Publish
from colab_cdp_agent.settings.secret import CommandKey
from colab_cdp_agent.tell import buttons
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.homeassistant import OF_AGENT
from mosquitto import Mosquitto, find_mosquitto
from newsroom import (
    INFO,
    LIMIT_S,
    STATUS,
    Newsroom,
    at,
    hearing,
    play,
    running,
    settled,
    told_state,
    until,
)

SESSION = "0123456789"
DEVICE = mqtt.DISCOVERY.at(agent="host", id=SESSION)
OWN = mqtt.DISCOVERY.at(agent="host", id=OF_AGENT)
BIRTH = mqtt.HOMEASSISTANT_STATUS.pattern


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


def bulletin(board: Board, **publish: bool) -> Bulletin:
    return Bulletin(board, "colab", "host", Publish(**publish), Commands())


def test_the_agent_is_announced_before_what_is_reached_through_it() -> None:
    board = Board()
    told = bulletin(board)
    told.info(INFO)
    told.state(samples.state())
    devices = [topic for topic in board.values if topic in {DEVICE, OWN}]
    assert devices == [OWN, DEVICE]


def test_a_device_has_its_notebooks_title() -> None:
    board = Board()
    told = bulletin(board)
    for title in ("", "train", "eval"):
        told.state(samples.state(title=title))
        assert json.loads(board.values[DEVICE])["device"]["name"] == title or SESSION


def test_a_device_is_taken_down_before_the_topics_that_it_reads() -> None:
    async def story() -> None:
        board = Board()
        told = bulletin(board)
        told.state(samples.state())
        told.forget(SESSION)
        async with asyncio.timeout(LIMIT_S):
            assert await board.due() == (DEVICE, b"")
            assert await board.due() == (mqtt.STATE.at(root="colab", agent="host", id=SESSION), b"")

    play(story())


def test_nothing_is_announced_where_it_is_not_wanted() -> None:
    board = Board()
    told = bulletin(board, homeassistant=False)
    told.info(INFO)
    told.state(samples.state())
    told.forget(SESSION)
    assert not any(topic.startswith("homeassistant/") for topic in board.values)


def test_the_last_line_is_announced_only_where_it_is_told() -> None:
    board = Board()
    bulletin(board, last_line=False).state(samples.state())
    assert "last_line" not in json.loads(board.values[DEVICE])["components"]


@pytest.mark.parametrize(
    ("commands", "session", "agent"),
    [
        (
            Commands(),
            ["reconnect", "clear", "screenshot", "pause", "resume"],
            ["pause", "resume"],
        ),
        (Commands(allow=()), [], []),
        (Commands(allow=("interrupt", "keep_alive", "clear")), ["clear"], []),
        (Commands(key=CommandKey("k" * 16)), ["screenshot"], []),
    ],
)
def test_a_button_is_offered_for_what_an_empty_payload_may_ask(
    commands: Commands, session: list[str], agent: list[str]
) -> None:
    assert [verb.name for verb in buttons.of_session(commands)] == session
    assert [verb.name for verb in buttons.of_agent(commands)] == agent


@pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")
def test_every_device_is_announced_once_more_when_home_assistant_comes_up(
    broker: Mosquitto,
) -> None:
    async def story() -> None:
        newsroom = Newsroom(at(broker))
        newsroom.bulletin.info(INFO)
        told_state(newsroom)
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            heard = len(subscriber.messages)
            subscriber.publish(BIRTH, b"offline")
            subscriber.publish(BIRTH, mqtt.ONLINE)
            again = {
                (BIRTH, b"offline"), (BIRTH, mqtt.ONLINE),
                (OWN, newsroom.board.values[OWN]), (DEVICE, newsroom.board.values[DEVICE]),
            }  # fmt: skip
            await until(
                subscriber, lambda: again <= set(subscriber.messages[heard:]), newsroom.check
            )
            assert len(subscriber.messages[heard:]) == len(again)
            assert subscriber.values[STATUS] == mqtt.ONLINE

    play(story())
