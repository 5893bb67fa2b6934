"""`--lan` as a person meets it: the agent says how a phone comes in, and the phone does."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from chromium import free_port
from command import COMMAND, Command, environment, run

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


def test_a_phone_is_shown_the_way_to_an_agent_in_the_background(tmp_path: Path) -> None:
    agent = Command(tmp_path, "run", "--lan", "--name", "night", "--port", str(free_port()))
    agent.until("the phone page is served")
    ended = run(tmp_path, "phone", "--name", "night")
    file = tmp_path / "state" / "page-password"
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(rf"Phone page: http://\S+:\d+, with the password in {file}\n", ended.stdout)
    shown = at_a_terminal(tmp_path, "phone")
    assert file.read_text("utf-8").strip() in shown
    assert "▀" in shown
    assert "scan this within 15 minutes" in shown
    agent.stop(signal.SIGTERM)
    none = run(tmp_path, "phone", "--name", "night")
    assert none.returncode == 3
    assert none.stderr == (
        "colab-cdp-agent: no agent 'night' here serves a phone page now: "
        "start the agent, with --lan if a phone is to open the page\n"
    )


def at_a_terminal(folder: Path, *arguments: str) -> str:
    ours, its = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(folder, {"TERM": "xterm"}),
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    said = b""
    try:
        while part := os.read(ours, 65_536):
            said += part
    except OSError:  # Linux's word for the end of a terminal
        assert process.wait(LIMIT_S) == 0
    os.close(ours)
    return said.decode()
