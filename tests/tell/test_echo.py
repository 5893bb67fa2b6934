"""A message to a broker and back, as `doctor` sends it: what is wrong is said, with its remedy."""

import subprocess
import sys
from pathlib import Path

import pytest

from colab_cdp_agent.config import BrokerUrl, Config, Mqtt, Secret
from colab_cdp_agent.doctor import broker as doctor_broker
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.tell import connection as connection_module
from colab_cdp_agent.tell import echo as echo_module
from mosquitto import HOST, Mosquitto, find_mosquitto, free_ports
from newsroom import play

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="a broker is frozen with POSIX signals"),
]


def examined(settings: Mqtt, folder: Path) -> Finding:
    found: list[Finding] = []

    async def story() -> None:
        found.extend(await doctor_broker.examine(Config(mqtt=settings), "host", folder))

    play(story())
    return found[0]


def at(port: int, **others: object) -> Mqtt:
    return Mqtt(BrokerUrl(f"mqtt://agent@{HOST}:{port}"), **others)  # type: ignore[arg-type]


def test_a_message_comes_back_from_any_broker(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        finding = examined(at(broker.port), tmp_path)
        assert finding.ok
        assert finding.what.endswith("a message on colab/host/response/doctor came back")
    assert examined(Mqtt(), tmp_path / "broker").ok
    assert examined(Mqtt(BrokerUrl("none")), tmp_path).ok is None


def test_a_refused_login_names_what_to_set(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch()
    subprocess.run(["mosquitto_passwd", "-b", passwords, "agent", "right"], check=True)
    with Mosquitto(tmp_path, ("allow_anonymous false", f"password_file {passwords}")) as broker:
        wrong = examined(at(broker.guarded_port, password=Secret("wrong")), tmp_path)
        right = examined(at(broker.guarded_port, password=Secret("right")), tmp_path)
    assert right.ok
    assert (wrong.ok, wrong.code) == (False, ExitCode.UNREACHABLE)
    assert wrong.what.endswith("refuses the user or password")
    assert wrong.remedy.startswith("set COLAB_CDP_AGENT_MQTT_USERNAME and ")


def test_a_broker_that_passes_nothing_on_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_module, "ECHO_LIMIT_S", 0.3)
    (tmp_path / "acl").write_text("topic write #\n", "utf-8")
    with Mosquitto(tmp_path, ("allow_anonymous true", f"acl_file {tmp_path / 'acl'}")) as broker:
        finding = examined(at(broker.guarded_port), tmp_path)
    assert (finding.ok, finding.code) == (False, ExitCode.UNREACHABLE)
    assert "what is published there does not come back" in finding.what


def test_a_broker_that_is_frozen_or_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "ANSWER_LIMIT_S", 0.3)
    with Mosquitto(tmp_path) as broker:
        broker.freeze()
        frozen = examined(at(broker.port), tmp_path)
    (port,) = free_ports(1)
    gone = examined(at(port), tmp_path)
    assert [finding.ok for finding in (frozen, gone)] == [False, False]
    assert "no answer within" in frozen.what
    assert "refused" in gone.what
    assert frozen.remedy == gone.remedy == doctor_broker.REACH


def test_of_a_broker_of_several_machines_each_is_looked_at(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        (gone,) = free_ports(1)
        there = f"mqtt://{HOST}:{broker.port}"
        both = examined(Mqtt(BrokerUrl(f"{there},{there}")), tmp_path)
        one = examined(Mqtt(BrokerUrl(f"{there},mqtt://{HOST}:{gone}")), tmp_path)
    assert (both.ok, one.ok) == (True, False)
    assert f"broker {there},{there}: a message on" in both.what
    assert f"{HOST}:{gone}" in one.what
    assert one.remedy == doctor_broker.REACH


def test_an_authority_that_cannot_be_read_is_no_matter_of_the_password(tmp_path: Path) -> None:
    settings = Mqtt(BrokerUrl(f"mqtts://{HOST}:1"), ca_file=tmp_path / "none.pem")
    finding = examined(settings, tmp_path)
    assert not finding.ok
    assert "none.pem" in finding.what
    assert finding.remedy == "expected certificates as PEM"
