"""The real command in a process of its own, as a person starts it and reads it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMAND = (sys.executable, "-m", "colab_cdp_agent")
LIMIT_S = 20.0
TRACES = ("Traceback", "Exception ignored", "never retrieved", "was destroyed")


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which the person's own folders lie below this one."""
    ours = {"COLAB_CDP_AGENT_STATE_DIR": str(folder / "state"), "COLUMNS": "240"}
    return {**os.environ, "XDG_CONFIG_HOME": str(folder / "config"), **ours, **(more or {})}


def run(
    folder: Path,
    *arguments: str,
    command: Sequence[str] = COMMAND,
    env: Mapping[str, str] | None = None,
    limit: float = LIMIT_S,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder to its end; no end shows a traceback."""
    ended = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment(folder, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=limit,
        check=False,
    )
    assert not any(trace in ended.stdout + ended.stderr for trace in TRACES), ended
    return ended


class Command:
    """A command that goes on, read line by line.

    Attributes:
        said: what was read so far.
        process: its process.

    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        command: Sequence[str] = COMMAND,
        env: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self.said = ""
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env=environment(folder, env),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def until(self, words: str) -> str:
        """Read on until a line holds these words, and return it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"it ended without saying {words!r}: {self.said}")

    def end(self, limit: float = LIMIT_S) -> int:
        """Read to the end, which no traceback may show, and return the exit code."""
        try:
            rest, _ = self.process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, _ = self.process.communicate()
            raise AssertionError(f"it did not end: {self.said}{rest}") from None
        self.said += rest
        assert not any(trace in self.said for trace in TRACES), self.said
        return self.process.returncode

    def stop(self, *signals: signal.Signals, limit: float = LIMIT_S) -> str:
        """Send signals in a row, and return what was said until the end, which must be as asked."""
        for number in signals:
            self.process.send_signal(number)
        assert self.end(limit) == 0, self.said
        assert "Stopped." in self.said
        return self.said


def hears(pid: int, number: signal.Signals, kind: str = "SigCgt") -> bool:
    """Return whether a process has taken a signal into its own hands, or ignores it: `SigIgn`."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(kind))
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)
