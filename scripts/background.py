"""The agent in the background: `background.py start|stop|status|logs [arguments of the agent]`.

The agent holds a lock on a file for as long as it lives, however it ends: the lock, and not the
pid in the file, says that it runs.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

RUN = Path(".run")
LOCK = RUN / "agent.lock"
LOG = RUN / "agent.log"
EARLIER_LOG = RUN / "agent.log.1"
HEADLINE = "Chrome: "
WAITING = f"{HEADLINE}waiting"
UNSETTLED = ("not looked for yet", "not connected yet")
SETTLE_LIMIT_S = 10.0
STOP_LIMIT_S = 30.0
POLL_S = 0.1
LINES = 60


def main() -> int:
    """Do what the first argument says, and return the exit code."""
    verbs = {"start": start, "stop": stop, "status": status, "logs": logs}
    try:
        return verbs[sys.argv[1]]()
    except OSError as error:
        sys.exit(f"It cannot be done: {error}")


def start() -> int:
    """Start the agent apart from this terminal, and say how it stands after a moment."""
    RUN.mkdir(exist_ok=True)
    with LOCK.open("a+b") as lock:
        if not _locked(lock):
            print("It runs already; for other options: make stop, and make start again.")
            return status()
        if LOG.exists():
            LOG.replace(EARLIER_LOG)
        with LOG.open("wb") as log:
            agent = subprocess.Popen(
                [sys.executable, "-m", "colab_cdp_agent", "run", *sys.argv[2:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "240"},
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )
        lock.truncate(0)
        lock.write(str(agent.pid).encode())
    _settle(agent)
    print(LOG.read_text(errors="replace"), end="")
    if agent.poll() is not None:
        print(f"The agent ended at once, with exit code {agent.returncode}; why stands above.")
        return 1
    agent.returncode = 0  # left on purpose, which Python would warn of
    if _headline().startswith(WAITING):
        print("\nThere is no Chrome yet: the agent waits for one. How to start it stands above.")
    print("\nIt goes on in the background: make status, make logs, make stop.")
    return 0


def stop() -> int:
    """Ask the agent to end, and say what happened."""
    pid = _running()
    if pid is None:
        print("The agent does not run.")
        return 0
    with suppress(ProcessLookupError):  # it has ended since it was looked for
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT_S
    while _running() is not None:
        if time.monotonic() > deadline:
            print(f"The agent (pid {pid}) has not ended in {STOP_LIMIT_S:.0f} s: kill -9 {pid}")
            return 1
        time.sleep(POLL_S)
    print(_last_line())
    return 0


def status() -> int:
    """Say whether the agent runs, and how it stands with Chrome and the broker."""
    pid = _running()
    if pid is None:
        print("The agent does not run: make start")
        return 0
    print(f"The agent runs (pid {pid}); its log is {LOG}")
    print(_headline() or "It has only just been started.")
    return 0


def logs() -> int:
    """Print the end of the log."""
    if not LOG.exists():
        print("There is no log yet: make start")
        return 0
    print("\n".join(_lines()[-LINES:]))
    print(f"\nTo follow it: tail -f {LOG}")
    return 0


def _running() -> int | None:
    """Return the pid of the agent that holds the lock, or None."""
    try:
        with LOCK.open("r+b") as lock:
            return None if _locked(lock) else int(lock.read() or 0) or None
    except FileNotFoundError:
        return None


def _locked(lock: BinaryIO) -> bool:
    """Take the lock, and return whether it was free."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _settle(agent: subprocess.Popen[bytes]) -> None:
    """Wait until the agent has looked for Chrome and the broker, or has ended."""
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while agent.poll() is None and time.monotonic() < deadline:
        headline = _headline()
        if headline and not any(words in headline for words in UNSETTLED):
            return
        time.sleep(POLL_S)


def _headline() -> str:
    headlines = [line for line in _lines() if line.startswith(HEADLINE)]
    return headlines[-1] if headlines else ""


def _last_line() -> str:
    return next(filter(None, reversed(_lines())), "It said nothing.")


def _lines() -> list[str]:
    return LOG.read_text(errors="replace").splitlines() if LOG.exists() else []


if __name__ == "__main__":
    sys.exit(main())
