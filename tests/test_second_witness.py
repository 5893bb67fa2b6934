"""The kernel's own word, end to end: Colab's page in its languages with a real kernel behind it."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium, find_chromium
from colab_sim import Notebook
from mosquitto import find_mosquitto
from night import Night
from stage import Stage

pytestmark = [
    pytest.mark.skipif(
        not (find_chromium() and find_mosquitto()), reason="needs chromium and mosquitto"
    ),
    pytest.mark.skipif(os.name == "nt", reason="kills processes by signals"),
]

OFF = {"on": False}
CLEAR_ONLY = {"keep_alive": OFF, "reconnect": OFF, "clear": {"every": "10s"}}
NOTHING = {"keep_alive": OFF, "reconnect": OFF, "clear": OFF}
START_LIMIT_S = 60
TRAINING = """\
import sys, time
from tqdm import tqdm
for number in tqdm(range({steps}), desc="train"):
    time.sleep(0.02)
    print(f"step {{number}}/{steps} loss {{1 / (number + 1):.4f}}")
"""
ENDLESS = """\
import itertools, time
for number in itertools.count():
    print("line", number)
    time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


def opened(stage: Stage, chromium: Chromium, name: str, code: str, **options: Any) -> Notebook:
    """Open a notebook with a real kernel in a hidden tab; its cell holds the code."""
    notebook = stage.notebook(name, kernel=True, **options)
    stage.do(notebook.source(code))
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    chromium.open("about:blank")
    return notebook


def until_phase(night: Night, notebook: Notebook, phase: str, limit: float = 30) -> dict[str, Any]:
    """Wait until a notebook is published in a phase, and return its state."""

    def reached() -> dict[str, Any] | None:
        state = night.session(notebook.url)
        return state if state["phase"] == phase else None

    return night.until(reached, limit) or {}


def archived(night: Night, notebook: Notebook) -> list[str]:
    """Return what the notebook's file holds, marks and all; nothing before it is told of."""
    told = night.session(notebook.url)["output"]["archive"]
    path = Path(told) if told else Path(os.devnull)
    return path.read_text(encoding="utf-8").splitlines()


def numbers(lines: list[str]) -> list[int]:
    """Return the numbers of the lines that the endless cell printed."""
    return [int(line.split()[1]) for line in lines if line.startswith("line ")]


