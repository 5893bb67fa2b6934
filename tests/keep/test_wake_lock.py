"""One lock: its thread, and the way of a system that this one is not, as far as it can be shown."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from colab_cdp_agent.keep.wake_lock import LONGEST_REASON, WakeLock

WAIT_LIMIT_S = 20.0
ON_MACOS = """
import platform, sys
platform.system = lambda: "Darwin"
from colab_cdp_agent.keep.wake_lock import WakeLock
lock = WakeLock()
lock.take()
answer = lock.taken.result(20)
print(answer.way, answer.reason, sep="\\n", flush=True)
sys.stdin.readline()
lock.release()
lock.ended.result(20)
print("given back", flush=True)
"""
CAFFEINATE = """#!/bin/sh
echo begun >>"$0.log"
"$@"
echo ended >>"$0.log"
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> Iterator[WakeLock]:
    """Yield a lock that wakepy grants without asking the system."""
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "1")
    monkeypatch.delenv("WAKEPY_FORCE_FAILURE", raising=False)
    lock = WakeLock()
    yield lock
    lock.release()
    lock.ended.result(WAIT_LIMIT_S)


def wake_threads() -> int:
    return sum(each.name == "wake lock" for each in threading.enumerate())


def test_a_lock_lives_in_a_thread_from_when_it_is_taken_until_it_is_released(
    granted: WakeLock,
) -> None:
    assert wake_threads() == 0
    granted.take()
    assert granted.taken.result(WAIT_LIMIT_S).way is not None
    assert wake_threads() == 1
    assert not granted.ended.done()
    granted.release()
    granted.ended.result(WAIT_LIMIT_S)


def test_a_lock_that_was_released_before_it_was_had_is_given_back_at_once(
    granted: WakeLock,
) -> None:
    granted.release()
    granted.take()
    granted.ended.result(WAIT_LIMIT_S)
    assert granted.taken.result(0).way is not None


def test_who_stops_waiting_does_not_stop_the_lock(granted: WakeLock) -> None:
    granted.take()
    assert not granted.taken.cancel()
    assert not granted.ended.cancel()
    assert granted.taken.result(WAIT_LIMIT_S).way is not None


def test_a_damaged_wakepy_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wakepy", None)
    lock = WakeLock()
    lock.take()
    answer = lock.taken.result(WAIT_LIMIT_S)
    assert answer.way is None
    assert "wakepy cannot be imported" in (answer.reason or "")
    lock.ended.result(WAIT_LIMIT_S)


@pytest.fixture
def macos(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that takes a lock as on macOS, by the `caffeinate` of the test if any."""
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    variables = {name: each for name, each in os.environ.items() if not name.startswith("WAKEPY_")}
    with subprocess.Popen(
        [sys.executable, "-c", ON_MACOS],
        env={**variables, "PATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.fixture
def caffeinate(tmp_path: Path) -> Path:
    """Return the log of a stand-in for `caffeinate`."""
    script = tmp_path / "caffeinate"
    script.write_text(CAFFEINATE, "utf-8")
    script.chmod(0o755)
    return tmp_path / "caffeinate.log"


def ways(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _line in range(2)]


def wait_for(word: str, log: Path) -> None:
    deadline = time.monotonic() + WAIT_LIMIT_S
    while not (log.exists() and word in log.read_text("utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@posix
def test_on_macos_a_process_holds_the_lock(caffeinate: Path, macos: subprocess.Popen[str]) -> None:
    assert ways(macos) == ["caffeinate", "None"]
    wait_for("begun", caffeinate)
    told, _errors = macos.communicate("\n", timeout=WAIT_LIMIT_S)
    assert told.strip() == "given back"


@posix
def test_on_macos_the_lock_of_a_killed_process_ends(
    caffeinate: Path, macos: subprocess.Popen[str]
) -> None:
    assert ways(macos) == ["caffeinate", "None"]
    macos.kill()
    wait_for("ended", caffeinate)


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="it is there")
def test_a_way_that_is_missing_is_named_in_few_words(macos: subprocess.Popen[str]) -> None:
    way, reason = ways(macos)
    assert way == "None"
    assert reason.startswith("caffeinate: FileNotFoundError")
    assert len(reason) <= LONGEST_REASON
