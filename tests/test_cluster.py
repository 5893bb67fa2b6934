"""The shipped cluster: a node is killed under load, and every agent and watcher goes on."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

import samples
from cluster import NODES, PASSWORDS, Cluster
from colab_cdp_agent.config import BrokerUrl, Mqtt, Secret
from colab_cdp_agent.tell import messenger as messenger_module
from colab_cdp_agent.tell.connection import Connection, connect
from colab_cdp_agent.tell.link import BrokerLostError, Link, configured_links
from colab_cdp_protocols import mqtt
from mosquitto import HOST
from newsroom import NO_DEVICES, Newsroom, play, running
from watcher import Watcher, watching

LIMIT_S = 100.0
AGENTS = ("one", "two")
SESSIONS = tuple(f"{number:010d}" for number in range(8))
LEFT_BEHIND = {f"colab/three/session/{n:010d}/title": b"left %d" % n for n in range(50)}
TELL_EVERY_S = 0.1


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger_module, "RETRY_FIRST_S", 0.1)
    monkeypatch.setattr(messenger_module, "RETRY_LONGEST_S", 0.5)


def settings(cluster: Cluster, user: str) -> Mqtt:
    """Return the configuration of someone who knows all three nodes."""
    urls = ",".join(f"mqtts://{user}@{HOST}:{port}" for port in cluster.ports.values())
    password = Secret(PASSWORDS[user])
    return Mqtt(url=BrokerUrl.parse(urls), password=password, ca_file=cluster.ca_file)


def link_to(cluster: Cluster, node: str, user: str) -> Link:
    return configured_links(settings(cluster, user))[NODES.index(node)]


async def condition(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)


@asynccontextmanager
async def connected(cluster: Cluster, node: str, user: str = "phone") -> AsyncIterator[Connection]:
    """Hold a connection to one node, as soon as it can be had."""
    async with AsyncExitStack() as held, asyncio.timeout(LIMIT_S):
        while True:
            try:
                connection = await held.enter_async_context(connect(link_to(cluster, node, user)))
                break
            except BrokerLostError:
                await asyncio.sleep(0.1)
        yield connection


class Load:
    """Agents that tell a new step of every session without end."""

    def __init__(self, newsrooms: Sequence[Newsroom]) -> None:
        self._newsrooms = newsrooms
        self.step = 0

    async def run(self) -> None:
        for self.step in itertools.count():
            for newsroom in self._newsrooms:
                for session in SESSIONS:
                    progress = mqtt.Progress(step=self.step)
                    newsroom.bulletin.state(samples.state(session, progress=progress))
            await asyncio.sleep(TELL_EVERY_S)

    def seen_by(self, watcher: Watcher, step: int) -> bool:
        """Return whether a watcher knows that step, or a later one, of every session."""
        for agent, session in itertools.product(AGENTS, SESSIONS):
            payload = watcher.values.get(mqtt.STATE.at(root="colab", agent=agent, id=session))
            if payload is None or (mqtt.decode(mqtt.STATE, payload).progress.step or 0) < step:
                return False
        return all(watcher.values.get(f"colab/{agent}/status") == mqtt.ONLINE for agent in AGENTS)


@asynccontextmanager
async def telling(newsrooms: Sequence[Newsroom]) -> AsyncIterator[Load]:
    load = Load(newsrooms)
    task = asyncio.create_task(load.run())
    async with AsyncExitStack() as running_all:
        for newsroom in newsrooms:
            await running_all.enter_async_context(running(newsroom))
        yield load
        task.cancel()


async def goes_on(load: Load, watchers: Sequence[Watcher]) -> None:
    """Wait until every watcher knows what was told after now."""
    step = load.step + 1
    await condition(lambda: all(load.seen_by(watcher, step) for watcher in watchers))


async def holds(cluster: Cluster, node: str, wanted: dict[str, bytes]) -> None:
    """Wait until a node hands all of this to someone who comes anew."""
    missing = dict(wanted)
    async with connected(cluster, node) as connection, asyncio.timeout(LIMIT_S):
        await connection.subscribe("colab/#")
        async for message in connection.messages():
            if missing.get(message.topic) == message.payload:
                del missing[message.topic]
            if not missing:
                return


@pytest.mark.timeout(400)
def test_a_killed_node_stops_nobody_and_loses_nothing(tmp_path: Path) -> None:
    async def story(cluster: Cluster) -> None:
        async with connected(cluster, "node-1", "agent") as gone:
            for topic, payload in LEFT_BEHIND.items():
                await gone.publish(topic, payload, retain=True)
        newsrooms = [Newsroom(settings(cluster, "agent"), name=name) for name in AGENTS]
        watchers = [Watcher(settings(cluster, "phone"), start=nth) for nth in range(len(NODES))]
        async with watching(*watchers), telling(newsrooms) as load:
            await goes_on(load, watchers)

            cluster.kill("node-1")  # where both agents are, and one of the watchers
            await goes_on(load, watchers)
            for node in ("node-2", "node-3"):
                await holds(cluster, node, LEFT_BEHIND)

            cluster.start("node-1")
            await condition(lambda: cluster.is_well("node-1"))
            await holds(cluster, "node-1", LEFT_BEHIND)
            cluster.kill("node-2")  # without the one that came back there is no majority
            await goes_on(load, watchers)
            for newsroom in newsrooms:
                newsroom.check()

        assert len({where for watcher in watchers for where in watcher.reached}) > 1

    with Cluster(tmp_path) as cluster:
        play(story(cluster))


def test_what_an_agent_told_stands_on_every_node(tmp_path: Path) -> None:
    async def story(cluster: Cluster) -> None:
        newsroom = Newsroom(settings(cluster, "agent"), publish=NO_DEVICES)
        newsroom.bulletin.state(samples.state())
        async with running(newsroom):
            for node in NODES:
                await holds(
                    cluster, node, newsroom.told("colab/") | {"colab/host/status": mqtt.ONLINE}
                )

    with Cluster(tmp_path) as cluster:
        play(story(cluster))


def test_a_phone_of_the_cluster_reads_and_asks_only(tmp_path: Path) -> None:
    async def story(cluster: Cluster) -> None:
        async with (
            connected(cluster, "node-1", "agent") as agent,
            connected(cluster, "node-2", "phone") as phone,
        ):
            await agent.subscribe("colab/#")
            for topic in ("colab/host/status", "colab/host/request/claim", "homeassistant/status"):
                await phone.publish(topic, b"forged", retain=True)
            await phone.publish("colab/host/request/sessions", b"asked")
            async for message in agent.messages():
                assert (message.topic, message.payload) == (
                    "colab/host/request/sessions", b"asked",
                )  # fmt: skip
                break

    with Cluster(tmp_path) as cluster:
        play(story(cluster))
