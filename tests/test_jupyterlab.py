"""The whole job on a real third-party notebook page: JupyterLab with a real kernel."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from chromium import Chromium, find_chromium
from jupyterlab import JupyterLab, choose, press, until_connected
from mosquitto import find_mosquitto
from night import Night
from pages import evaluate, until
from witnessed import ENDLESS, NOTHING, OFF, alerts, archived, gaps, numbers, states, until_phase

pytestmark = [
    pytest.mark.skipif(
        not (find_chromium() and find_mosquitto()), reason="needs chromium and mosquitto"
    ),
    pytest.mark.skipif(os.name == "nt", reason="kills the kernel by a signal"),
]

STEPS = 1000
TRAINING = f"""\
import sys, time
from tqdm import tqdm
for number in tqdm(range({STEPS}), desc="train"):
    time.sleep(0.02)
    print(f"step {{number}}/{STEPS} loss {{1 / (number + 1):.4f}}")
"""
CLEAR_ONLY = {"keep_alive": OFF, "reconnect": OFF, "clear": {"every": "10s"}}
SITES = ["jupyterlab"]
PRINTED = "document.querySelector('.jp-OutputArea').textContent"


@pytest.fixture(scope="module")
def lab() -> Iterator[JupyterLab]:
    with JupyterLab() as lab:
        yield lab


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium(["--window-size=1400,900"]) as chromium:
        yield chromium


def open_notebook(lab: JupyterLab, chromium: Chromium, name: str, cells: list[str]) -> str:
    """Open a notebook in a tab that is then hidden, and return its target."""
    lab.write(name, cells)
    target = chromium.open(lab.url(name))
    until_connected(chromium.port, target)
    chromium.open("about:blank")
    return target


def test_a_training_shows_how_far_it_is_and_no_line_is_lost_though_it_is_cleared_and_the_agent_dies(
    lab: JupyterLab, chromium: Chromium
) -> None:
    target = open_notebook(lab, chromium, "train.ipynb", [TRAINING])
    with Night(chromium.port, sites=SITES, config={"duties": CLEAR_ONLY}) as night:
        until_phase(night, "train", "idle")
        choose(chromium.port, target, "runmenu:run-all")

        def far() -> dict[str, Any]:
            found = night.session("train")
            return found if (found["progress"]["fraction"] or 0) > 0.1 else {}

        state = night.until(far, 40)
        assert (state["phase"], state["kernel"]) == ("running", "busy")
        assert state["witnesses"]["wire"] == "busy"
        assert state["progress"]["total"] == STEPS
        assert 0 < state["progress"]["eta_s"] < 60
        assert 0 < state["progress"]["metrics"]["loss"] < 0.1
        assert 0 < float(night.value(f"session/{state['id']}/loss")) < 0.1
        night.until(lambda: night.session("train")["duties"]["clear"]["count"] == 1, 40)
        night.kill()
        shown = evaluate(chromium.port, target, f"{PRINTED}.length")
        until(chromium.port, target, f"{PRINTED}.length > {shown} + 2000")
        night.start()
        night.until(lambda: night.session("train")["output"]["gaps"] == 1, 40)
        night.until(lambda: [each for each in night.events() if each["kind"] == "run_finished"], 60)
        night.until(lambda: numbers(night, "train", "step")[-1] == STEPS - 1)
        print("\n".join(archived(night, "train")))
        assert numbers(night, "train", "step") == list(range(STEPS))
        assert gaps(night, "train") == 1
