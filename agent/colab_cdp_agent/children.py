"""How child processes are started and ended on each system, and for whom."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TypedDict

CREATE_NEW_PROCESS_GROUP = 0x00000200
CREATE_NO_WINDOW = 0x08000000
"""A console of its own that nobody sees: that of its parent may be closed."""
OURS = "COLAB_CDP_AGENT_"
END_LIMIT_S = 5.0
TREE_LIMIT_S = 15.0


class Apart(TypedDict):
    """The arguments of Popen that keep a child from its parent's terminal."""

    start_new_session: bool
    creationflags: int


def apart(platform: str = sys.platform) -> Apart:
    """Return how a child is started so that Ctrl+C, and a terminal's end, are not for it."""
    if platform == "win32":
        flags = CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW
        return Apart(start_new_session=False, creationflags=flags)
    return Apart(start_new_session=True, creationflags=0)


def clean_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment without the agent's own variables, some of which are secrets."""
    return {name: value for name, value in environ.items() if not name.startswith(OURS)}


def this_user() -> int:
    """Return the number of whoever runs this; 0 on Windows, where users have none."""
    if sys.platform == "win32":
        return 0
    return os.getuid()


def output(
    *command: str, within: float, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str] | None:
    """Return how a program of the system ended and what it printed.

    None where it is not there, or has not ended within that many seconds. Blocking.
    """
    try:
        return subprocess.run(  # noqa: S603 - a program of the system, with fixed arguments
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=within,
            check=False,
            env=environ,
            creationflags=CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def tree_ender(pid: int, platform: str = sys.platform) -> list[str] | None:
    """Return the command that ends a process with all below it, None where signals do that."""
    return ["taskkill.exe", "/F", "/T", "/PID", str(pid)] if platform == "win32" else None


def end_tree(process: "subprocess.Popen[bytes]") -> None:
    """End a child that was started `apart`, and its children: asked first, killed if need be.

    Windows knows no asking, and finds the children by a parent that still runs.
    """
    ender = tree_ender(process.pid)
    if ender is not None:
        with suppress(OSError, subprocess.TimeoutExpired):  # then the parent alone is ended
            subprocess.run(  # noqa: S603 - a fixed command; the pid is an int
                ender, capture_output=True, check=False, timeout=TREE_LIMIT_S, **apart()
            )
    process.terminate()
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
