"""`--lan` as a person meets it: the agent says how a phone comes in, and the phone does."""

import re
import signal
import sys
import time
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from chromium import free_port
from command import Command

LIMIT_S = 60.0
INVITATION = re.compile(r"host (.+)  port (\d+)  user (\w+)  password in (.+)")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the agent is ended by a signal")


def test_a_phone_comes_in_as_the_agent_says(tmp_path: Path) -> None:
    agent = Command(tmp_path, "run", "--lan", "--name", "night", "--port", str(free_port()))
    topics = agent.until("with any MQTT app").split()[6]
    found = INVITATION.search(agent.until("user phone"))
    assert found is not None
    host, port, user, password_file = found.groups()
    heard: list[MQTTMessage] = []
    phone = Client(CallbackAPIVersion.VERSION2)
    phone.username_pw_set(user, Path(password_file).read_text("utf-8").strip())
    phone.on_connect = lambda client, *_: client.subscribe(topics, qos=1)
    phone.on_message = lambda _client, _context, message: heard.append(message)
    phone.connect(host if host[0].isdigit() else "127.0.0.1", int(port))
    deadline = time.monotonic() + LIMIT_S
    while ("colab/night/status", b"online") not in {(each.topic, each.payload) for each in heard}:
        phone.loop(0.1)
        assert time.monotonic() < deadline, heard
    phone.disconnect()
    said = agent.stop(signal.SIGTERM)
    assert "state/broker/phone-password" in said
    for file in (tmp_path / "state" / "broker").glob("*-password"):
        assert file.read_text("utf-8").strip() not in said
