"""Logins, certificates and transports, at a real mosquitto: what is refused is said, and closed."""

import asyncio
import re
import ssl
import subprocess
import sys
from pathlib import Path

import aiomqtt
import pytest

from authority import Authority
from colab_cdp_agent.config import BrokerUrl, Mqtt, Secret
from colab_cdp_agent.tell import messenger as messenger_module
from colab_cdp_agent.tell.connection import connect, told_already
from colab_cdp_agent.tell.link import (
    BrokerLostError,
    BrokerRefusedError,
    configured_links,
    loss,
)
from mosquitto import HOST, Mosquitto, find_mosquitto
from newsroom import (
    LIMIT_S,
    Newsroom,
    condition,
    hearing,
    play,
    running,
    settled,
    told_state,
)

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="mosquitto is killed as POSIX does it"),
]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger_module, "RETRY_FIRST_S", 0.05)
    monkeypatch.setattr(messenger_module, "RETRY_LONGEST_S", 0.2)


def refused(settings: Mqtt) -> str:
    """Return the sentence with which a messenger ends."""

    async def story() -> None:
        async with asyncio.timeout(LIMIT_S):
            await Newsroom(settings).messenger.run()

    with pytest.raises(BrokerRefusedError) as caught:
        play(story())
    return str(caught.value)


def passwords(path: Path, password: str) -> None:
    path.touch()
    subprocess.run(
        ["mosquitto_passwd", "-b", path, "agent", password], check=True, stderr=subprocess.DEVNULL
    )


def logging_in(broker: Mosquitto, password: str) -> Mqtt:
    url = BrokerUrl(f"mqtt://agent@{HOST}:{broker.guarded_port}")
    return Mqtt(url=url, password=Secret(password))


def test_a_wrong_password_ends_it_with_a_sentence(tmp_path: Path) -> None:
    passwords(tmp_path / "passwords", "right")
    guarded = ("allow_anonymous false", f"password_file {tmp_path / 'passwords'}")
    with Mosquitto(tmp_path, guarded) as broker:
        for settings in (
            logging_in(broker, "wrong"),
            Mqtt(url=BrokerUrl(f"mqtt://{HOST}:{broker.guarded_port}")),
        ):
            sentence = refused(settings)
            assert sentence.startswith(f"{HOST}:{broker.guarded_port} refuses the user or password")
            assert "COLAB_CDP_AGENT_MQTT_PASSWORD" in sentence
            assert "wrong" not in sentence


def test_a_login_that_is_refused_later_is_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    passwords(path, "right")
    guarded = ("allow_anonymous false", f"password_file {path}")

    async def story(broker: Mosquitto) -> None:
        newsroom = Newsroom(logging_in(broker, "right"))
        told_state(newsroom)
        async with running(newsroom):
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)
            await asyncio.to_thread(broker.kill)
            passwords(path, "another")
            await asyncio.to_thread(broker.start)
            await condition(lambda: "refuses the user" in newsroom.messenger.says)
            await asyncio.to_thread(broker.kill)
            passwords(path, "right")
            await asyncio.to_thread(broker.start)
            async with hearing(broker) as subscriber:
                await settled(newsroom, subscriber)

    with Mosquitto(tmp_path, guarded) as broker:
        play(story(broker))


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (f"{HOST}:1", r"Connection refused|.*actively refused it"),
        ("no-such-host.invalid:1883", r"\w[\w ,]+"),
    ],
)
@pytest.mark.parametrize("scheme", ["mqtt", "ws"])
def test_a_broker_that_is_not_there_is_told_in_words_and_without_a_number(
    scheme: str, where: str, says: str
) -> None:
    (link,) = configured_links(Mqtt(url=BrokerUrl(f"{scheme}://{where}")))

    async def story() -> None:
        async with connect(link):
            pass

    with pytest.raises(BrokerLostError) as caught:
        play(story())
    assert re.fullmatch(f"{re.escape(where)}: (?:{says})", str(caught.value))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (TimeoutError(), "no answer"),
        (aiomqtt.MqttCodeError(7), "The connection was lost."),
        (aiomqtt.MqttError("[WinError 10061] It was refused"), "It was refused"),
        (aiomqtt.MqttError("Disconnected"), "Disconnected"),
    ],
)
def test_a_loss_is_told_in_the_words_of_its_error(error: Exception, says: str) -> None:
    assert str(loss("here:1883", error)) == f"here:1883: {says}"


