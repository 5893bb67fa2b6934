"""The embedded broker, open to the local network: who comes in, and what a phone may do."""

import asyncio
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from structlog.testing import capture_logs

from colab_cdp_agent.config import Mqtt
from colab_cdp_agent.tell import invitation as invitation_module
from colab_cdp_agent.tell.broker import BrokerAddress, BrokerFailedError, EmbeddedBroker
from colab_cdp_agent.tell.broker_access import BrokerRecord, LanAccess, access, record_in
from colab_cdp_agent.tell.broker_files import BrokerFolder
from colab_cdp_agent.tell.broker_process import BrokerProcess
from colab_cdp_agent.tell.connection import connect
from colab_cdp_agent.tell.invitation import invitation
from colab_cdp_agent.tell.link import BrokerRefusedError, Link
from colab_cdp_agent.tell.ports import first_free_port
from newsroom import Newsroom, condition, play, running, told_state

HOST = "127.0.0.1"
LIMIT_S = 60.0
ASKED = "colab/host/request/sessions"
FORBIDDEN = (
    "colab/host/status",
    "colab/host/info",
    "colab/host/sessions",
    "colab/host/needs_you",
    "colab/host/response/sessions",
    "colab/host/request",
    "colab/host/request/claim",
    "colab/host/session/0123456789/state",
    "colab/host/session/0123456789/phase",
    "colab/host/session/0123456789/event",
    "colab/host/session/0123456789/response/clear",
    "colab/host/session/0123456789/request/clear/more",
    "colab/request/sessions",
    "other/host/request/sessions",
    "homeassistant/status",
    "$MQTT/sub/x",
    "$JS/API/INFO",
)
UNREADABLE = (
    "#", "+/#", "+/+/status", "other/#", "secret", "homeassistant/#", "$MQTT/#", "$MQTT/sub/#",
    "$JS/#", "$SYS/#",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "state" / "broker"
    yield path
    files = BrokerFolder(path)
    pid = files.read_pid() if path.is_dir() else None
    if pid is not None and BrokerProcess(pid, files.name).alive():
        os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def any_port() -> int:
    return first_free_port(())


@asynccontextmanager
async def opened(folder: Path, root: str = "colab") -> AsyncIterator[BrokerAddress]:
    """Hold a broker that is open to the local network."""
    broker = EmbeddedBroker(folder, port=any_port(), lan_root=root)
    async with asyncio.timeout(LIMIT_S):
        address = await broker.start()
        try:
            yield address
        finally:
            await broker.stop()


def client(
    address: BrokerAddress, login: tuple[str | None, str | None], will: aiomqtt.Will | None = None
) -> aiomqtt.Client:
    user, password = login
    return aiomqtt.Client(HOST, address.port, username=user, password=password, will=will)


def agent(address: BrokerAddress) -> aiomqtt.Client:
    return client(address, (address.link.username, address.link.password))


def phone(address: BrokerAddress, will: aiomqtt.Will | None = None) -> aiomqtt.Client:
    assert address.lan is not None
    return client(address, address.lan.phone, will)


async def heard_before(listener: aiomqtt.Client, marker: bytes) -> list[str]:
    """Return the topics of what arrives before a marker."""
    topics: list[str] = []
    async for message in listener.messages:
        if message.payload == marker:
            return topics
        topics.append(message.topic.value)
    raise AssertionError


async def retained(address: BrokerAddress) -> dict[str, bytes]:
    """Return what the broker retains."""
    found: dict[str, bytes] = {}
    async with agent(address) as reader:
        await reader.subscribe("#", qos=1)
        await reader.publish("last", b"last", qos=1)
        async for message in reader.messages:
            if message.topic.value == "last":
                return found
            found[message.topic.value] = bytes(message.payload)
    raise AssertionError


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_phone_publishes_requests_and_nothing_else(folder: Path, qos: int) -> None:
    async def story() -> None:
        async with opened(folder) as address, agent(address) as all_hearing:
            await all_hearing.subscribe("#", qos=1)
            await all_hearing.publish("colab/host/status", "online", qos=1, retain=True)
            await heard_before(all_hearing, b"online")
            for retain in (False, True):
                async with phone(address) as forger:
                    for topic in FORBIDDEN:
                        await forger.publish(topic, "forged", qos=qos, retain=retain)
                    await forger.publish("colab/host/session/0/request/clear", "", qos=qos)
                    await forger.publish(ASKED, "marker", qos=qos)
                heard = await heard_before(all_hearing, b"marker")
                assert heard == ["colab/host/session/0/request/clear"]
            assert await retained(address) == {"colab/host/status": b"online"}

    asyncio.run(story())


def test_a_phone_reads_what_is_under_the_root(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder, "home/colab") as address, agent(address) as teller:
            await teller.publish("home/colab/host/status", "online", qos=1, retain=True)
            for readable in ("home/colab/#", "home/colab/+/status", "home/colab/host/status"):
                for qos in (0, 1, 2):
                    async with phone(address) as reader:
                        assert await reader.subscribe(readable, qos=qos) != (128,)
                        message = await anext(aiter(reader.messages))
                        assert message.payload == b"online"

    asyncio.run(story())


def test_a_phone_reads_nothing_outside_the_root(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder) as address, agent(address) as teller, phone(address) as reader:
            await teller.publish("secret", "old", qos=1, retain=True)
            for outside in UNREADABLE:
                for qos in (0, 1, 2):
                    (answer,) = await reader.subscribe(outside, qos=qos)
                    assert getattr(answer, "is_failure", answer == 128), outside
            await reader.subscribe("colab/#", qos=1)
            await teller.publish("secret", "new", qos=1)
            await teller.publish("homeassistant/device/host/config", "new", qos=1)
            await teller.publish(ASKED, "marker", qos=1)
            assert await heard_before(reader, b"marker") == []

    asyncio.run(story())


def test_a_refused_subscription_is_said(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder) as address:
            assert address.lan is not None
            user, password = address.lan.phone
            link = Link(HOST, address.port, username=user, password=password)
            async with connect(link) as connection:
                for qos in (0, 1):
                    await connection.subscribe("colab/#", "other/#", qos=qos)

    with capture_logs() as logs:
        asyncio.run(story())
    said = [line["topics"] for line in logs if "does not let us read" in line["event"]]
    assert said == [["other/#"], ["other/#"]]


def cut_off(address: BrokerAddress, topic: str) -> None:
    """Connect as a phone with a last will on a topic, and break off."""
    assert address.lan is not None
    cut = Client(CallbackAPIVersion.VERSION2)
    cut.username_pw_set(*address.lan.phone)
    cut.will_set(topic, b"will", qos=1, retain=True)
    cut.connect(HOST, address.port)
    while not cut.is_connected():
        cut.loop(0.1)
    connection = cut.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)
    cut.loop(0.1)


