"""`service` as a person uses it on Linux; systemd itself is played by a stand-in for its tools."""

import getpass
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chromium import free_port
from command import Command, run
from system_tools import SystemTools

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
RUNS = "ActiveState=active\nMainPID=77\nExecMainCode=0\nExecMainStatus=0"
CRASHED = "ActiveState=activating\nMainPID=0\nExecMainCode=2\nExecMainStatus=9"
MISTAKEN = "ActiveState=failed\nMainPID=0\nExecMainCode=1\nExecMainStatus=2"
UNIT = "colab-cdp-agent.service"


@pytest.fixture
def tools(tmp_path: Path) -> SystemTools:
    return SystemTools(tmp_path / "bin", "systemctl", "loginctl")


def service(
    folder: Path, tools: SystemTools, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    return run(folder, "service", *arguments, env={"PATH": tools.path, **env})


def unit(folder: Path) -> Path:
    return folder / "config" / "systemd" / "user" / UNIT


def test_it_is_installed_updated_and_uninstalled(tmp_path: Path, tools: SystemTools) -> None:
    (tmp_path / "mine.yaml").write_text("name: laptop\n", encoding="utf-8")
    installed = service(tmp_path, tools, "install", "--", "--config", "mine.yaml", "--observe")
    assert installed.returncode == 0, installed.stderr
    assert f"The service is installed and started: {unit(tmp_path)}" in installed.stdout
    assert f"journalctl --user --unit={UNIT}" in installed.stdout
    assert f"run --config {tmp_path / 'mine.yaml'} --observe\n" in unit(tmp_path).read_text("utf-8")
    assert tools.calls() == [
        "systemctl --user show-environment",
        "systemctl --user daemon-reload",
        f"systemctl --user enable {UNIT}",
        f"systemctl --user restart {UNIT}",
        f"loginctl show-user {getpass.getuser()} --property=Linger --value",
    ]

    updated = service(tmp_path, tools, "install", "--", "--port", "9333")
    assert updated.returncode == 0, updated.stderr
    assert "The service is updated and started" in updated.stdout
    assert "run --port 9333\n" in unit(tmp_path).read_text("utf-8")
    assert f"systemctl --user restart {UNIT}" in tools.calls()

    gone = service(tmp_path, tools, "uninstall")
    assert gone.returncode == 0, gone.stderr
    assert "ended and uninstalled" in gone.stdout
    assert f"systemctl --user disable --now {UNIT}" in tools.calls()
    assert not unit(tmp_path).exists()

    nothing = service(tmp_path, tools, "uninstall")
    assert (nothing.returncode, nothing.stdout) == (0, "There is no service to uninstall.\n")
    assert tools.calls() == []


def test_what_is_installed_runs_from_anywhere(tmp_path: Path, tools: SystemTools) -> None:
    port = str(free_port())
    (tmp_path / "mine.yaml").write_text("name: laptop\n", encoding="utf-8")
    options = ("--config", "mine.yaml", "--port", port, "--no-mqtt", "--observe")
    assert service(tmp_path, tools, "install", "--", *options).returncode == 0
    [line] = re.findall("ExecStart=(.*)", unit(tmp_path).read_text("utf-8"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "structlog.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    agent = Command(elsewhere, command=shlex.split(line))
    agent.until("laptop")
    agent.until("waiting for Chrome")
    agent.stop(signal.SIGTERM)


def test_no_password_is_written_down(tmp_path: Path, tools: SystemTools) -> None:
    secret = {"COLAB_CDP_AGENT_MQTT_PASSWORD": "not-for-a-file"}
    installed = service(tmp_path, tools, "install", **secret)
    assert "COLAB_CDP_AGENT_MQTT_PASSWORD is set in this shell, and not" in installed.stdout
    secrets = tmp_path / "config" / "colab-cdp-agent" / "service.env"
    assert f"{secrets}, which nobody else may read (chmod 600)" in installed.stdout
    assert "not-for-a-file" not in unit(tmp_path).read_text("utf-8") + installed.stdout
    assert f"EnvironmentFile=-{secrets}\n" in unit(tmp_path).read_text("utf-8")
    secrets.parent.mkdir()
    secrets.touch(0o644)
    again = service(tmp_path, tools, "install")
    assert f"Others can read your passwords: chmod 600 {secrets}" in again.stdout


def test_lingering_is_spoken_of_where_it_is_not_on(tmp_path: Path, tools: SystemTools) -> None:
    assert "loginctl enable-linger" in service(tmp_path, tools, "install").stdout
    tools.answer({"Linger": (0, "yes")})
    assert "enable-linger" not in service(tmp_path, tools, "install").stdout


def test_how_it_stands(tmp_path: Path, tools: SystemTools) -> None:
    none = service(tmp_path, tools, "status")
    assert (none.returncode, "is not installed" in none.stdout) == (1, True)
    service(tmp_path, tools, "install")

    tools.answer({f"show {UNIT}": (0, RUNS)})
    runs = service(tmp_path, tools, "status")
    assert (runs.returncode, "It runs (pid 77)." in runs.stdout) == (0, True)

    tools.answer({f"show {UNIT}": (0, CRASHED)})
    crashed = service(tmp_path, tools, "status")
    assert (crashed.returncode, "It does not run." in crashed.stdout) == (1, True)
    assert "How it ended: ended by signal 9." in crashed.stdout

    tools.answer({f"show {UNIT}": (0, MISTAKEN)})
    mistaken = service(tmp_path, tools, "status")
    assert "exit code 2, a mistake in its options or in the configuration" in mistaken.stdout


def test_without_a_systemd_of_the_user_it_says_what_to_do(
    tmp_path: Path, tools: SystemTools
) -> None:
    tools.answer({"show-environment": (1, "Failed to connect to bus: No medium found")})
    ended = service(tmp_path, tools, "install")
    assert ended.returncode == 1
    assert "cannot be reached: Failed to connect to bus: No medium found." in ended.stderr
    assert "@reboot" in ended.stderr
    assert not unit(tmp_path).exists()


def test_without_systemd_at_all_it_says_so(tmp_path: Path, tools: SystemTools) -> None:
    ended = service(tmp_path, tools, "install", PATH=str(tmp_path))
    assert ended.returncode == 1
    assert "systemctl cannot be run: No such file or directory" in ended.stderr
    assert "@reboot" in ended.stderr


def test_what_systemd_refuses_is_quoted(tmp_path: Path, tools: SystemTools) -> None:
    tools.answer({"enable": (1, "Failed to enable unit:\nAccess denied")})
    ended = service(tmp_path, tools, "install")
    assert ended.returncode == 1
    assert (
        f"`systemctl --user enable {UNIT}` failed: Failed to enable unit: Access denied"
        in ended.stderr
    )


MISTAKES = {
    "an unknown option": (["install", "--", "--prot", "1"], "unrecognized arguments: --prot"),
    "a port that cannot be": (["install", "--", "--port", "99999"], "chrome.port"),
    "a site that is none": (["install", "--", "--site", "nowhere"], "known: colab, jupyterlab"),
    "no configuration": (["install", "--", "--config", "none.yaml"], "there is no such file"),
    "a verb that is none": (["start"], "invalid choice: 'start'"),
    "options of another verb": (["status", "--", "--lan"], "takes no options of `run`"),
}


@pytest.mark.parametrize(("arguments", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_before_anything_is_done(
    tmp_path: Path, tools: SystemTools, arguments: list[str], words: str
) -> None:
    ended = service(tmp_path, tools, *arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert not unit(tmp_path).exists()
    assert tools.calls() == []
