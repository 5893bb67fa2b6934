"""The agent in the background: `background.py start|stop|status|logs [arguments of the agent]`.

`start` runs this file once more, as `hold`: that process takes a lock on a file and becomes the
agent. The lock, which ends with it however it ends, says that it runs; the pid only says where.

`stop`, `status` and `logs` need no `.venv`, and run on whatever Python there is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "agent"))
from colab_cdp_agent.children import apart
from colab_cdp_agent.file_lock import FileLock

RUN = Path(".run")
LOCK = RUN / "agent.lock"
STARTING = RUN / "start.lock"
PID = RUN / "agent.pid"
STOP = RUN / "agent.stop"
LOG = RUN / "agent.log"
EARLIER_LOG = RUN / "agent.log.1"
HEADLINE = "Chrome: "
WAITING = f"{HEADLINE}waiting"
UNSETTLED = ("not looked for yet", "not connected yet")
SETTLE_LIMIT_S = 10.0
STOP_LIMIT_S = 30.0
LOOKED_AT_S = 1.0
POLL_S = 0.1
LINES = 60
SIGNALS_ASK = sys.platform != "win32"
"""Whether a signal asks a process to end; on Windows it ends it at once, and a file asks."""


def main() -> int:
    """Do what the first argument says, and return the exit code."""
    verbs = {"start": start, "stop": stop, "status": status, "logs": logs, "hold": hold}
    verb = verbs.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if verb is None:
        sys.exit("expected start, stop, status or logs")
    try:
        return verb()
    except OSError as error:
        sys.exit(f"It cannot be done: {error}")


def start() -> int:
    """Start the agent apart from this terminal, and say how it stands after a moment."""
    RUN.mkdir(exist_ok=True)
    starting = FileLock(STARTING)
    if not starting.try_acquire():
        print(f"It is just being started; how it stands: {_way('status')}")
        return 0
    if _running() is not None:
        print(f"It runs already; for other options: {_way('stop')}, and {_way('start')} again.")
        return status()
    if LOG.exists():
        LOG.replace(EARLIER_LOG)
    with LOG.open("wb") as log:
        agent = subprocess.Popen(
            [sys.executable, __file__, "hold", *sys.argv[2:]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "COLUMNS": "240"},
            **apart(),
        )
    _settle(agent)
    print(_text(LOG), end="")
    if agent.poll() is not None:
        print(f"The agent ended at once, with exit code {agent.returncode}; why stands above.")
        return 1
    agent.returncode = 0  # left on purpose, which Python would warn of
    if _headline().startswith(WAITING):
        print("\nThere is no Chrome yet: the agent waits for one. How to start it stands above.")
    ways = ", ".join(map(_way, ("status", "logs", "stop")))
    print(f"\nIt goes on in the background: {ways}.")
    return 0


def hold() -> int:
    """Be the agent, for as long as it runs; how it ends is its own affair."""
    lock = FileLock(LOCK)
    deadline = time.monotonic() + LOOKED_AT_S
    while not lock.try_acquire():  # who looks whether it runs holds the lock for a moment
        if time.monotonic() > deadline:
            sys.exit("It runs already.")
        time.sleep(POLL_S)
    lock.keep()
    STOP.unlink(missing_ok=True)
    PID.write_text(str(os.getpid()), encoding="ascii")
    if not SIGNALS_ASK:
        threading.Thread(target=end_when_asked, args=[STOP], daemon=True).start()
    from colab_cdp_agent.__main__ import main as agent  # noqa: PLC0415 - of `.venv` only

    sys.argv[1:] = ["run", *sys.argv[2:]]
    return agent()


def end_when_asked(stop: Path) -> None:
    """Wait for a file to appear, and end this process as a request to terminate does."""
    while not stop.exists():
        time.sleep(POLL_S)
    signal.raise_signal(signal.SIGTERM)


def stop() -> int:
    """Ask the agent to end, and say what happened."""
    if _running() is None:
        print("The agent does not run.")
        return 0
    deadline, asked = time.monotonic() + STOP_LIMIT_S, False
    while (pid := _running()) is not None:
        if pid and not asked:
            _ask_to_end(pid)
            asked = True
        if time.monotonic() > deadline:
            print(f"The agent has not ended in {STOP_LIMIT_S:.0f} s: {_by_force(pid)}")
            return 1
        time.sleep(POLL_S)
    print(_last_line())
    return 0


def _ask_to_end(pid: int) -> None:
    if SIGNALS_ASK:
        with suppress(ProcessLookupError):  # it has ended since it was looked for
            os.kill(pid, signal.SIGTERM)
    else:
        STOP.touch()


def _by_force(pid: int) -> str:
    if not pid:
        return f"end the Python that holds {LOCK}; {PID} does not say which it is"
    return f"kill -9 {pid}" if SIGNALS_ASK else f"taskkill /F /PID {pid}"


def status() -> int:
    """Say whether the agent runs, and how it stands with Chrome and the broker."""
    pid = _running()
    if pid is None:
        print(f"The agent does not run: {_way('start')}")
        return 0
    named = f" (pid {pid})" if pid else ""
    print(f"The agent runs{named}; its log is {LOG}")
    print(_headline() or "It has only just been started.")
    return 0


def logs() -> int:
    """Print the end of the log."""
    if not LOG.exists():
        print(f"There is no log yet: {_way('start')}")
        return 0
    print("\n".join(_lines()[-LINES:]))
    follow = "tail -f" if SIGNALS_ASK else "powershell Get-Content -Wait"
    print(f"\nTo follow it: {follow} {LOG}")
    return 0


def _running() -> int | None:
    """Return the pid of the agent that holds the lock, 0 where it has told none, or None.

    To a signal 0 is the whole group of whoever sends it: `make`, and the shell script around it.
    """
    lock = FileLock(LOCK)
    if not LOCK.exists() or lock.try_acquire():
        if lock.held:
            PID.unlink(missing_ok=True)  # of one that is over: the number may be another's by now
        lock.release()
        return None
    with suppress(FileNotFoundError, ValueError):  # it has not written it yet
        return int(PID.read_text(encoding="ascii"))
    return 0


def _way(verb: str) -> str:
    """Return how a person says that: by make where it was make that ran this."""
    return f"make {verb}" if "MAKELEVEL" in os.environ else f"python scripts/background.py {verb}"


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
    return _text(LOG).splitlines() if LOG.exists() else []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