def test_a_phones_last_will_forges_nothing(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder) as address, agent(address) as all_hearing:
            await all_hearing.subscribe("#", qos=1)
            for topic in (*FORBIDDEN[:4], ASKED):
                await asyncio.to_thread(cut_off, address, topic)
            message = await anext(aiter(all_hearing.messages))
            assert message.topic.value == ASKED
            assert set(await retained(address)) == {ASKED}

    asyncio.run(story())


def test_who_has_no_password_stays_outside(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder) as address:
            lan = address.lan
            assert lan is not None
            record = BrokerFolder(folder).read_record()
            assert record is not None
            for user, password in (
                (None, None),
                ("agent", None),
                ("agent", lan.phone_password),
                ("phone", lan.agent_password),
                ("phone", lan.phone_password + "x"),
                ("mqtt", record.password),
            ):
                with pytest.raises(BrokerRefusedError, match="refuses the user or password"):
                    async with connect(Link(HOST, address.port, username=user, password=password)):
                        pass
            async with connect(address.link), phone(address):
                pass

    asyncio.run(story())


def test_the_port_of_nats_itself_takes_no_login_of_the_network(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder) as address:
            record = BrokerFolder(folder).read_record()
            assert record is not None
            assert address.lan is not None
            for user, password in (address.lan.agent, address.lan.phone):
                reader, writer = await asyncio.open_connection(HOST, record.client_port)
                login = f'CONNECT {{"user":"{user}","pass":"{password}"}}\r\nPING\r\n'
                writer.write(login.encode())
                assert b"Authorization Violation" in await reader.read()
                writer.close()
                await writer.wait_closed()

    asyncio.run(story())


@pytest.mark.skipif(sys.platform != "linux", reason="all of 127.0.0.0/8 is this computer there")
def test_it_is_open_on_every_address_only_with_lan(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder) as address:
            with socket.create_connection(("127.0.0.2", address.port)):
                record = BrokerFolder(folder).read_record()
            assert record is not None
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.2", record.client_port))
        closed = EmbeddedBroker(folder, port=any_port())
        address = await closed.start()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", address.port))
        await closed.stop()

    asyncio.run(story())


def test_the_passwords_are_made_once_and_private(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder) as first:
            pass
        async with opened(folder) as second:
            assert second.lan == first.lan
        files = BrokerFolder(folder)
        for path in (files.agent_password, files.phone_password, files.config):
            assert sys.platform == "win32" or stat.S_IMODE(path.stat().st_mode) == 0o600
        assert first.lan is not None
        assert files.phone_password.read_text("utf-8").strip() == first.lan.phone_password
        assert first.lan.phone_password != first.lan.agent_password
        assert first.lan.phone_password not in repr(first)
        files.phone_password.unlink()
        async with opened(folder) as third:
            assert third.lan is not None
            assert third.lan.phone_password != first.lan.phone_password

    asyncio.run(story())


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 9, b"two\nlines of words\n"])
def test_a_file_without_a_password_is_a_sentence(folder: Path, content: bytes) -> None:
    files = BrokerFolder(folder)
    files.prepare()
    files.phone_password.write_bytes(content)
    broker = EmbeddedBroker(folder, port=any_port(), lan_root="colab")
    with pytest.raises(BrokerFailedError, match=r"phone-password holds no password: delete it"):
        asyncio.run(broker.start())
    asyncio.run(broker.stop())


