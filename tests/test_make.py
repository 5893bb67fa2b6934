"""`make start`, `status`, `logs` and `stop` in a fresh checkout: the agent in the background."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from chromium import Chromium, find_chromium, free_port
from colab_cdp_agent.file_lock import FileLock
from command import TRACES, environment
from environments import make_environment
from leftovers import kill_processes_of, processes_of
from person import eventually

ROOT = Path(__file__).parents[1]
NOT_OF_A_CHECKOUT = (".venv", ".git", ".run", ".*_cache", "__pycache__", "node_modules")
LIMIT_S = 60.0
# What the `make test` around these tests says to a make below it: that would print its folder too.
OUTER_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make installed")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of this checkout with an environment that is ready, and folders of its own."""

    folder: Path
    home: Path

    def make(self, *goals: str) -> tuple[int, str]:
        """Return the exit code of `make`, and what was said."""
        ended = subprocess.run(
            ["make", f"PYTHON={sys.executable}", *goals],
            cwd=self.folder,
            env={
                name: value
                for name, value in environment(self.home).items()
                if name not in OUTER_MAKE
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert not any(trace in ended.stdout for trace in TRACES), ended.stdout
        return ended.returncode, ended.stdout

    def start(self, port: int) -> str:
        """Start the agent, which must go well, and return what was said."""
        code, said = self.make("start", f"ARGS=--port {port}")
        assert code == 0, said
        return said

    def pid(self) -> int:
        """Return the agent's process id, as `make status` says it."""
        found = re.search(r"The agent runs \(pid (\d+)\)", self.make("status")[1])
        assert found is not None
        return int(found[1])


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_OF_A_CHECKOUT))
    make_environment(folder / ".venv").lend(editable=True)
    (folder / ".venv" / "has-run").touch()
    yield Checkout(folder, tmp_path)
    kill_processes_of(tmp_path)


def test_it_starts_waits_for_chrome_and_ends(checkout: Checkout) -> None:
    port = free_port()
    said = checkout.start(port)
    assert f"nothing listens on 127.0.0.1:{port}" in said
    assert f"--remote-debugging-port={port}" in said
    assert "There is no Chrome yet: the agent waits for one. How to start it stands above." in said
    assert said.endswith("It goes on in the background: make status, make logs, make stop.\n")

    assert str(port) in psutil.Process(checkout.pid()).cmdline()
    _, status = checkout.make("status")
    assert f"Chrome: waiting (nothing listens on 127.0.0.1:{port}" in status
    assert " · MQTT: 127.0.0.1:" in status
    _, logs = checkout.make("logs")
    assert "waiting for Chrome" in logs
    assert logs.endswith("To follow it: tail -f .run/agent.log\n")

    code, said = checkout.make("stop")
    assert (code, said) == (0, "Stopped. The tabs were left as they are.\n")
    assert processes_of(checkout.home) == [], "its broker ends with it"


def test_a_second_start_says_that_it_runs_already(checkout: Checkout) -> None:
    checkout.start(free_port())
    pid = checkout.pid()
    code, said = checkout.make("start", "ARGS=--observe")
    assert code == 0
    assert said.startswith("It runs already; for other options: make stop, and make start again.")
    assert checkout.pid() == pid
    checkout.make("stop")


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")
def test_status_says_when_chrome_is_there(checkout: Checkout) -> None:
    port = free_port()
    checkout.start(port)
    with Chromium(port=port):
        eventually(lambda: "Chrome: 1" in checkout.make("status")[1])
        assert checkout.make("stop")[0] == 0


def test_where_nothing_runs_each_says_so(checkout: Checkout) -> None:
    assert checkout.make("stop") == (0, "The agent does not run.\n")
    assert checkout.make("status") == (0, "The agent does not run: make start\n")
    assert checkout.make("logs") == (0, "There is no log yet: make start\n")


def test_a_start_that_fails_says_why(checkout: Checkout) -> None:
    code, said = checkout.make("start", "ARGS=--site nowhere")
    assert code != 0
    assert "no site profile named 'nowhere'; known: colab, jupyterlab" in said
    assert "The agent ended at once, with exit code 2; why stands above." in said
    assert checkout.make("status") == (0, "The agent does not run: make start\n")


def test_a_folder_that_cannot_be_had_is_a_sentence(checkout: Checkout) -> None:
    (checkout.folder / ".run").write_text("a file, where a folder should be", encoding="utf-8")
    code, said = checkout.make("start")
    assert code != 0
    assert "It cannot be done: [Errno 17] File exists: '.run'" in said


