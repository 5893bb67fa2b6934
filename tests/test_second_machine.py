"""From a second machine a night is watched, and asked: a real agent on a stand-in for Colab."""

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium
from colab_sim import Notebook
from command import Command, run
from mosquitto import HOST
from night import NAME, Night
from scene import needs_chromium_and_mosquitto
from stage import Stage

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(sys.platform == "win32", reason="it is ended by a POSIX signal"),
]

LIMIT_S = 60.0
TRAINING = """\
import time
for step in range(1, 6001):
    print(f"step {step}/6000 loss: {9 / step:.4f}")
    time.sleep(0.1)
"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


class Watcher:
    """`watch --json` on the second machine, and what it told last of each session and agent."""

    def __init__(self, folder: Path, where: tuple[str, str]) -> None:
        self.states: dict[str, dict[str, Any]] = {}
        self.status: str | None = None
        self.chrome: str | None = None
        self._command = Command(folder, "watch", "--json", *where)
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def until(self, holds: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(holds, LIMIT_S), (self.states, self.status, self.chrome)

    def close(self) -> None:
        self._command.process.send_signal(signal.SIGINT)
        self._reader.join(LIMIT_S)
        assert self._command.end() == 0

    def phase(self, title: str) -> str | None:
        found = [each["phase"] for each in self.states.values() if each["title"] == title]
        return found[0] if found else None

    def loss(self) -> float | None:
        metrics = [each["progress"]["metrics"] for each in self.states.values()]
        return next((each["loss"] for each in metrics if "loss" in each), None)

    def _read(self) -> None:
        assert self._command.process.stdout is not None
        for text in self._command.process.stdout:
            line = json.loads(text)
            with self._news:
                if "state" in line:
                    self.states[line["session"]] = line["state"]
                self.status = line.get("status", self.status)
                if "info" in line:
                    self.chrome = line["info"]["chrome"]["state"]
                self._news.notify_all()


def test_a_night_is_watched_and_asked_from_a_second_machine(
    tmp_path: Path, stage: Stage, chromium: Chromium
) -> None:
    notebook: Notebook = stage.notebook("mnist", kernel=True)
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    with Night(chromium.port) as night:
        where = "--mqtt", f"mqtt://{HOST}:{night.broker.port}"

        def send(*words: str) -> tuple[int, str]:
            ended = run(tmp_path, "send", *where, *words, limit=LIMIT_S)
            return ended.returncode, ended.stdout + ended.stderr

        watcher = Watcher(tmp_path, where)
        try:
            watcher.until(lambda: watcher.phase("mnist") == "idle")
            stage.do(notebook.source(TRAINING))
            stage.do(notebook.run())
            watcher.until(lambda: watcher.phase("mnist") == "running")
            watcher.until(lambda: watcher.loss() is not None)

            code, said = send(f"{NAME}/mnist", "log", "lines=3")
            assert (code, said.count("step ")) == (0, 3)
            assert send(f"{NAME}/mnist", "pause") == (0, "ok: the duties rest\n")
            watcher.until(lambda: watcher.phase("mnist") == "paused")
            assert send(f"{NAME}/mnist", "resume")[0] == 0
            watcher.until(lambda: watcher.phase("mnist") == "running")

            file = tmp_path / "page.jpg"
            code, said = send(f"{NAME}/mnist", "screenshot", "--save", str(file))
            assert code == 0, said
            assert file.read_bytes().startswith(b"\xff\xd8\xff")

            code, said = send(f"{NAME}/mnist", "interrupt")
            assert (code, "not allowed" in said) == (1, True)
            code, said = send(NAME, "sessions")
            assert (code, "mnist" in said) == (0, True)

            chromium.kill()
            watcher.until(lambda: watcher.chrome == "waiting")
            watcher.until(lambda: watcher.phase("mnist") == "gone")
            assert send(f"{NAME}/mnist", "reconnect")[0] == 1
            night.stop()
            watcher.until(lambda: watcher.status == "offline")
            code, said = send(f"{NAME}/mnist", "reconnect")
            assert (code, f"{NAME} is offline" in said) == (3, True)
        finally:
            watcher.close()
