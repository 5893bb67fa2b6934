"""The command line as a person meets it: every mistake is a sentence, every end is as asked."""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from chromium import Chromium, find_chromium, free_port
from colab_cdp_agent import arguments
from command import COMMAND, Command, hears, run
from leftovers import processes_of
from person import eventually

HEAVY = {"aiomqtt", "asyncio", "msgspec", "platformdirs", "rich", "structlog", "websockets", "yaml"}

BROKEN_SELECTOR = """\
site: mine
notebooks: ['https://notebooks\\.example/.*']
states:
  control: [{css: 'a[['}]
  connected: [{css: '#connected'}]
"""
MISTAKES = {
    "a port that is no number": (["--port", "nine"], None, "invalid int value: 'nine'"),
    "a port that cannot be": (["--port", "99999"], None, "chrome.port: expected a whole number"),
    "a file that is not there": (["--config", "none.yaml"], None, "there is no such file"),
    "a folder as the file": (["--config", "."], None, "cannot be read"),
    "broken YAML": (["--config", "FILE"], "duties: [\n", ":2:1: not valid YAML"),
    "an unknown key": (["--config", "FILE"], "chrom: {}\n", "did you mean 'chrome'?"),
    "a wrong type": (["--config", "FILE"], "chrome: {port: x}\n", "expected a whole number"),
    "Chrome elsewhere": (["--config", "FILE"], "chrome: {host: 10.0.0.7}\n", "--remote-chrome"),
    "an unknown site": (["--site", "nowhere"], None, "known: colab, jupyterlab"),
    "a broken selector": (["--site", "FILE"], BROKEN_SELECTOR, "'a[[' is no CSS selector"),
    "a password in the URL": (["--mqtt", "mqtt://me:secret@b"], None, "_MQTT_PASSWORD"),
    "plaintext elsewhere": (["--mqtt", "mqtt://10.0.0.9"], None, "--insecure-plaintext"),
    "no certificates": (
        ["--mqtt", "mqtts://127.0.0.1:1", "--config", "FILE"],
        "mqtt: {ca_file: none.pem}\n",
        "expected certificates as PEM",
    ),
    "a broker that is none": (["--mqtt", "nonsense"], None, "expected embedded, none, or a URL"),
    "a name for no topic": (["--name", "My Agent"], None, "expected 1 to 32 of the characters"),
    "a mistyped command": (["wacth", "--json"], None, "invalid choice: 'wacth' (choose from "),
    "no command": ([""], None, "invalid choice: '' (choose from "),
    "a mistyped option of run": (["--prot", "9222"], None, "unrecognized arguments: --prot 9222"),
    "a demo without time": (["demo", "--seconds", "-1"], None, "more than 0 and at most a day"),
    "a time in words": (["demo", "--seconds", "ten"], None, "--seconds: expected seconds, more"),
    "a wait in words": (["send", "a", "pause", "--wait", "ten"], None, "at most an hour, not ten"),
    "a wait that is none": (["send", "a/b", "log", "--wait", "nan"], None, "an hour, not nan"),
    "a phone page of no agent": (["phone", "--name", "My Agent"], None, "name: expected 1 to 32"),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if find_chromium() is None:
        pytest.skip("no Chromium installed")
    with Chromium() as chromium:
        yield chromium


@pytest.mark.parametrize(("arguments", "text", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_a_sentence(
    tmp_path: Path, arguments: Sequence[str], text: str | None, words: str
) -> None:
    file = tmp_path / "mine.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    ended = run(tmp_path, *(str(file) if each == "FILE" else each for each in arguments))
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "secret" not in ended.stderr
    assert ended.stdout == ""


def test_of_a_mistyped_command_it_is_told_which_there_are(tmp_path: Path) -> None:
    told = run(tmp_path, "statsu").stderr
    for command in ("run", "watch", "doctor", "phone-config", "profile", "service"):
        assert command in told.partition("choose from ")[2]


def test_the_doctor_finds_the_same_mistakes(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("chrom: {}\n", encoding="utf-8")
    ended = run(tmp_path, "doctor", "--config", "mine.yaml")
    assert ended.returncode == 2
    assert "✗ configuration: mine.yaml:1: chrom: unknown key" in ended.stdout


def test_its_version_is_said_without_importing_what_it_does_not_need(tmp_path: Path) -> None:
    probe = (
        "import sys, contextlib\n"
        "from colab_cdp_agent.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--version'])\n"
        f"print(sorted(set({sorted(HEAVY)!r}) & sys.modules.keys()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    version, heavy = ended.stdout.splitlines()
    assert version.startswith("colab-cdp-agent ")
    assert heavy == "[]"


def test_help_names_every_command(tmp_path: Path) -> None:
    ended = run(tmp_path, "--help")
    assert ended.returncode == 0
    for command in ("run", "doctor", "report", "demo", "config"):
        assert f"\n    {command} " in ended.stdout


def described(parser: argparse.ArgumentParser) -> Iterator[tuple[str, bool]]:
    """Yield each argument of a parser and of all below it, and whether its help says anything."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from described(below)
        else:
            yield (
                f"{parser.prog} {'/'.join(action.option_strings) or action.dest}",
                bool(action.help),
            )


def test_every_argument_is_told_in_the_help() -> None:
    silent = [argument for argument, told in described(arguments.parser()) if not told]
    assert not silent


SIGNALS = (
    [signal.SIGINT],
    [signal.SIGTERM],
    [signal.SIGINT, signal.SIGINT],
    [signal.SIGTERM, signal.SIGINT, signal.SIGTERM],
)


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel tells there which signals are heard"
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_before_it_has_said_a_word(
    tmp_path: Path, number: signal.Signals
) -> None:
    agent = Command(tmp_path, "--port", str(free_port()))
    eventually(lambda: hears(agent.process.pid, signal.SIGTERM), every=0)
    agent.stop(number)


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel tells there which signals are heard"
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("delay_ms", [1, 10, 30, 60, 100, 150, 250, 400, 700])
def test_it_can_be_stopped_at_any_moment_of_its_start_and_leaves_no_process(
    tmp_path: Path, number: signal.Signals, delay_ms: int
) -> None:
    agent = Command(tmp_path, "--port", str(free_port()))
    eventually(lambda: hears(agent.process.pid, signal.SIGHUP), every=0)
    time.sleep(delay_ms / 1000)
    agent.stop(number)
    assert processes_of(tmp_path) == []


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel tells there which signals are ignored"
)
def test_under_nohup_a_closed_terminal_does_not_end_it(tmp_path: Path) -> None:
    agent = Command(tmp_path, "--port", str(free_port()), command=("nohup", *COMMAND))
    agent.until("waiting for Chrome")
    assert hears(agent.process.pid, signal.SIGHUP, "SigIgn")
    agent.stop(signal.SIGHUP, signal.SIGTERM)


@pytest.mark.parametrize("signals", SIGNALS, ids=lambda each: "+".join(one.name for one in each))
@pytest.mark.parametrize("moment", ["watches:", "waiting for Chrome", "publishing"])
def test_it_can_be_stopped_while_it_waits(
    tmp_path: Path, moment: str, signals: Sequence[signal.Signals]
) -> None:
    agent = Command(tmp_path, "--port", str(free_port()))
    agent.until(moment)
    assert "The tabs were left as they are." in agent.stop(*signals)


def test_it_can_be_stopped_while_it_watches(tmp_path: Path, chromium: Chromium) -> None:
    agent = Command(tmp_path, "--port", str(chromium.port), "--no-mqtt")
    agent.until("connected to Chrome")
    agent.stop(signal.SIGINT, signal.SIGINT)
    assert chromium.get("/json/version")


def test_without_mqtt_no_broker_is_started(tmp_path: Path) -> None:
    agent = Command(tmp_path, "--port", str(free_port()), "--no-mqtt")
    agent.until("MQTT: none")
    agent.stop(signal.SIGTERM)
    assert not (tmp_path / "state" / "broker").exists()


def test_observing_is_announced(tmp_path: Path) -> None:
    agent = Command(tmp_path, "--port", str(free_port()), "--no-mqtt", "--observe")
    agent.until("observe")
    agent.stop(signal.SIGTERM)


def test_a_state_folder_that_cannot_be_written_does_not_stop_the_watch(
    tmp_path: Path, chromium: Chromium
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("a file, where a folder should be", encoding="utf-8")
    env = {"COLAB_CDP_AGENT_STATE_DIR": str(in_the_way / "state")}
    agent = Command(tmp_path, "--port", str(chromium.port), env=env)
    agent.until("the state folder cannot be written; the tabs are watched all the same")
    assert "nothing is told over MQTT" in agent.said
    assert "no output is cleared" in agent.said
    agent.until("connected to Chrome")
    agent.stop(signal.SIGTERM)
