"""`watch` at a real broker: two agents, an outage, garbage, and whoever reads it leaves."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import samples
from colab_cdp_agent.remote import watching as watching_module
from colab_cdp_agent.remote.station import Station
from colab_cdp_agent.remote.watching import Watch, show_table
from colab_cdp_agent.tell.broker import EmbeddedBroker
from colab_cdp_agent.tell.link import BrokerRefusedError, Link
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.session_id import session_id
from colab_cdp_protocols.topic import Topic
from command import COMMAND, Command, environment, run
from mosquitto import HOST, Mosquitto, find_mosquitto
from newsroom import condition, play
from subscriber import Subscriber

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="it is ended by a POSIX signal"),
]

LAPTOP, TOWER = "laptop", "tower"
INFO = mqtt.Info(
    "1", "h", samples.MOMENT, (),
    mqtt.ChromeInfo("connected", "Chrome/148", samples.MOMENT, None), (), "external", "one",
)  # fmt: skip


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
def agents(broker: Mosquitto) -> Iterator[Subscriber]:
    """Stand in for two agents of one session each."""
    speaker = Subscriber(broker.port, "#")
    tell_all(speaker)
    yield speaker
    speaker.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching_module, "RETRY_LONGEST_S", 0.2)
    monkeypatch.setattr(watching_module, "REFRESH_S", 0.02)


def tell_all(speaker: Subscriber) -> None:
    for agent in (LAPTOP, TOWER):
        tell(speaker, mqtt.STATUS, mqtt.ONLINE, agent)
        tell(speaker, mqtt.INFO, INFO, agent)
        tell_state(speaker, agent)


def tell(speaker: Subscriber, row: Topic, payload: object, agent: str, **levels: str) -> None:
    topic = row.at(root="colab", agent=agent, **levels)
    speaker.publish(topic, mqtt.encode(payload), retain=True)


def tell_state(speaker: Subscriber, agent: str, **changes: Any) -> None:
    state = samples.state(title=f"on {agent}", **changes)
    tell(speaker, mqtt.STATE, state, agent, id=state.id)
    entry = mqtt.SessionEntry(state.id, state.title, state.phase)
    tell(speaker, mqtt.SESSIONS, (entry,), agent)


def url(broker: Mosquitto) -> tuple[str, str]:
    return "--mqtt", f"mqtt://{HOST}:{broker.port}"


def read_until(watch: Command, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the first line of JSON for which something holds."""
    while True:
        line: dict[str, Any] = json.loads(watch.until("{"))
        if holds(line):
            return line


def test_json_tells_each_change_survives_an_outage_and_ends_as_asked(
    tmp_path: Path, broker: Mosquitto, agents: Subscriber
) -> None:
    watch = Command(tmp_path, "watch", "--json", *url(broker))
    told: dict[str, str] = {}
    while len(told) < 2:
        line = read_until(watch, lambda line: "state" in line)
        told[line["agent"]] = line["state"]["title"]
    assert told == {LAPTOP: f"on {LAPTOP}", TOWER: f"on {TOWER}"}

    tell_state(agents, TOWER, phase="needs_you")
    changed = read_until(watch, lambda line: "state" in line)
    assert (changed["agent"], changed["state"]["phase"]) == (TOWER, "needs_you")
    tell(agents, mqtt.STATUS, mqtt.OFFLINE, TOWER)
    assert read_until(watch, lambda line: "status" in line)["status"] == "offline"

    broker.kill()
    lost = read_until(watch, lambda line: "broker" in line)
    assert (lost["broker"], str(broker.port) in lost["reason"]) == ("lost", True)
    broker.start()
    assert read_until(watch, lambda line: line.get("broker") == "connected")
    tell_all(agents)
    tell_state(agents, LAPTOP, phase="ended")
    ended = read_until(watch, lambda line: "state" in line and line["state"]["phase"] == "ended")
    assert ended["agent"] == LAPTOP

    watch.process.send_signal(signal.SIGINT)
    assert watch.end() == 0
    assert all(line.startswith("{") for line in watch.said.splitlines())


def test_plain_lines_where_there_is_no_terminal_and_garbage_is_passed_over(
    tmp_path: Path, broker: Mosquitto, agents: Subscriber
) -> None:
    for junk in (b"", b"\xff", b"{", b"[" * 5_000, b"x" * 100_000, b"null", b'{"id": "x"}'):
        for topic in (f"{LAPTOP}/info", f"{LAPTOP}/session/x/state", "X/status", "junk/sessions"):
            agents.publish(f"colab/{topic}", junk, retain=True)
    watch = Command(tmp_path, "watch", *url(broker))
    watch.until(f"running      {TOWER}/on {TOWER}")
    agents.publish(f"colab/{LAPTOP}/session/0123456789/state", b"no state", retain=True)
    tell_state(agents, LAPTOP, phase="idle")
    watch.until(f"idle         {LAPTOP}/on {LAPTOP}")
    watch.process.send_signal(signal.SIGTERM)
    assert watch.end() == 0


def test_it_ends_when_nobody_reads_any_more(
    tmp_path: Path, broker: Mosquitto, agents: Subscriber
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "watch", "--json", *url(broker)],
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stderr, process:
        assert process.stdout.readline()
        process.stdout.close()
        for number in range(10_000):
            tell_state(agents, LAPTOP, progress=mqtt.Progress(step=number))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                break
        assert process.returncode == 0
        assert process.stderr.read() == ""


def test_no_broker_is_waited_for(tmp_path: Path, broker: Mosquitto) -> None:
    broker.kill()
    watch = Command(tmp_path, "watch", *url(broker))
    assert ": Connection refused" in watch.until("broker lost")
    broker.start()
    watch.until("broker connected")
    watch.process.send_signal(signal.SIGINT)
    assert watch.end() == 0


