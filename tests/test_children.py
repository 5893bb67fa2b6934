"""Child processes: how each system starts them apart, and ends them with all below."""

import subprocess
import sys

import psutil
import pytest

from colab_cdp_agent.children import apart, end_tree, tree_ender
from person import eventually

PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN) if sys.argv[1] == "deaf" else None
child = subprocess.Popen([sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"])
print(child.pid, flush=True)
child.wait()
"""


def test_how_a_child_is_kept_apart_on_each_system() -> None:
    assert apart("linux") == {"start_new_session": True, "creationflags": 0}
    assert apart("darwin") == apart("linux")
    assert apart("win32") == {"start_new_session": False, "creationflags": 0x08000200}


def test_where_no_signal_ends_a_tree_a_command_does() -> None:
    assert tree_ender(7, "win32") == ["taskkill.exe", "/F", "/T", "/PID", "7"]
    assert tree_ender(7, "linux") is tree_ender(7, "darwin") is None


@pytest.mark.parametrize("kind", ["follows", "deaf"])
def test_a_child_ends_with_its_children(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colab_cdp_agent.children.END_LIMIT_S", 0.5)
    command = [sys.executable, "-c", PARENT, kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, **apart()) as process:
        assert process.stdout is not None
        below = int(process.stdout.readline())
        assert psutil.pid_exists(below)
        end_tree(process)
        assert process.returncode is not None
        eventually(lambda: not _runs(below))


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