@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
def test_tls_is_verified(tmp_path: Path, scheme: str) -> None:
    ours, another = Authority(tmp_path / "ours", HOST), Authority(tmp_path / "another", HOST)
    elsewhere = Authority(tmp_path / "elsewhere", "192.0.2.1")
    guarded = [
        "allow_anonymous true",
        f"certfile {ours.certificate_file}",
        f"keyfile {ours.key_file}",
        *(["protocol websockets"] if scheme == "wss" else []),
    ]

    async def story(broker: Mosquitto, settings: Mqtt) -> None:
        newsroom = Newsroom(settings)
        told_state(newsroom)
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)

    with Mosquitto(tmp_path, guarded) as broker:
        url = BrokerUrl(f"{scheme}://{HOST}:{broker.guarded_port}")
        play(story(broker, Mqtt(url=url, ca_file=ours.ca_file)))
        for ca_file in (another.ca_file, elsewhere.ca_file, None):
            sentence = refused(Mqtt(url=url, ca_file=ca_file))
            assert "certificate that is not trusted" in sentence
            assert "mqtt.ca_file" in sentence


def test_a_certificate_for_another_address_is_refused(tmp_path: Path) -> None:
    elsewhere = Authority(tmp_path / "elsewhere", "192.0.2.1")
    guarded = (
        "allow_anonymous true",
        f"certfile {elsewhere.certificate_file}",
        f"keyfile {elsewhere.key_file}",
    )
    with Mosquitto(tmp_path, guarded) as broker:
        url = BrokerUrl(f"mqtts://{HOST}:{broker.guarded_port}")
        sentence = refused(Mqtt(url=url, ca_file=elsewhere.ca_file))
    assert re.search(r"not trusted: .*127\.0\.0\.1.*mqtt\.url", sentence)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    sentence = refused(Mqtt(url=BrokerUrl("mqtts://127.0.0.1:1"), ca_file=path))
    assert sentence.startswith(f"mqtt.ca_file {path}: ")
    assert sentence.endswith("expected certificates as PEM")


def test_over_websocket(tmp_path: Path) -> None:
    async def story(broker: Mosquitto) -> None:
        newsroom = Newsroom(Mqtt(url=BrokerUrl(f"ws://{HOST}:{broker.guarded_port}/mqtt")))
        told_state(newsroom)
        async with running(newsroom), hearing(broker) as subscriber:
            await settled(newsroom, subscriber)
            told_state(newsroom, phase="idle")
            await settled(newsroom, subscriber)

    with Mosquitto(tmp_path, ("protocol websockets", "allow_anonymous true")) as broker:
        play(story(broker))


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_what_speaks_no_websocket_is_waited_for_and_left(tmp_path: Path, scheme: str) -> None:
    ours = Authority(tmp_path / "ours", HOST)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        # It ends only when the other side closes, which is what is to be seen.
        assert await reader.read() == b""
        closed.release()
        writer.close()

    async def story() -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(ours.certificate_file, ours.key_file)
        server = await asyncio.start_server(refuse, HOST, ssl=context if scheme == "wss" else None)
        url = BrokerUrl(f"{scheme}://{HOST}:{server.sockets[0].getsockname()[1]}/mqtt")
        newsroom = Newsroom(Mqtt(url=url, ca_file=ours.ca_file))
        async with server, running(newsroom), asyncio.timeout(LIMIT_S):
            for _try in range(3):
                await closed.acquire()
            assert "WebSocket handshake error" in newsroom.messenger.says

    closed = asyncio.Semaphore(0)
    play(story())


def test_what_a_lost_connection_leaves_behind_is_no_trace_and_any_other_error_is(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def leave(error: Exception) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(told_already)

        def fail() -> None:
            raise error

        loop.call_soon(fail)
        await asyncio.sleep(0)

    for lost in (OSError(9, "Bad file descriptor"), aiomqtt.MqttError("lost")):
        asyncio.run(leave(lost))
        assert "Traceback" not in capsys.readouterr().err + caplog.text
    asyncio.run(leave(ValueError("of our own")))
    assert "of our own" in caplog.text
