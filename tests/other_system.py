"""Makes this interpreter as poor as one on another system: `other_system.py win32 import`.

`import` imports every module of ours, `agent …` is the command line, and `pytest …` the tests.

What is left out is what Windows does not have: modules, and names in `os`, `signal`, `socket` and
`time`. Of what only Windows has two things are there, as they are used: the lock of `msvcrt`, and
the clocks of `kernel32`.

The standard library and what we depend on are imported first, since they are made for the system
that they were installed on; ours is what is looked at.
"""

import ctypes
import importlib
import importlib.abc
import importlib.machinery
import os
import pkgutil
import signal
import socket
import sys
import time
import types
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

ABSENT_MODULES = frozenset(
    {"curses", "fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
)
ABSENT_NAMES: dict[ModuleType, tuple[str, ...]] = {
    os: (
        "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fchown", "fork", "forkpty",
        "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getpgrp",
        "getpriority", "getsid", "getuid", "killpg", "lchown", "mkfifo", "mknod", "nice", "openpty",
        "posix_spawn", "pread", "pwrite", "register_at_fork", "sched_getaffinity", "sched_yield",
        "setegid", "seteuid", "setgid", "setpgid", "setpriority", "setsid", "setuid", "statvfs",
        "sync", "sysconf", "uname", "wait", "wait3", "wait4",
    ),
    signal: (
        "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP",
        "SIGTSTP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "alarm", "pause", "pthread_kill",
        "pthread_sigmask", "setitimer", "sigpending", "sigtimedwait", "sigwait", "siginterrupt",
    ),
    socket: ("AF_UNIX", "SO_REUSEPORT", "send_fds", "recv_fds"),
    time: ("clock_getres", "clock_gettime", "clock_gettime_ns", "pthread_getcpuclockid", "tzset"),
}  # fmt: skip
PYTEST = ("-q", "-p", "no:cacheprovider", "--timeout-method=thread", "--hypothesis-profile=a look")
OURS = ("colab_cdp_agent", "colab_cdp_protocols")
BORROWED = (
    "aiohttp.web", "aiomqtt", "apprise", "asyncio", "cssselect", "curses", "email",
    "http.server", "importlib.metadata", "logging.handlers", "msgspec", "msgspec.json",
    "multiprocessing", "paho.mqtt.client", "platformdirs", "pydoc",
    "regex", "rich.console", "rich.live", "rich.table", "rich.text", "segno", "sqlite3", "ssl",
    "structlog", "subprocess", "tarfile", "tempfile", "urllib.request", "uuid", "wakepy",
    "websockets", "websockets.client", "yaml", "zoneinfo",
)  # fmt: skip


class Absent(importlib.abc.MetaPathFinder):
    """Finds none of the modules that are not there."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - as the next, the interface's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """Refuse a module of the list, and leave every other to whoever finds it."""
        if fullname.partition(".")[0] in ABSENT_MODULES:
            raise ModuleNotFoundError(f"No module named {fullname!r} on this system", name=fullname)
        return None


def become(platform: str) -> None:
    """Be that system from now on, as far as modules see it that are imported later."""
    for name in BORROWED:
        importlib.import_module(name)
    sys.platform = platform
    if platform != "win32":
        return
    sys.modules["msvcrt"] = _console_runtime()
    vars(ctypes)["WinDLL"] = lambda _name: types.SimpleNamespace(
        GetTickCount64=_Answering(0), QueryUnbiasedInterruptTime=_Answering(1)
    )
    for name in [*sys.modules]:
        if name.partition(".")[0] in ABSENT_MODULES:
            del sys.modules[name]
    sys.meta_path.insert(0, Absent())
    pair, local = socket.socketpair, socket.AF_UNIX
    vars(socket)["socketpair"] = lambda: pair(local)  # Windows makes one in a way of its own
    for module, names in ABSENT_NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)


def _console_runtime() -> ModuleType:
    """Return what of Windows' C runtime is used: whoever locks first has the lock."""
    runtime = types.ModuleType("msvcrt")
    vars(runtime).update(LK_NBLCK=2, locking=lambda _fd, _mode, _bytes: None)
    return runtime


class _Answering:
    """A function of a library; it may be told of what type its answer is."""

    restype: object = None

    def __init__(self, answer: int) -> None:
        self._answer = answer

    def __call__(self, *_arguments: object) -> int:
        return self._answer


def import_ours() -> list[str]:
    """Import every module of ours, and return their names."""
    names = []
    for package in map(importlib.import_module, OURS):
        names.append(package.__name__)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
            names.append(found.name)
    return names


class Becoming:
    """Makes the system another one once pytest stands, and before it imports a test."""

    def __init__(self, platform: str) -> None:
        self._platform = platform

    def pytest_sessionstart(self) -> None:
        """Become it."""
        become(self._platform)


def main() -> int:
    """Be another system, and do there what the second argument says."""
    platform, what, *arguments = sys.argv[1:]
    if what == "pytest":
        return pytest.main([*PYTEST, *arguments], plugins=[Becoming(platform)])
    root = Path(__file__).parents[1]
    sys.path[:0] = [str(root / "agent"), str(root / "protocols")]
    become(platform)
    if what == "agent":
        sys.argv[1:] = arguments
        return int(importlib.import_module("colab_cdp_agent.__main__").main())
    sys.stdout.write("".join(f"{name}\n" for name in import_ours()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
