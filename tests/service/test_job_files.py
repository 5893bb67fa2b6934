"""What is written for each system: as it should look, and read back by that system's own rules."""

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from colab_cdp_agent.config import ConfigError
from colab_cdp_agent.service import launchd, systemd, windows_task
from colab_cdp_agent.service.job import NO_XML, WIDE, Job, from_anywhere, make_job

GOLDEN = Path(__file__).parent / "golden"
MANAGER = Path("/usr/lib/systemd/systemd")
NASTY = ("--name", "a b", '"', "\\", "it's", "100%", "%h", "$HOME", "$$", "${x}", ";", "#", "é 밤")
OPTIONS = ("--config", "/home/me/my night.yaml", "--mqtt", "mqtts://broker.example", "--observe")
SECRETS = Path("/home/me/.config/colab-cdp-agent/service.env")
TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=NO_XML), max_size=20
)
TEXTS = st.lists(TEXT, max_size=6)


def job(options: tuple[str, ...], python: str = "/opt/agent/bin/python") -> Job:
    return Job(Path(python), ("run", *options), WIDE)


def golden(name: str, text: str) -> None:
    """Compare with what a person has read and found right."""
    assert text == (GOLDEN / name).read_text("utf-8")


def test_the_unit_of_systemd() -> None:
    golden("colab-cdp-agent.service", systemd.unit(job((*OPTIONS, *NASTY)), SECRETS))


def test_the_agent_of_launchd() -> None:
    log = PurePosixPath("/Users/me/Library/Logs/colab-cdp-agent.log")
    golden("colab-cdp-agent.plist", launchd.agent(job((*OPTIONS, *NASTY)), log))