def test_a_refused_login_ends_it_with_the_remedy(tmp_path: Path) -> None:
    lines = ["allow_anonymous false"]
    with Mosquitto(tmp_path, lines) as broker:
        where = f"mqtt://{HOST}:{broker.guarded_port}"
        ended = run(tmp_path, "watch", "--json", "--mqtt", where)
    assert ended.returncode == 3
    assert "COLAB_CDP_AGENT_MQTT_PASSWORD" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--mqtt", "none"], "there is no broker to look at"),
        (["--mqtt", "mqtt://10.9.8.7"], "--insecure-plaintext"),
        (["--root", "Home"], "topic levels such as colab"),
        (["--mqtt", "wss://b", "--config", "mine.yaml"], "expected certificates as PEM"),
    ],
)
def test_what_cannot_be_watched_is_said(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "mine.yaml").write_text("mqtt: {ca_file: none.pem}\n", encoding="utf-8")
    ended = run(tmp_path, "watch", *arguments)
    assert ended.returncode == 2
    assert says in ended.stderr


@pytest.mark.parametrize("lan_root", [None, "colab"])
def test_the_broker_that_an_agent_here_started_is_found(
    tmp_path: Path, lan_root: str | None
) -> None:
    watch = Command(tmp_path, "watch")
    assert "no agent on this computer has a broker running" in watch.until("broker lost")

    async def story() -> None:
        embedded = EmbeddedBroker(
            Path(environment(tmp_path)["COLAB_CDP_AGENT_STATE_DIR"]) / "broker", lan_root=lan_root
        )
        address = await embedded.start()
        try:
            found = await asyncio.to_thread(watch.until, "broker connected")
            assert f"{address.host}:{address.port}" in found
        finally:
            await embedded.stop()

    play(story())
    watch.until("broker lost")
    watch.process.send_signal(signal.SIGINT)
    assert watch.end() == 0


class Terminal:
    """A terminal of that size, in this process, and what is on it."""

    def __init__(self) -> None:
        self.file = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - closed below
        self.console = Console(
            file=self.file, width=100, height=30, force_terminal=True, record=True, highlight=False
        )

    def close(self) -> str:
        self.file.close()
        return self.console.export_text()


def test_a_terminal_shows_the_table_through_an_outage_and_keeps_the_last(
    broker: Mosquitto, agents: Subscriber
) -> None:
    station, terminal = Station("colab"), Terminal()

    async def find() -> Link:
        return Link(HOST, broker.port)

    def phase(agent: str) -> str | None:
        known = station.agents.get(agent)
        shown = known.sessions.get("0123456789") if known is not None else None
        return shown.state.phase if shown is not None else None

    async def story() -> None:
        showing = asyncio.create_task(show_table(station, find, terminal.console))
        await condition(lambda: phase(LAPTOP) == phase(TOWER) == "running")
        await asyncio.to_thread(broker.kill)
        await condition(lambda: station.lost is not None)
        await asyncio.to_thread(broker.start)
        await condition(lambda: station.lost is None)
        await asyncio.to_thread(tell_all, agents)
        await asyncio.to_thread(tell_state, agents, TOWER, phase="limited")
        await condition(lambda: phase(TOWER) == "limited" and station.agents[TOWER].present)
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing

    play(story())
    last = terminal.close().rpartition("colab · 1 needs")[2]
    assert f"limited      {TOWER}" in last
    assert station.passed_over == 0


def test_a_hundred_agents_of_eight_sessions_are_all_known(broker: Mosquitto) -> None:
    speaker = Subscriber(broker.port, "none")
    station = Station("colab")
    sessions = [session_id("colab", str(number)) for number in range(8)]
    for number in range(100):
        tell(speaker, mqtt.STATUS, mqtt.ONLINE, f"agent-{number}")
        tell(speaker, mqtt.INFO, INFO, f"agent-{number}")
        for session in sessions:
            tell(speaker, mqtt.STATE, samples.state(session), f"agent-{number}", id=session)
        entries = tuple(mqtt.SessionEntry(session, "t", "idle") for session in sessions)
        tell(speaker, mqtt.SESSIONS, entries, f"agent-{number}")

    async def find() -> Link:
        return Link(HOST, broker.port)

    async def story() -> None:
        watching = asyncio.create_task(Watch(station, find, lambda _change: None).run())
        await condition(
            lambda: (
                len(station.agents) == 100
                and all(len(agent.sessions) == 8 for agent in station.agents.values())
            )
        )
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    play(story())
    speaker.close()
    assert station.passed_over == 0


def test_a_refusal_after_a_welcome_is_an_outage(broker: Mosquitto, tmp_path: Path) -> None:
    station = Station("colab")
    links = [Link(HOST, broker.port)]
    folder = tmp_path / "guarded"
    folder.mkdir()

    async def find() -> Link:
        return links[0]

    async def story() -> None:
        watching = asyncio.create_task(Watch(station, find, lambda _change: None).run())
        await condition(lambda: station.lost is None)
        with Mosquitto(folder, ["allow_anonymous false"]) as guarded:
            links[0] = Link(HOST, guarded.guarded_port)
            await asyncio.to_thread(broker.kill)
            await condition(lambda: "refuses the user" in (station.lost or ""))
        assert not watching.done()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    play(story())


def test_the_first_refusal_is_raised(tmp_path: Path) -> None:
    async def story(link: Link) -> None:
        async def find() -> Link:
            return link

        with pytest.raises(BrokerRefusedError):
            await Watch(Station("colab"), find, lambda _change: None).run()

    with Mosquitto(tmp_path, ["allow_anonymous false"]) as broker:
        play(story(Link(HOST, broker.guarded_port)))
