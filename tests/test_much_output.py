"""Notebooks that print much: every line is kept, few states are told, and memory stays bounded."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime

import psutil
import pytest

from chromium import Chromium
from night import Night
from scene import needs_chromium_and_mosquitto
from stage import Stage
from witnessed import NOTHING, START_LIMIT_S, all_opened, gaps, numbers, opened, states, until_phase

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(os.name == "nt", reason="ends processes by signals"),
]

LINES = 3750
# Every line is a message of its own: 375 of them a second in each of eight notebooks.
SPEAKER = f"""\
import time
begun = time.monotonic()
for number in range({LINES}):
    print(f"line {{number}}", flush=True)
    time.sleep(max(0, begun + number / 375 - time.monotonic()))
"""
MILLION = """\
for first in range(0, 1_000_000, 100):
    print(*(f"line {number}" for number in range(first, first + 100)), sep="\\n")
"""
MEMORY_BYTES = 200 * 2**20
LOAD_LIMIT_S = 100


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def night(chromium: Chromium) -> Iterator[Night]:
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        yield night


def test_of_three_thousand_lines_a_second_none_is_lost_and_states_come_once_a_second(
    stage: Stage, chromium: Chromium, night: Night
) -> None:
    cells = {f"speaker {number}": SPEAKER for number in range(8)} | {"quiet": "1"}
    *notebooks, quiet = all_opened(stage, chromium, cells)
    for notebook in [*notebooks, quiet]:
        until_phase(night, notebook.url, "idle", START_LIMIT_S)
    for notebook in notebooks:
        stage.do(notebook.run())
    for notebook in notebooks:
        until_phase(night, notebook.url, "running")
    stage.do(quiet.dialog("captcha"))
    until_phase(night, quiet.url, "needs_you")
    # It was told while all the others printed: no flood keeps an alert back.
    assert {night.session(notebook.url)["phase"] for notebook in notebooks} == {"running"}
    for notebook in notebooks:
        until_phase(night, notebook.url, "idle", LOAD_LIMIT_S)
        night.until(lambda url=notebook.url: len(numbers(night, url)) >= LINES)
        assert numbers(night, notebook.url) == list(range(LINES))
        assert gaps(night, notebook.url) == 0
        told = [datetime.fromisoformat(state["updated"]) for state in states(night, notebook.url)]
        seconds = (told[-1] - told[0]).total_seconds()
        assert len(told) <= seconds + 2


def test_a_million_lines_are_kept_whole_in_bounded_memory(
    stage: Stage, chromium: Chromium, night: Night, record_property: Callable[[str, object], None]
) -> None:
    notebook = opened(stage, chromium, "a million", MILLION)
    until_phase(night, notebook.url, "idle", START_LIMIT_S)
    agent = psutil.Process(night.agent.pid)
    peak = 0

    def over() -> bool:
        nonlocal peak
        peak = max(peak, agent.memory_info().rss)
        state = night.session(notebook.url)
        return (state["phase"], state["output"]["lines"]) == ("idle", 1_000_000)

    stage.do(notebook.run())
    night.until(over, LOAD_LIMIT_S)
    record_property("peak_mib", peak / 2**20)
    night.until(lambda: len(numbers(night, notebook.url)) == 1_000_000)
    assert numbers(night, notebook.url) == list(range(1_000_000))
    assert gaps(night, notebook.url) == 0
    assert peak < MEMORY_BYTES