def test_the_task_of_windows() -> None:
    python = r"C:\Users\me\night watch\.venv\Scripts\python.exe"
    log = PureWindowsPath(r"C:\Users\me\AppData\Local\colab-cdp-agent\colab-cdp-agent.log")
    golden("colab-cdp-agent.xml", windows_task.task(job((*OPTIONS, *NASTY), python), log, r"PC\me"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd installed")
def test_systemd_finds_no_mistake_in_its_unit(tmp_path: Path) -> None:
    file = tmp_path / systemd.UNIT
    file.write_text(systemd.unit(job((*OPTIONS, *NASTY), "/bin/true"), SECRETS), "utf-8")
    ended = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(file)],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # An older systemd passes over what makes the waits grow.
    complaints = [line for line in ended.stderr.splitlines() if "Unknown key" not in line]
    assert (ended.returncode, complaints) == (0, [])
    unknown = re.findall(r"Unknown key(?: name)? '(\w+)'", ended.stderr)
    assert set(unknown) <= {"RestartSteps", "RestartMaxDelaySec"}


@pytest.mark.skipif(not MANAGER.exists(), reason="no systemd installed")
def test_systemd_itself_reads_each_argument_as_it_was() -> None:
    wanted = job((*OPTIONS, *NASTY), "/opt/a b%h$c/python")
    # It reads its units without starting any, and prints them; that it does not do for root.
    as_nobody = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="units-") as name:
        home = Path(name)
        file = home / "systemd" / "user" / systemd.UNIT
        file.parent.mkdir(parents=True)
        file.write_text(systemd.unit(wanted, SECRETS), "utf-8")
        if as_nobody:
            for each in (home, *home.rglob("*")):
                shutil.chown(each, "nobody")
        places = ("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
        env = {**os.environ, **dict.fromkeys(places, name)}
        command = [*as_nobody, str(MANAGER), "--user", "--test", f"--unit={systemd.UNIT}"]
        ended = subprocess.run(
            command, env=env, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
    [line] = re.findall(r"Command Line: (.*/python.*)", ended.stdout) or [ended.stdout[-300:]]
    # What is printed is quoted as a shell would read it; variables are put in at the start only.
    read = [word.replace("$$", "$") for word in shlex.split(line.replace(r"\$", "$"))]
    assert tuple(read) == wanted.command


def words_of_systemd(line: str) -> Iterator[str]:
    """Take a line apart as systemd.syntax(7) and systemd.unit(5) say: quotes, escapes, specifiers.

    A specifier that is not `%%` would be replaced: that is a mistake here.
    """
    for word in re.findall(r'"(?:[^"\\]|\\.)*"|\S+', line):
        plain = re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word
        assert '"' in plain or word.startswith('"') or "'" not in word
        assert re.fullmatch(r"(?:[^%]|%%)*", plain)
        yield plain.replace("%%", "%")


@given(TEXTS)
@example(list(NASTY))
def test_systemd_reads_each_argument_as_it_was(options: list[str]) -> None:
    wanted = job(tuple(options))
    text = systemd.unit(wanted, SECRETS)
    [line] = [each for each in text.split("\n") if each.startswith("ExecStart=")]
    program, *arguments = words_of_systemd(line.removeprefix("ExecStart="))
    assert all(re.fullmatch(r"(?:[^$]|\$\$)*", argument) for argument in arguments)
    read = (program, *(argument.replace("$$", "$") for argument in arguments))
    assert read == wanted.command


@given(TEXTS)
@example(list(NASTY))
def test_launchd_reads_each_argument_as_it_was(options: list[str]) -> None:
    wanted = job(tuple(options))
    keys = plistlib.loads(launchd.agent(wanted, Path("/log")).encode())
    assert tuple(keys["ProgramArguments"]) == wanted.command
    assert keys["EnvironmentVariables"] == wanted.environment


def arguments_of_windows(line: str) -> list[str]:
    """Take a line apart as CommandLineToArgvW is documented to do.

    2n backslashes and a quote are n backslashes and the end of a quotation, 2n+1 are n and a quote.
    """
    found: list[str] = []
    word, quoted, begun = "", False, False
    for backslashes, character in re.findall(r'(\\*)(["]|[^\\]|\Z)', line):
        if character == '"':
            word += "\\" * (len(backslashes) // 2)
            begun = True
            if len(backslashes) % 2:
                word += '"'
            else:
                quoted = not quoted
            continue
        word += backslashes
        begun = begun or bool(backslashes)
        if character in {" ", ""} and not quoted:
            if begun:
                found.append(word)
            word, begun = "", False
        else:
            word += character
            begun = True
    return found


def expanded(line: str) -> str:
    """Replace what the Task Scheduler replaces, with every name that a variable can have set."""
    assert re.search(r"\$\(", line) is None
    return re.sub(r'%[^%="]+%', "REPLACED", line)


@given(TEXTS)
@example(list(NASTY))
@example(["%PATH%", "$(Arg0)", "a%PATH%b", "%%", 'x\\"', "\\\\", "a b\\", "%\\", ""])
def test_windows_reads_each_argument_as_it_was(options: list[str]) -> None:
    wanted = job(tuple(options), r"C:\python.exe")
    log = PureWindowsPath(r"C:\a b\100%\log")
    root = ET.fromstring(windows_task.task(wanted, log, "PC\\me").partition("\n")[2])
    line = root.findtext(".//{*}Arguments") or ""
    variables = [f"{name}={value}" for name, value in wanted.environment.items()]
    assert arguments_of_windows(expanded(line)) == [
        "-P", "-m", windows_task.INTO_FILE, str(log), *variables, *wanted.arguments,
    ]  # fmt: skip


def test_a_task_runs_without_a_console_and_without_an_end() -> None:
    text = windows_task.task(job((), r"C:\a\Python.exe"), PureWindowsPath("log"), "PC\\me")
    root = ET.fromstring(text.partition("\n")[2])
    assert root.findtext(".//{*}Command") == r"C:\a\pythonw.exe"
    assert root.findtext(".//{*}ExecutionTimeLimit") == "PT0S"
    assert {user.text for user in root.iter(f"{{{windows_task.NAMESPACE}}}UserId")} == {"PC\\me"}


def test_paths_are_made_absolute_and_nothing_else_is_changed(tmp_path: Path) -> None:
    given_here = ["--config", "a.yaml", "--profile-dir=p", "--site", "colab", "--site", "b.yaml"]
    rest = ["--name", "a.yaml", "--port", "9222", "--observe", f"--config={tmp_path / 'c'}"]
    assert list(from_anywhere([*given_here, *rest], tmp_path)) == [
        "--config", str(tmp_path / "a.yaml"), f"--profile-dir={tmp_path / 'p'}",
        "--site", "colab", "--site", str(tmp_path / "b.yaml"), *rest,
    ]  # fmt: skip


def test_only_the_state_folder_is_taken_along_from_the_environment(tmp_path: Path) -> None:
    environ = {
        "COLAB_CDP_AGENT_STATE_DIR": "kept",
        "COLAB_CDP_AGENT_MQTT_PASSWORD": "a-secret",
        "PATH": "/bin",
    }
    made = make_job([], tmp_path, environ)
    assert made.environment == {**WIDE, "COLAB_CDP_AGENT_STATE_DIR": str(tmp_path / "kept")}


@pytest.mark.parametrize("text", ["two\nlines", "\0", "\x1b[1m", "\udcff", "\uffff"])
def test_what_no_file_can_hold_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="cannot stand in a service's file"):
        make_job(["--name", text], tmp_path, {})
