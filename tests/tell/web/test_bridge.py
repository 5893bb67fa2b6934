"""The bridge before a real broker: pages read and ask, and whatever else they try ends the link."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from websockets.exceptions import InvalidStatus

from authority import Authority
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.web import bridge as bridge_module
from colab_cdp_agent.tell.web.login import Login
from colab_cdp_agent.tell.web.server import COOKIE
from colab_cdp_protocols import mqtt, mqtt_packets, signing
from colab_cdp_protocols.mqtt_packets import Kind
from fleet import Fleet, state
from mosquitto import HOST, Mosquitto, find_mosquitto
from page_link import PageLink, counted
from page_server import PageServer
from person import eventually
from subscriber import Subscriber

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="mosquitto is killed as POSIX does it"),
]

STATE = f"colab/desk/session/{0:010x}/state"
REQUEST = f"colab/desk/session/{0:010x}/request/reconnect"
POLICY, TOO_BIG, TRY_AGAIN = 1008, 1009, 1013


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def server(broker: Mosquitto) -> Iterator[PageServer]:
    with PageServer(Link(HOST, broker.port)) as server:
        yield server


@pytest.fixture
def fleet(broker: Mosquitto) -> Iterator[Fleet]:
    fleet = Fleet(broker.port)
    yield fleet
    fleet.close()


def test_a_page_reads_what_stands_and_what_comes(server: PageServer, fleet: Fleet) -> None:
    fleet.publish_state(state(0))
    with PageLink(server.url) as page:
        page.hello()
        page.subscribe("colab/#")
        first = mqtt_packets.read_publish(page.packet(Kind.PUBLISH))
        assert (first.topic, first.retain) == (STATE, True)
        fleet.publish_state(state(0, phase="idle"))
        second = mqtt_packets.read_publish(page.packet(Kind.PUBLISH))
        assert b'"phase":"idle"' in second.payload


def test_a_request_reaches_the_agent(server: PageServer, fleet: Fleet) -> None:
    with PageLink(server.url) as page:
        page.hello()
        page.publish(REQUEST, b'{"transaction": "1"}')
        assert fleet.asked("reconnect") == {"transaction": "1"}


def test_a_forged_state_ends_the_link_and_reaches_nobody(
    broker: Mosquitto, server: PageServer, fleet: Fleet
) -> None:
    fleet.publish_state(state(0))
    watcher = Subscriber(broker.port, "#")
    with PageLink(server.url) as page:
        page.hello()
        page.publish(STATE, b"forged", retain=True)
        assert page.closed() == (POLICY, "a page publishes requests and nothing else")
    with PageLink(server.url) as page:  # what came before it would have come by now
        page.hello()
        page.publish(REQUEST, b'{"transaction": "2"}')
        fleet.asked("reconnect")
    watcher.until(lambda: REQUEST in dict(watcher.messages), 20, lambda: None)
    watcher.close()
    assert [body for topic, body in watcher.messages if topic == STATE and body == b"forged"] == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x30\xff\xff\x7f", "at most 8192"),
        (b"\xf0\x00", "no packet begins with 0xf0"),
        (mqtt_packets.write_connect("again", 20, None, None), "a page sends no CONNECT"),
        ("text", "binary frames"),
    ],
)
def test_what_is_no_packet_for_a_page_ends_the_link(
    server: PageServer, data: bytes | str, reason: str
) -> None:
    with PageLink(server.url) as page:
        page.hello()
        page.say(data)
        code, said = page.closed()
        assert code == POLICY
        assert reason in said


def test_a_frame_of_a_megabyte_ends_the_link(server: PageServer) -> None:
    with PageLink(server.url) as page:
        page.hello()
        page.say(b"\x30" + b"\xff" * 1_048_576)
        assert page.closed()[0] == TOO_BIG
    with PageLink(server.url) as another:
        assert another.hello().body == b"\x00\x00"


def test_a_flood_ends_the_link(server: PageServer) -> None:
    with PageLink(server.url) as page:
        page.hello()
        page.say(b"\xc0\x00" * 500)
        assert page.closed() == (POLICY, "too much at once")


def test_a_page_that_says_nothing_is_let_go(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge_module, "HELLO_LIMIT_S", 0.1)
    with PageLink(server.url) as page:
        assert page.closed() == (POLICY, "nothing was said for 0.1 s")


def test_a_page_says_connect_first(server: PageServer) -> None:
    with PageLink(server.url) as page:
        page.publish(REQUEST)
        assert page.closed() == (POLICY, "a page says CONNECT first")


def test_a_broker_that_is_killed_is_told_and_another_link_finds_it_again(
    broker: Mosquitto, server: PageServer
) -> None:
    with PageLink(server.url) as page:
        page.hello()
        broker.kill()
        code, reason = page.closed()
        assert code == TRY_AGAIN
        assert f"{HOST}:{broker.port}" in reason
    with PageLink(server.url) as page:
        page.say(mqtt_packets.write_connect("page", 20, None, None))
        assert page.closed()[0] == TRY_AGAIN
    broker.start()
    with PageLink(server.url) as page:
        assert page.hello().body == b"\x00\x00"


def test_a_broker_that_answers_nothing_is_waited_for_no_longer_than_that(
    broker: Mosquitto, server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge_module, "HELLO_LIMIT_S", 0.5)
    broker.freeze()
    try:
        with PageLink(server.url) as page:
            page.say(mqtt_packets.write_connect("page", 20, None, None))
            code, reason = page.closed()
    finally:
        broker.thaw()
    assert code == TRY_AGAIN
    assert reason.endswith("no answer within 0.5 s")


def test_an_agent_without_a_broker_says_so(server: PageServer) -> None:
    server.link = None
    with PageLink(server.url) as page:
        page.say(mqtt_packets.write_connect("page", 20, None, None))
        assert page.closed() == (TRY_AGAIN, "the agent has no broker at the moment")


def test_a_page_that_hangs_up_leaves_nothing_behind(server: PageServer) -> None:
    for _ in range(3):
        with PageLink(server.url) as page:
            page.hello()
    eventually(lambda: not server._server._pages)


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://localhost:1"])
def test_another_page_cannot_use_the_bridge(server: PageServer, origin: str | None) -> None:
    with pytest.raises(InvalidStatus, match="403"), PageLink(server.url, origin=origin):
        pass


def test_without_a_login_the_bridge_is_closed(broker: Mosquitto) -> None:
    login = Login("abcd-efgh-jkmn-pqrs")
    with PageServer(Link(HOST, broker.port), login) as server:
        for cookie in (None, "colab_cdp_agent=forged", "colab_cdp_agent=1.x.y"):
            headers = {"Cookie": cookie} if cookie else {}
            with (
                pytest.raises(InvalidStatus, match="401"),
                PageLink(server.url, headers=headers),
            ):
                pass


def test_where_requests_are_signed_a_page_that_logged_in_need_not_have_the_key(
    broker: Mosquitto, fleet: Fleet
) -> None:
    login, key = Login("abcd-efgh-jkmn-pqrs"), "a key of the agent's own"
    with PageServer(Link(HOST, broker.port), login, key) as server:
        headers = {"Cookie": f"{COOKIE}={login.cookie(time.time())}"}
        with PageLink(server.url, headers=headers) as page:
            page.hello()
            page.publish(REQUEST, b"{broken")
            page.publish(REQUEST, b'{"transaction": "1", "args": {}}')
            eventually(lambda: len(fleet.requests) == 2)
    assert fleet.requests[0] == (REQUEST, b"{broken")
    topic, payload = fleet.requests[1]
    asked = mqtt.decode(mqtt.SESSION_REQUEST, payload)
    assert asked.transaction == "1"
    assert signing.is_signed(key, topic, payload, asked.hmac)


def test_no_more_pages_than_any_household_has(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colab_cdp_agent.tell.web.server.MOST_PAGES", 1)
    with PageLink(server.url) as page:
        page.hello()
        with pytest.raises(InvalidStatus, match="503"), PageLink(server.url):
            pass


def guarded_by_password(folder: Path) -> tuple[str, ...]:
    path = folder / "passwords"
    path.touch()
    subprocess.run(
        ["mosquitto_passwd", "-b", path, "agent", "right"], check=True, stderr=subprocess.DEVNULL
    )
    return ("allow_anonymous false", f"password_file {path}")


def test_a_page_comes_in_with_the_agents_login_and_never_learns_it(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, guarded_by_password(tmp_path)) as broker:
        link = Link(HOST, broker.guarded_port, username="agent", password="right")
        with PageServer(link) as server, PageLink(server.url) as page:
            page.hello()
            page.subscribe("colab/#")
        wrong = Link(HOST, broker.guarded_port, username="agent", password="wrong")
        with PageServer(wrong) as server, PageLink(server.url) as page:
            page.say(mqtt_packets.write_connect("page", 20, "agent", "right"))
            code, reason = page.closed()
            assert code == TRY_AGAIN
            assert "refuses the agent's login (code 5)" in reason
            assert "wrong" not in reason


@pytest.mark.parametrize("scheme", ["mqtts", "ws", "wss"])
def test_the_way_to_the_broker_is_the_agents_own(tmp_path: Path, scheme: str) -> None:
    ours, another = Authority(tmp_path / "ours", HOST), Authority(tmp_path / "another", HOST)
    tls = (f"certfile {ours.certificate_file}", f"keyfile {ours.key_file}")
    guarded = [
        "allow_anonymous true",
        *(tls if scheme in {"mqtts", "wss"} else ()),
        *(["protocol websockets"] if scheme in {"ws", "wss"} else []),
    ]
    with Mosquitto(tmp_path, guarded) as broker:
        path = "/mqtt" if scheme.startswith("ws") else None
        encrypted = scheme in {"mqtts", "wss"}
        link = Link(
            HOST,
            broker.guarded_port,
            tls=encrypted,
            websocket_path=path,
            ca_file=ours.ca_file,
        )
        # Mosquitto opens its listener for WebSockets last.
        eventually(lambda: is_open(broker.guarded_port))
        with PageServer(link) as server:
            with PageLink(server.url) as page:
                page.hello()
                page.subscribe("colab/#")
            if not encrypted:
                return
            server.link = structs.replace(link, ca_file=another.ca_file)
            with PageLink(server.url) as page:
                page.say(mqtt_packets.write_connect("page", 20, None, None))
                code, reason = page.closed()
                assert code == TRY_AGAIN
                assert "certificate" in reason


def test_a_broker_that_is_none_is_told(server: PageServer) -> None:
    async def answer_wrongly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def story() -> tuple[int, str]:
        listener = await asyncio.start_server(answer_wrongly, HOST)
        async with listener:
            server.link = Link(HOST, listener.sockets[0].getsockname()[1])
            return await asyncio.to_thread(refused)

    def refused() -> tuple[int, str]:
        with PageLink(server.url) as page:
            page.say(mqtt_packets.write_connect("page", 20, None, None))
            return page.closed()

    code, reason = asyncio.run(story())
    assert code == TRY_AGAIN
    assert "is no MQTT broker" in reason


def test_what_a_page_says_is_counted_in_frames_too(server: PageServer) -> None:
    with PageLink(server.url) as page:
        page.hello()
        half = counted("colab/desk/request/refresh")
        for _ in range(bridge_module.BURST + 1):
            page.say(half[:0])
        assert page.closed() == (POLICY, "too much at once")


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
