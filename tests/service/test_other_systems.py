"""launchd and the Task Scheduler, of which only their tools' calls and answers are known here."""

import plistlib
import sys
from pathlib import Path

import pytest

from colab_cdp_agent.service.job import WIDE, Job
from colab_cdp_agent.service.launchctl import Launchd
from colab_cdp_agent.service.schtasks import QUERY, TaskScheduler
from colab_cdp_agent.service.supervisor import ServiceError, Standing
from system_tools import SystemTools

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts")
JOB = Job(Path("/opt/python"), ("run", "--observe"), WIDE)
TARGET = "gui/501/io.github.colab-cdp-agent"
LAUNCHD_RUNS = """\
io.github.colab-cdp-agent = {
	active count = 1
	state = running
	pid = 4711
	last exit code = (never exited)
}"""
LAUNCHD_ENDED = "\tstate = not running\n\truns = 2\n\tlast exit code = 2\n"
LAUNCHD_KILLED = "\tstate = spawn scheduled\n\tlast terminating signal = Killed: 9\n"
NOT_LOADED = {"bootout": (3, "No such process"), "print": (113, "Could not find service")}
WINDOWS = {"USERDOMAIN": "PC", "USERNAME": "me"}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemTools:
    tools = SystemTools(tmp_path / "bin", "launchctl", "schtasks", "powershell.exe")
    monkeypatch.setenv("PATH", tools.path)
    return tools


def launchd(home: Path) -> Launchd:
    return Launchd(home, 501, home / "colab-cdp-agent.yaml")


def test_launchd_is_given_the_agent_and_loads_it(tmp_path: Path, tools: SystemTools) -> None:
    tools.answer(NOT_LOADED)
    supervisor = launchd(tmp_path)
    assert supervisor.standing() == Standing(installed=False)
    assert list(supervisor.install(JOB)) == []
    file = tmp_path / "Library" / "LaunchAgents" / "io.github.colab-cdp-agent.plist"
    keys = plistlib.loads(file.read_bytes())
    assert keys["StandardErrorPath"] == str(tmp_path / "Library" / "Logs" / "colab-cdp-agent.log")
    assert tools.calls() == [
        f"launchctl bootout {TARGET}",
        f"launchctl print {TARGET}",
        f"launchctl enable {TARGET}",
        f"launchctl bootstrap gui/501 {file}",
    ]


def test_launchd_loads_a_new_one_when_the_old_one_has_ended(
    tmp_path: Path, tools: SystemTools
) -> None:
    in_progress = (36, "Boot-out failed: 36: Operation now in progress")
    ends = (0, LAUNCHD_RUNS, *NOT_LOADED["print"])
    tools.answer({"bootout": in_progress, "launchctl print": ends})
    list(launchd(tmp_path).install(JOB))
    calls = [call.split()[1] for call in tools.calls()]
    assert calls == ["bootout", "print", "print", "enable", "bootstrap"]


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        ((0, LAUNCHD_RUNS), Standing(installed=True, pid=4711)),
        ((0, LAUNCHD_ENDED), Standing(installed=True, last_exit=2)),
        ((0, LAUNCHD_KILLED), Standing(installed=True, last_exit=-9)),
        ((113, "Could not find service"), Standing(installed=True)),
    ],
)
def test_launchd_says_how_it_stands(
    tmp_path: Path, tools: SystemTools, answer: tuple[int, str], standing: Standing
) -> None:
    supervisor = launchd(tmp_path)
    tools.answer(NOT_LOADED)
    list(supervisor.install(JOB))
    tools.answer({"launchctl print": answer})
    assert supervisor.standing() == standing
    tools.answer(NOT_LOADED)
    supervisor.uninstall()
    assert supervisor.standing() == Standing(installed=False)


def test_launchd_without_a_session_of_the_screen(tmp_path: Path, tools: SystemTools) -> None:
    refusal = "Bootstrap failed: 125: Domain does not support specified action"
    tools.answer({**NOT_LOADED, "bootstrap": (125, refusal)})
    with pytest.raises(ServiceError, match=f"{refusal}. Over SSH"):
        list(launchd(tmp_path).install(JOB))


def test_the_task_scheduler_is_given_the_task_and_runs_it(
    tmp_path: Path, tools: SystemTools
) -> None:
    supervisor = TaskScheduler(tmp_path, tmp_path / "mine.yaml", WINDOWS)
    assert list(supervisor.install(JOB)) == []
    end, create, started = tools.calls()
    assert end == "schtasks /End /TN colab-cdp-agent"
    assert create.startswith("schtasks /Create /TN colab-cdp-agent /XML ")
    assert create.endswith("task.xml /F")
    assert started == "schtasks /Run /TN colab-cdp-agent"
    assert supervisor.log == f'type "{tmp_path / "colab-cdp-agent.log"}"'
    supervisor.uninstall()
    assert tools.calls()[-1] == "schtasks /Delete /TN colab-cdp-agent /F"


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ("", Standing(installed=False)),
        ("4\n267009", Standing(installed=True, pid=0)),
        ("3\n267011", Standing(installed=True)),
        ("3\n2147750687", Standing(installed=True)),
        ("3\n-2147216609", Standing(installed=True)),
        ("3\n2", Standing(installed=True, last_exit=2)),
        ("1\n0", Standing(installed=True, last_exit=0)),
    ],
)
def test_the_task_scheduler_says_how_it_stands(
    tmp_path: Path, tools: SystemTools, said: str, standing: Standing
) -> None:
    tools.answer({"powershell.exe": (0, said)})
    assert TaskScheduler(tmp_path, tmp_path, WINDOWS).standing() == standing
    [call] = tools.calls()
    assert call.endswith(QUERY)


def test_what_a_tool_refuses_is_quoted(tmp_path: Path, tools: SystemTools) -> None:
    tools.answer({"/Create": (1, "ERROR: Access is denied.")})
    with pytest.raises(ServiceError, match=r"failed: ERROR: Access is denied\."):
        list(TaskScheduler(tmp_path, tmp_path, WINDOWS).install(JOB))
