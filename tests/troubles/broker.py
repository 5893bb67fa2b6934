"""A broker that is not there, refuses, or has another agent of the name."""

import asyncio
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from authority import Authority
from chromium import free_port
from colab_cdp_agent.answer import Answer
from colab_cdp_agent.config import Commands
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.broker import EmbeddedBroker
from colab_cdp_agent.tell.commands import Gate
from colab_cdp_agent.tell.connection import connect
from colab_cdp_agent.tell.dispatcher import Dispatcher
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.ports import first_free_port
from colab_cdp_protocols import mqtt
from command import Command, run
from mosquitto import HOST, Mosquitto
from newsroom import Newsroom, at, running
from troubles.register import Place, logged, played, says


def agent_said(place: Place, url: str, *arguments: str) -> str:
    """Return with what words an agent ends, whom a broker refuses."""
    ended = run(place.folder, "--port", str(free_port()), "--mqtt", url, *arguments)
    return ended.stderr


@says("the broker cannot be reached")
def absent(place: Place) -> str:
    url = f"mqtt://{HOST}:{free_port()}"
    agent = Command(place.folder, "--port", str(free_port()), "--mqtt", url)
    said = agent.until("the broker cannot")
    agent.process.terminate()
    agent.end()
    return said


@says("events were lost while there was no broker")
def lost_events(place: Place) -> str:
    """Let more happen than waits, and then let the broker come."""

    async def story(broker: Mosquitto) -> None:
        newsroom = Newsroom(at(broker))
        for number in range(1000):
            event = mqtt.Happening(str(number), datetime.now(UTC), "note", "info", "So.")
            newsroom.bulletin.happening("0123456789", event)
        async with running(newsroom):
            while not newsroom.messenger.says.startswith(HOST):
                newsroom.check()
                await asyncio.sleep(0.01)

    with Mosquitto(place.folder) as broker:
        return logged(lambda: played(story(broker)))


def guarded(folder: Path) -> tuple[str, ...]:
    """Return the lines of a broker that knows one user, `agent` with the password `right`."""
    path = folder / "passwords"
    path.touch()
    subprocess.run(["mosquitto_passwd", "-b", path, "agent", "right"], check=True)
    return ("allow_anonymous false", f"password_file {path}")


@says(
    "… refuses the user or password; set COLAB_CDP_AGENT_MQTT_USERNAME and"
    " COLAB_CDP_AGENT_MQTT_PASSWORD, or mqtt.username and mqtt.password"
)
def wrong_password(place: Place) -> str:
    with Mosquitto(place.folder, guarded(place.folder)) as broker:
        return agent_said(place, f"mqtt://agent@{HOST}:{broker.guarded_port}")


def acl(folder: Path, *lines: str) -> tuple[str, ...]:
    (folder / "acl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ("allow_anonymous true", f"acl_file {folder / 'acl'}")


@says("the broker does not let us read these topics")
def unreadable_topics(place: Place) -> str:
    """Read as a phone does what a phone may not read at the embedded broker."""

    async def story() -> None:
        broker = EmbeddedBroker(place.folder, port=first_free_port(()), lan_root="colab")
        address = await broker.start()
        try:
            assert address.lan is not None
            user, password = address.lan.phone
            link = Link(HOST, address.port, username=user, password=password)
            async with connect(link) as connection:
                await connection.subscribe("other/#")
        finally:
            await broker.stop()

    return logged(lambda: played(story()))


@says("what is published there does not come back within 10 s")
def nothing_comes_back(place: Place) -> str:
    lines = acl(place.folder, "topic write #")
    with Mosquitto(place.folder, lines) as broker:
        url = f"mqtt://{HOST}:{broker.guarded_port}"
        return run(place.folder, "doctor", "--mqtt", url, limit=60).stdout


@says(
    "… has a certificate that is not trusted: …; name the file of its authority in mqtt.ca_file,"
    " and its own name in mqtt.url"
)
def unknown_authority(place: Place) -> str:
    ours = Authority(place.folder / "ours", HOST)
    tls = (
        "allow_anonymous true",
        f"certfile {ours.certificate_file}",
        f"keyfile {ours.key_file}",
    )
    with Mosquitto(place.folder, tls) as broker:
        return agent_said(place, f"mqtts://{HOST}:{broker.guarded_port}")


@says("mqtt.ca_file …: …; expected certificates as PEM")
def no_authority(place: Place) -> str:
    (place.folder / "mine.yaml").write_text("mqtt: {ca_file: none.pem}\n", encoding="utf-8")
    return agent_said(place, f"mqtts://{HOST}:1", "--config", "mine.yaml")


@says("another agent named … is alive on this broker: give one of the two another name with --name")
def taken_name(place: Place) -> str:
    with Mosquitto(place.folder) as broker:
        url = f"mqtt://{HOST}:{broker.port}"
        first = Command(place.folder, "--mqtt", url, "--name", "mine", "--port", str(free_port()))
        first.until("publishing")
        said = agent_said(place, url, "--name", "mine")
        first.process.terminate()
        first.end()
    return said


def asked(verb: str, *, retained: bool = False) -> str:
    """Return what is logged when an agent, which fails at everything, is asked for something."""

    async def fail(_session: str | None, _verb: str, _args: Any) -> Answer:
        raise ValueError("a defect")

    async def story() -> None:
        board = Board()
        dispatcher = Dispatcher(
            "colab",
            "host",
            gate=Gate(Commands(), datetime.now(UTC)),
            board=board,
            sessions={},
            carry_out=fail,
            note=lambda _session, _happening: None,
        )
        going = asyncio.create_task(dispatcher.run())
        topic = f"colab/host/request/{verb}"
        dispatcher.take(topic, mqtt.encode(mqtt.Request()), retained=retained)
        while not board.answers._events:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        going.cancel()
        await asyncio.wait({going})

    return logged(lambda: played(story()))


@says("a request was refused")
def refused_request(_place: Place) -> str:
    return asked("pause", retained=True)


@says("a request failed")
def failed_request(_place: Place) -> str:
    return asked("pause")
