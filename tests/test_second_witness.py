"""The kernel's own word, end to end: Colab's page in its languages with a real kernel behind it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from chromium import Chromium
from colab_sim import Notebook
from night import Night
from scene import needs_chromium_and_mosquitto
from stage import Stage
from witnessed import (
    ENDLESS,
    NOTHING,
    OFF,
    START_LIMIT_S,
    alerts,
    archived,
    gaps,
    numbers,
    opened,
    states,
    until_phase,
    until_state,
)

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(os.name == "nt", reason="kills processes by signals"),
]

CLEAR_ONLY = {"keep_alive": OFF, "reconnect": OFF, "clear": {"every": "10s"}}
STEPS = 700
TRAINING = f"""\
import sys, time
from tqdm import tqdm
for number in tqdm(range({STEPS}), desc="train"):
    time.sleep(0.02)
    print(f"step {{number}}/{STEPS} loss {{1 / (number + 1):.4f}}")
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


def test_a_training_shows_how_far_it_is_and_every_line_is_kept_while_it_is_cleared(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = opened(stage, chromium, "training", TRAINING)
    url = notebook.url
    with Night(chromium.port, config={"duties": CLEAR_ONLY}) as night:
        until_phase(night, url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        state = until_phase(night, url, "running")
        assert state["witnesses"]["wire"] == "busy"
        assert state["kernel"] == "busy"
        state = until_state(night, url, lambda state: (state["progress"]["fraction"] or 0) > 0.2)
        progress = state["progress"]
        assert progress["total"] == STEPS
        assert 0 < progress["eta_s"] < 60
        assert 0 < progress["metrics"]["loss"] < 0.1
        assert float(night.value(f"session/{state['id']}/loss")) > 0
        until_state(night, url, lambda state: state["duties"]["clear"]["count"] == 1)
        until_phase(night, url, "idle", 60)
        night.until(lambda: [each for each in night.events() if each["kind"] == "run_finished"])
        night.until(lambda: len(numbers(night, url, "step")) == STEPS)
        assert numbers(night, url, "step") == list(range(STEPS))
        bars = [line for line in archived(night, url) if line.startswith("train:")]
        assert len(bars) == 1
        assert f"{STEPS}/{STEPS}" in bars[0]


def test_a_killed_agent_takes_the_run_up_again_and_no_line_is_lost(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = opened(stage, chromium, "killed agent", ENDLESS)
    url = notebook.url
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        until_phase(night, url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        until_state(night, url, lambda state: (state["output"]["lines"] or 0) > 50)
        night.kill()
        stage.do(_printed_more(notebook, 100))
        night.start()
        until_state(night, url, lambda state: state["output"]["gaps"] == 1)
        met = until_phase(night, url, "running")
        assert met["witnesses"]["wire"] == "busy"
        night.until(lambda: len(numbers(night, url)) > 250)
        assert gaps(night, url) == 1
        found = numbers(night, url)
        # What was printed while the agent was down still stood in the page.
        assert found == list(range(len(found)))
        stage.do(notebook.interrupt())


async def _printed_more(notebook: Notebook, lines: int) -> None:
    wanted = (await notebook.read())["lines"] + lines
    while (await notebook.read())["lines"] < wanted:
        pass


def test_in_any_language_the_kernel_tells_a_failure_an_input_and_a_death(
    stage: Stage, chromium: Chromium
) -> None:
    code = (
        "import time; name = input('your name? '); time.sleep(0.5); raise ValueError('no ' + name)"
    )
    languages: dict[str, Any] = {"English": "en", "Korean": "ko", "Spanish": "es"}
    notebooks = [
        opened(stage, chromium, name, code, language=language)
        for name, language in languages.items()
    ]
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        for notebook in notebooks:
            until_phase(night, notebook.url, "idle", START_LIMIT_S)
            stage.do(notebook.run())
        for notebook in notebooks:
            state = until_phase(night, notebook.url, "needs_you")
            assert state["attention"]["kind"] == "input_request"
            assert "your name?" in state["attention"]["text"]
            stage.do(notebook.answer("Kim"))
        for notebook in notebooks:
            url = notebook.url
            state = until_phase(night, url, "idle")
            assert state["attention"]["kind"] == "run_failed"
            assert "ValueError: no Kim" in state["attention"]["text"]
            night.until(lambda url=url: "ValueError: no Kim" in archived(night, url))
            stage.do(notebook.source(ENDLESS))
            stage.do(notebook.run())
        for notebook in notebooks:
            state = until_phase(night, notebook.url, "running")
            assert state["attention"] is None
            stage.do(notebook.kill_kernel())
        for notebook in notebooks:
            night.until(lambda url=notebook.url: night.attention(url) == "kernel_died")
            rings = ["input_request", "run_failed", "kernel_died"]
            assert alerts(night, notebook.url) == rings


def test_a_run_that_is_met_on_its_way_is_running_at_its_first_message(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = opened(stage, chromium, "met", ENDLESS)
    url = notebook.url
    stage.do(notebook.run())
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        state = until_state(night, url, lambda state: state["witnesses"]["wire"] == "busy")
        assert state["phase"] == "running"
        assert "idle" not in [state["phase"] for state in states(night, url)]
        night.until(lambda: len(numbers(night, url)) > 50)
        found = numbers(night, url)
        assert found == list(range(len(found)))  # the page still had the first ones
        stage.do(notebook.interrupt())


def test_no_token_and_no_kernel_id_is_told_or_kept(stage: Stage, chromium: Chromium) -> None:
    notebook = opened(stage, chromium, "secret", ENDLESS)
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        until_phase(night, notebook.url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        until_state(night, notebook.url, lambda state: state["witnesses"]["wire"] == "busy")
        stage.do(_reconnect(notebook))
        until_state(night, notebook.url, lambda state: (state["output"]["lines"] or 0) > 50)
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
