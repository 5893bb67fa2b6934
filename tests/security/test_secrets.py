"""The agent's own secrets: in their files for their owner alone, and nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from chromium import free_port
from command import Command, run
from leftovers import kill_processes_of
from mosquitto import HOST, find_mosquitto
from night import NAME, Night

KEY = "k3y-that-signs-requests"
MQTT_PASSWORD = "br0ker-passw0rd"
PUSH_TOKEN = "t0ken-of-a-push-channel"
OTHER_KEY = {"COLAB_CDP_AGENT_COMMANDS_KEY": "another-k3y-of-that-length"}
SECRETS = {"COLAB_CDP_AGENT_COMMANDS_KEY": KEY, "COLAB_CDP_AGENT_MQTT_PASSWORD": MQTT_PASSWORD}
CONFIG = {"alerts": {"apprise": [f"json://me:{PUSH_TOKEN}@127.0.0.1:9/"]}}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "mine.yaml").write_text(json.dumps(CONFIG), "utf-8")
    yield tmp_path
    kill_processes_of(tmp_path)


def those_in(text: str | bytes, secrets: list[str]) -> list[str]:
    """Return the secrets that stand in a text."""
    whole = text.encode() if isinstance(text, str) else text
    return [secret for secret in secrets if secret.encode() in whole]


def command_lines(pid: int) -> str:
    """Return what anybody sees of a process and its children in a list of processes."""
    agent = psutil.Process(pid)
    found = (agent, *agent.children(recursive=True))
    return "\n".join(" ".join(each.cmdline()) for each in found)


@pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")
def test_what_a_person_configured_is_told_kept_and_logged_nowhere() -> None:
    config = CONFIG | {"mqtt": {"username": "me"}}
    secrets = [KEY, MQTT_PASSWORD, PUSH_TOKEN]
    with Night(free_port(), config=config, environment=SECRETS) as night:
        (night.home / "again.yaml").write_text(json.dumps(config), "utf-8")
        where = ("--mqtt", f"mqtt://{HOST}:{night.broker.port}", "--config", "again.yaml")
        said = [
            run(night.home, "send", NAME, "pause", *where, env=SECRETS),
            run(night.home, "test-alert", "--config", "again.yaml", env=SECRETS, limit=90),
            run(night.home, "doctor", *where, "--json", env=SECRETS, limit=90),
            run(night.home, "send", NAME, "pause", *where, env=SECRETS | OTHER_KEY),
        ]
        shown = command_lines(night.agent.pid)
        told = b"\n".join(topic.encode() + body for topic, body in night.heard.messages)
        kept = [path for path in night.home.rglob("*") if path.is_file() and path.suffix != ".yaml"]
        assert those_in(told, secrets) == []
        assert those_in(shown, secrets) == []
        assert [each for each in said if those_in(each.stdout + each.stderr, secrets)] == []
        assert [path for path in kept if those_in(path.read_bytes(), secrets)] == []
        assert (night.home / "screen") in kept
        assert [each.stdout.split(":")[0] for each in (said[0], said[-1])] == ["ok", "refused"]


def test_what_the_agent_made_up_is_in_no_other_file_and_on_no_command_line(folder: Path) -> None:
    arguments = ("--config", "mine.yaml", "--name", "mine", "--lan", "--verbose")
    agent = Command(folder, "--port", str(free_port()), *arguments)
    agent.until("publishing")
    state = folder / "state"
    record = state / "broker" / "broker.json"
    users = json.loads(record.read_bytes())["authorization"]["users"]
    files = [
        state / "page-password",
        *(state / "broker" / f"{who}-password" for who in ("agent", "phone")),
    ]
    secrets = [path.read_text("ascii").strip() for path in files]
    secrets += [each["password"] for each in users]
    shown = command_lines(agent.process.pid)
    agent.process.terminate()
    agent.end()
    assert "nats-server" in shown
    assert those_in(shown, secrets) == []
    assert those_in(agent.said, secrets) == []
    kept = [path for path in state.rglob("*") if path.is_file()]
    holding = {path for path in kept if those_in(path.read_bytes(), secrets)}
    assert holding == {*files, record}