def test_an_agent_that_was_killed_counts_as_ended_and_its_log_is_kept(checkout: Checkout) -> None:
    checkout.start(free_port())
    psutil.Process(checkout.pid()).kill()
    eventually(lambda: checkout.make("status") == (0, "The agent does not run: make start\n"))
    first = (checkout.folder / ".run" / "agent.log").read_text("utf-8")

    checkout.start(free_port())
    assert (checkout.folder / ".run" / "agent.log.1").read_text("utf-8") == first
    assert checkout.make("stop")[0] == 0
    assert processes_of(checkout.home) == [], "the broker of both ends with the second"


def test_of_two_starts_at_once_one_agent_stays(checkout: Checkout) -> None:
    command = [str(checkout.folder / ".venv" / "bin" / "python"), "scripts/background.py", "start"]
    starts = [
        subprocess.Popen(
            [*command, "--port", str(free_port())],
            cwd=checkout.folder,
            env=environment(checkout.home),
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    for each in starts:
        each.wait(LIMIT_S)
    agents = [told for told in processes_of(checkout.home) if " hold " in told]
    assert len(agents) == 1
    assert agents[0].startswith(f"{checkout.pid()} ")
    eventually(lambda: "Chrome: " in checkout.make("status")[1], LIMIT_S)
    assert checkout.make("stop")[0] == 0


# The lock is never let go of, on purpose.
@pytest.mark.filterwarnings("ignore:.*agent.lock:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*agent.lock:ResourceWarning")
def test_who_only_looks_keeps_no_agent_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.setattr("sys.argv", ["background.py", "hold"])
    monkeypatch.chdir(tmp_path)
    import background  # noqa: PLC0415 - of `scripts`, which is no package

    background.RUN.mkdir()
    looking = FileLock(background.LOCK)
    assert looking.try_acquire()
    monkeypatch.setattr("time.sleep", lambda _: looking.release())
    monkeypatch.setattr("colab_cdp_agent.__main__.main", lambda: 7)
    assert background.hold() == 7
    assert background.PID.read_text() == str(os.getpid())


def test_where_no_signal_asks_a_file_does(checkout: Checkout) -> None:
    """As on Windows: the file ends a process as a signal does, and `stop` makes the file."""
    background = checkout.folder / "scripts" / "background.py"
    text = background.read_text("utf-8")
    background.write_text(text.replace('sys.platform != "win32"', "False"), "utf-8")
    checkout.start(free_port())
    code, said = checkout.make("stop")
    assert (code, said) == (0, "Stopped. The tabs were left as they are.\n")
    assert processes_of(checkout.home) == []
    checkout.start(free_port())
    assert checkout.make("stop")[0] == 0, "the file of the last time ends nobody"


def test_an_agent_that_has_not_told_its_pid_is_no_reason_to_end_whoever_asks(
    checkout: Checkout,
) -> None:
    background = checkout.folder / "scripts" / "background.py"
    text = background.read_text("utf-8")
    background.write_text(text.replace("STOP_LIMIT_S = 30.0", "STOP_LIMIT_S = 0.2"), "utf-8")
    (checkout.folder / ".run").mkdir()
    lock = FileLock(checkout.folder / ".run" / "agent.lock")
    assert lock.try_acquire()
    ended = subprocess.run(
        [sys.executable, "scripts/background.py", "stop"],
        cwd=checkout.folder,
        stdout=subprocess.PIPE,
        text=True,
        timeout=LIMIT_S,
        check=False,
        start_new_session=True,
    )
    lock.release()
    assert (ended.returncode, ended.stdout[:30]) == (1, "The agent has not ended in 0 s")


def test_a_pid_of_an_agent_that_is_over_is_nobody_that_is_asked_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.chdir(tmp_path)
    import background  # noqa: PLC0415 - of `scripts`, which is no package

    background.RUN.mkdir()
    background.LOCK.touch()
    background.PID.write_text(str(os.getpid()))
    assert background.status() == 0
    looking = FileLock(background.LOCK)
    assert looking.try_acquire()
    assert background._running() == 0
    looking.release()


def test_without_make_it_says_how_it_is_done_without(checkout: Checkout) -> None:
    ended = subprocess.run(
        [sys.executable, "scripts/background.py", "status"],
        cwd=checkout.folder,
        env={name: value for name, value in os.environ.items() if name not in OUTER_MAKE},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    assert ended.stdout == "The agent does not run: python scripts/background.py start\n"


def test_make_lists_what_can_be_done(checkout: Checkout) -> None:
    code, said = checkout.make()
    assert code == 0
    goals = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for goal in goals:
        assert f"make {goal}" in said