def test_a_training_shows_how_far_it_is_and_every_line_is_kept_while_it_is_cleared(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = opened(stage, chromium, "training", TRAINING.format(steps=1200))
    with Night(chromium.port, config={"duties": CLEAR_ONLY}) as night:
        until_phase(night, notebook, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        state = until_phase(night, notebook, "running")
        assert state["witnesses"]["wire"] == "busy"
        assert state["kernel"] == "busy"

        def far() -> dict[str, Any]:
            found = night.session(notebook.url)
            return found if (found["progress"]["fraction"] or 0) > 0.2 else {}

        state = night.until(far, 40)
        progress = state["progress"]
        assert progress["total"] == 1200
        assert 0 < progress["eta_s"] < 60
        assert 0 < progress["metrics"]["loss"] < 0.1
        assert float(night.value(f"session/{state['id']}/loss")) > 0
        night.until(lambda: night.session(notebook.url)["duties"]["clear"]["count"] >= 2, 60)
        until_phase(night, notebook, "idle", 60)
        night.until(lambda: [each for each in night.events() if each["kind"] == "run_finished"])

        def whole() -> list[str] | None:
            steps = [line for line in archived(night, notebook) if line.startswith("step ")]
            return steps if len(steps) == 1200 else None

        steps = night.until(whole)
        assert [int(line.split()[1].split("/")[0]) for line in steps or ()] == list(range(1200))
        bars = [line for line in archived(night, notebook) if line.startswith("train:")]
        assert len(bars) == 1
        assert "1200/1200" in bars[0]


def test_a_killed_agent_takes_the_run_up_again_and_no_line_is_lost(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = opened(stage, chromium, "killed agent", ENDLESS)
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        until_phase(night, notebook, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        night.until(lambda: (night.session(notebook.url)["output"]["lines"] or 0) > 100)
        night.kill()
        printed = stage.do(notebook.read())["lines"]
        stage.do(_printed_more(notebook, printed + 100))
        night.start()
        night.until(lambda: night.session(notebook.url)["output"]["gaps"] == 1, 40)
        met = until_phase(night, notebook, "running")
        assert met["witnesses"]["wire"] == "busy"
        night.until(lambda: (night.session(notebook.url)["output"]["lines"] or 0) > 200)
        lines = archived(night, notebook)
        assert sum("gap:" in line for line in lines) == 1
        found = numbers(lines)
        # What was printed while the agent was down still stood in the page.
        assert found == list(range(len(found)))
        stage.do(notebook.interrupt())


async def _printed_more(notebook: Notebook, lines: int) -> None:
    while (await notebook.read())["lines"] < lines:
        pass


@pytest.mark.parametrize("language", ["en", "ko", "es"])
def test_in_any_language_the_kernel_tells_a_failure_an_input_and_a_death(
    stage: Stage, chromium: Chromium, language: Any
) -> None:
    code = (
        "import time; name = input('your name? '); time.sleep(0.5); raise ValueError('no ' + name)"
    )
    notebook = opened(stage, chromium, f"fails {language}", code, language=language)
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        until_phase(night, notebook, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        state = until_phase(night, notebook, "needs_you")
        assert state["attention"]["kind"] == "input_request"
        assert "your name?" in state["attention"]["text"]
        stage.do(notebook.answer("Kim"))
        state = until_phase(night, notebook, "idle")
        assert state["attention"]["kind"] == "run_failed"
        assert "ValueError: no Kim" in state["attention"]["text"]
        night.until(lambda: any("ValueError: no Kim" in line for line in archived(night, notebook)))

        stage.do(notebook.source(ENDLESS))
        stage.do(notebook.run())
        state = until_phase(night, notebook, "running")
        assert state["attention"] is None
        stage.do(_kill_kernel(notebook))
        night.until(lambda: night.attention(notebook.url) == "kernel_died")
        rings = [each for each in night.events(notebook.url) if each["severity"] == "alert"]
        assert [each["kind"] for each in rings] == ["input_request", "run_failed", "kernel_died"]


async def _kill_kernel(notebook: Notebook) -> None:
    await notebook.kill_kernel()


def test_a_run_that_is_met_on_its_way_is_running_at_its_first_message(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = opened(stage, chromium, "met", ENDLESS)
    stage.do(notebook.run())
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        night.until(lambda: night.session(notebook.url)["witnesses"]["wire"] == "busy", 30)
        assert night.session(notebook.url)["phase"] == "running"
        topic = f"colab/night/session/{night.id_of(notebook.url)}/phase"
        told = [body for at, body in night.heard.messages if at == topic]
        assert b"idle" not in told
        night.until(lambda: len(numbers(archived(night, notebook))) > 50)
        found = numbers(archived(night, notebook))
        assert all(after == before + 1 for before, after in pairwise(found))
        assert found[0] == 0  # the page still had it
        stage.do(notebook.interrupt())


def test_no_token_and_no_kernel_id_is_told_or_kept(stage: Stage, chromium: Chromium) -> None:
    notebook = opened(stage, chromium, "secret", ENDLESS)
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        until_phase(night, notebook, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        night.until(lambda: night.session(notebook.url)["witnesses"]["wire"] == "busy", 30)
        stage.do(_reconnect(notebook))
        night.until(lambda: (night.session(notebook.url)["output"]["lines"] or 0) > 50)
        runtime = notebook.execution.runtime
        assert runtime.kernel is not None
        secrets = [runtime.token, runtime.kernel.id, notebook.id]
        kept = [path.read_bytes() for path in night.home.rglob("*") if path.is_file()]
        told = [topic.encode() + body for topic, body in night.heard.messages]
        for secret in secrets:
            assert not any(secret.encode() in each for each in (*kept, *told)), secret
        stage.do(notebook.interrupt())


async def _reconnect(notebook: Notebook) -> None:
    await notebook.connection("reconnect")
    await notebook.connection("connected")