def test_lan_is_switched_on_and_off_between_starts_and_nothing_is_lost(folder: Path) -> None:
    async def story() -> None:
        port = any_port()
        for round_, root in enumerate((None, "colab", None, "colab", "home/colab")):
            broker = EmbeddedBroker(folder, port=port, lan_root=root)
            address = await broker.start()
            assert (address.port, address.adopted, address.otherwise) == (port, False, "")
            assert (address.lan and address.lan.root) == root
            assert set(await retained(address)) == {f"colab/{number}" for number in range(round_)}
            async with agent(address) as teller:
                await teller.publish(f"colab/{round_}", "kept", qos=1, retain=True)
            await broker.stop()

    asyncio.run(story())


@pytest.mark.skipif(sys.platform == "win32", reason="the agent is left behind as POSIX does it")
@pytest.mark.parametrize(("before", "after"), [(None, "colab"), ("colab", None), ("colab", "x")])
def test_a_broker_that_a_dead_agent_left_is_started_anew_as_it_is_wanted(
    folder: Path, before: str | None, after: str | None
) -> None:
    async def story() -> None:
        dead = EmbeddedBroker(folder, port=any_port(), lan_root=before)
        old = await dead.start()
        dead._folder.user.release()  # as the system does it when the agent dies
        assert dead._process is not None
        dead._process.disown()
        broker = EmbeddedBroker(folder, port=old.port, lan_root=after)
        new = await broker.start()
        assert (new.port, new.adopted, new.otherwise) == (old.port, False, "")
        assert (new.lan and new.lan.root) == after
        assert new.pid != old.pid
        await broker.stop()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (None, "colab", "reachable from this computer only"),
        ("colab", None, "open to the local network"),
        ("colab", "other", "open to phones for colab/"),
        ("colab", "colab", ""),
        (None, None, ""),
    ],
)
def test_a_broker_that_another_agent_uses_stays_as_it_is_and_that_is_said(
    folder: Path, first: str | None, second: str | None, says: str
) -> None:
    async def story() -> None:
        one = EmbeddedBroker(folder, port=any_port(), lan_root=first)
        theirs = await one.start()
        two = EmbeddedBroker(folder, port=any_port(), lan_root=second)
        ours = await two.start()
        assert (ours.port, ours.pid, ours.adopted) == (theirs.port, theirs.pid, True)
        assert says in ours.otherwise
        assert bool(ours.otherwise) == bool(says)
        async with connect(theirs.link), connect(ours.link):
            pass
        await two.stop()
        async with connect(theirs.link):
            pass
        await one.stop()

    asyncio.run(story())


def test_an_agent_publishes_with_its_login(folder: Path) -> None:
    told: list[BrokerAddress] = []

    async def story() -> None:
        broker = EmbeddedBroker(folder, port=any_port(), lan_root="colab")
        newsroom = Newsroom(Mqtt(), embedded=broker, started=told.append)
        told_state(newsroom)
        async with asyncio.timeout(LIMIT_S), running(newsroom):
            await condition(lambda: bool(told))
            async with phone(told[0]) as reader:
                await reader.subscribe("colab/host/session/+/phase", qos=1)
                assert (await anext(aiter(reader.messages))).payload == b"running"
        await newsroom.messenger.stop()

    play(story())
    assert len(told) == 1


def test_the_password_is_shown_to_a_terminal_and_to_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = LanAccess("colab", "agents-secret", "phones-secret")
    path = folder / "phone-password"
    broker = BrokerAddress(HOST, 1884, None, adopted=False, lan=lan, phone_password_file=path)
    monkeypatch.setattr(invitation_module, "lan_address", lambda: "192.0.2.7")
    shown = "\n".join(invitation(broker, to_terminal=True))
    filed = "\n".join(invitation(broker, to_terminal=False))
    for text in (shown, filed):
        assert "host 192.0.2.7  port 1884  user phone  password " in text
        assert "colab/#" in text
        assert "agents-secret" not in text
    assert shown.splitlines()[1].endswith("password phones-secret")
    assert max(map(len, shown.splitlines())) < 80
    assert "phones-secret" not in filed
    assert str(path) in filed
    assert list(invitation(BrokerAddress(HOST, 1883, None, adopted=False), to_terminal=True)) == []


ports = st.integers(1, 65_535)
passwords = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)
levels = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
roots = st.lists(levels, min_size=1, max_size=4).map("/".join)


@given(ports, ports, passwords, st.none() | st.builds(LanAccess, roots, passwords, passwords))
def test_a_record_is_read_as_it_was_written(
    mqtt_port: int, client_port: int, password: str, lan: LanAccess | None
) -> None:
    record = BrokerRecord(mqtt_port, client_port, password, lan)
    assert record_in(access(record)) == record
