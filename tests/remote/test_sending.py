"""`send` at a real broker, to an agent that answers as it is told to, or not at all."""

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import MQTTMessage

from colab_cdp_protocols import mqtt, signing
from command import Command, environment, run
from mosquitto import HOST, Mosquitto, find_mosquitto, free_ports
from subscriber import Subscriber

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="it is ended by a POSIX signal"),
]

SESSION = "0123456789"
KEY = "a key of sixteen letters and more"
PICTURE = b"\xff\xd8\xff\xe0 a picture"
ENTRIES = (
    mqtt.SessionEntry(SESSION, "llama LoRA", "running"),
    mqtt.SessionEntry("aaaaaaaaaa", "vit", "idle"),
)
OK = mqtt.Response("ok", data={"result": "reconnected"})

React = Callable[["Responder", str, bytes], None]


class Responder(Subscriber):
    """An agent named `laptop` that reacts to each request."""

    def __init__(self, broker: Mosquitto, react: React) -> None:
        self.requests: list[tuple[str, bytes]] = []
        self._react = react
        super().__init__(broker.port, "colab/#")
        self.status(mqtt.ONLINE)
        topic = mqtt.SESSIONS.at(root="colab", agent="laptop")
        self.publish(topic, mqtt.encode(ENTRIES), retain=True)

    def status(self, payload: bytes) -> None:
        self.publish(mqtt.STATUS.at(root="colab", agent="laptop"), payload, retain=True)

    def respond(self, topic: str, payload: bytes, response: mqtt.Response) -> None:
        transaction = json.loads(payload)["transaction"]
        told = mqtt.Response(response.status, transaction, response.data, response.error)
        self.publish(topic.replace("/request/", "/response/"), mqtt.encode(told))

    def _take(self, client: Any, context: object, message: MQTTMessage) -> None:
        super()._take(client, context, message)
        if "/request/" in message.topic:
            self.requests.append((message.topic, bytes(message.payload)))
            self._react(self, message.topic, bytes(message.payload))


def answering(response: mqtt.Response) -> React:
    return lambda agent, topic, payload: agent.respond(topic, payload, response)


def silent(_agent: Responder, _topic: str, _payload: bytes) -> None:
    """Answer nothing."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


def send(
    folder: Path, broker: Mosquitto, *arguments: str, env: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Return the exit code of `send`, and what it wrote to standard output and error."""
    ended = run(
        folder, "send", "--mqtt", f"mqtt://{HOST}:{broker.port}", *arguments, env=env, limit=60
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("session", [SESSION, "llama LoRA", "LLAMA"])
def test_what_was_done_is_said_and_ends_with_0(
    tmp_path: Path, broker: Mosquitto, session: str
) -> None:
    agent = Responder(broker, answering(OK))
    code, said, _ = send(tmp_path, broker, f"laptop/{session}", "reconnect")
    agent.close()
    assert (code, said) == (0, "ok: reconnected\n")
    (topic, payload), = agent.requests  # fmt: skip
    assert topic == f"colab/laptop/session/{SESSION}/request/reconnect"
    assert mqtt.decode(mqtt.SESSION_REQUEST, payload).hmac is None


@pytest.mark.parametrize("status", ["refused", "error"])
def test_what_was_not_done_ends_with_1_and_its_reason(
    tmp_path: Path, broker: Mosquitto, status: Any
) -> None:
    agent = Responder(broker, answering(mqtt.Response(status, error="captcha: solve it first")))
    code, said, _ = send(tmp_path, broker, "laptop/vit", "clear")
    agent.close()
    assert (code, said) == (1, f"{status}: captcha: solve it first\n")


def test_json_is_the_answer_as_it_came(tmp_path: Path, broker: Mosquitto) -> None:
    agent = Responder(broker, answering(mqtt.Response("ok", data=[1, {"a": "\x1b"}])))
    code, said, _ = send(tmp_path, broker, "laptop", "sessions", "--json")
    agent.close()
    response = mqtt.decode(mqtt.AGENT_RESPONSE, said.encode())
    assert (code, response.status, response.data) == (0, "ok", [1, {"a": "\x1b"}])


def test_arguments_and_a_signature_go_along(tmp_path: Path, broker: Mosquitto) -> None:
    agent = Responder(broker, answering(OK))
    env = {"COLAB_CDP_AGENT_COMMANDS_KEY": KEY}
    code, _, errors = send(tmp_path, broker, "laptop/vit", "keep_alive", "on=false", env=env)
    agent.close()
    assert code == 0, errors
    (topic, payload), = agent.requests  # fmt: skip
    request = mqtt.decode(mqtt.SESSION_REQUEST, payload)
    assert request.args == {"on": False}
    assert signing.is_signed(KEY, topic, payload, request.hmac)


def test_a_screenshot_is_saved(tmp_path: Path, broker: Mosquitto) -> None:
    def react(agent: Responder, topic: str, payload: bytes) -> None:
        agent.publish(f"colab/laptop/session/{SESSION}/screenshot", PICTURE)
        agent.respond(topic, payload, mqtt.Response("ok", data={"bytes": len(PICTURE)}))

    agent = Responder(broker, react)
    file = tmp_path / "page.jpg"
    code, said, _ = send(tmp_path, broker, "laptop/llama", "screenshot", "--save", str(file))
    unwritable = tmp_path / "none" / "page.jpg"
    failed, _, why = send(tmp_path, broker, "laptop/llama", "screenshot", "--save", str(unwritable))
    agent.close()
    assert (code, said, file.read_bytes()) == (0, f"bytes: {len(PICTURE)}\n", PICTURE)
    assert (failed, "cannot be written" in why) == (1, True)


def test_what_is_no_picture_is_not_saved(tmp_path: Path, broker: Mosquitto) -> None:
    def react(agent: Responder, topic: str, payload: bytes) -> None:
        agent.publish(f"colab/laptop/session/{SESSION}/screenshot", b"<html>")
        agent.respond(topic, payload, mqtt.Response("ok"))

    agent = Responder(broker, react)
    file = tmp_path / "page.jpg"
    code, _, why = send(tmp_path, broker, "laptop/llama", "screenshot", "--save", str(file))
    agent.close()
    assert (code, "no picture came" in why, file.exists()) == (1, True, False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["laptop/x", "reconnect"], "no session is 'x'; there are: llama LoRA (0123456789), vit"),
        (["laptop", "reconnect"], "a verb of a session: write `send laptop/SESSION reconnect`"),
        (["laptop/vit", "refresh"], "a verb of an agent: write `send laptop refresh`"),
        (["laptop/vit", "dance"], "no verb 'dance' of a session"),
        (["laptop/vit", "log"], "log takes lines=…"),
        (["laptop/vit", "log", "lines=many"], "log takes lines=…"),
        (["Laptop", "refresh"], "expected AGENT or AGENT/SESSION"),
        (["laptop/vit", "screenshot"], "--save FILE"),
        (["laptop/vit", "clear", "--save", "x.jpg"], "--save FILE"),
        (["laptop/vit", "clear", "--wait", "0"], "more than 0"),
        (["laptop/vit", "clear", "--wait", "long"], "at most an hour, not long"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_asks_nobody(
    tmp_path: Path, broker: Mosquitto, arguments: list[str], says: str
) -> None:
    agent = Responder(broker, silent)
    code, _, errors = send(tmp_path, broker, *arguments)
    agent.close()
    assert (code, says in errors) == (2, True), errors
    assert agent.requests == []


def test_an_agent_that_is_offline_or_unknown_ends_with_3_and_is_not_asked(
    tmp_path: Path, broker: Mosquitto
) -> None:
    agent = Responder(broker, silent)
    agent.status(mqtt.OFFLINE)
    offline = send(tmp_path, broker, "laptop/vit", "reconnect")
    unknown = send(tmp_path, broker, "tower/vit", "reconnect")
    agent.close()
    assert (offline[0], unknown[0], agent.requests) == (3, 3, [])
    assert "laptop is offline" in offline[2]
    assert "no agent named tower" in unknown[2]
    assert "laptop (offline)" in unknown[2]


def test_an_agent_that_does_not_answer_ends_with_3(tmp_path: Path, broker: Mosquitto) -> None:
    def react(agent: Responder, topic: str, payload: bytes) -> None:
        other = {"transaction": "another"}
        agent.respond(topic, json.dumps(other).encode(), OK)
        agent.publish(topic.replace("/request/", "/response/"), b"{no json")
        agent.publish(
            topic.replace("/request/", "/response/"),
            mqtt.encode(mqtt.Response("ok", json.loads(payload)["transaction"] + "0")),
        )

    agent = Responder(broker, react)
    code, _, errors = send(tmp_path, broker, "laptop/vit", "reconnect", "--wait", "1")
    agent.close()
    assert (code, "online and has not answered within 1 s" in errors) == (3, True)


def test_an_agent_that_goes_offline_is_not_waited_for(tmp_path: Path, broker: Mosquitto) -> None:
    agent = Responder(broker, lambda agent, _topic, _payload: agent.status(mqtt.OFFLINE))
    code, _, errors = send(tmp_path, broker, "laptop/vit", "reconnect", "--wait", "3600")
    agent.close()
    assert (code, "went offline before it answered" in errors) == (3, True)


def test_a_broker_that_is_not_there_or_goes_away_ends_with_3(
    tmp_path: Path, broker: Mosquitto
) -> None:
    asked = threading.Event()
    agent = Responder(broker, lambda *_: asked.set())
    where = f"mqtt://{HOST}:{broker.port}"
    waiting = Command(tmp_path, "send", "--mqtt", where, "laptop/vit", "clear")
    assert asked.wait(60)
    agent.close()
    broker.kill()
    assert waiting.end(60) == 3
    assert "the broker went away before the answer" in waiting.said
    code, _, errors = send(tmp_path, broker, "laptop", "refresh")
    assert (code, f"{HOST}:{broker.port}: Connection refused" in errors) == (3, True)
    nowhere = run(tmp_path, "send", "laptop", "refresh")
    assert (nowhere.returncode, "has a broker running" in nowhere.stderr) == (3, True)


def test_of_several_addresses_the_one_that_is_there_is_asked(
    tmp_path: Path, broker: Mosquitto
) -> None:
    (nowhere,) = free_ports(1)
    addresses = f"mqtt://{HOST}:{nowhere},mqtt://{HOST}:{broker.port}"
    agent = Responder(broker, answering(OK))
    ended = run(tmp_path, "send", "--mqtt", addresses, "laptop/vit", "reconnect")
    agent.close()
    assert (ended.returncode, len(agent.requests)) == (0, 1)


def test_an_interrupted_request_is_not_called_done(tmp_path: Path, broker: Mosquitto) -> None:
    asked = threading.Event()
    agent = Responder(broker, lambda *_: asked.set())
    where = f"mqtt://{HOST}:{broker.port}"
    waiting = Command(tmp_path, "send", "--mqtt", where, "laptop/vit", "clear")
    assert asked.wait(60)
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.end(60) == 1
    agent.close()
    assert "interrupted" in waiting.said


def test_the_key_stands_in_no_message_of_an_error(tmp_path: Path, broker: Mosquitto) -> None:
    broker.kill()
    env = environment(tmp_path, {"COLAB_CDP_AGENT_COMMANDS_KEY": KEY})
    _, said, errors = send(tmp_path, broker, "laptop", "pause", "--wait", "1", env=env)
    assert KEY not in said + errors
