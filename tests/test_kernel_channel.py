"""The kernel's channel in the places where a page may have it, lost, found and contradicted."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium
from colab_sim import Notebook
from night import Night
from scene import needs_chromium_and_mosquitto
from stage import Stage
from witnessed import (
    ENDLESS,
    OFF,
    START_LIMIT_S,
    alerts,
    gaps,
    numbers,
    opened,
    until_phase,
    until_state,
)

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(os.name == "nt", reason="kills processes by signals"),
]

DUTIES = {"keep_alive": {"every": "10s"}, "clear": OFF}
PLACES: dict[str, dict[str, Any]] = {
    "in a worker": {"channel": "worker"},
    "in a frame": {"channel": "frame"},
    "in a list": {"wrapping": "list"},
    "behind socket.io": {"wrapping": "socket.io"},
}
FAILING = """\
for number in range(300):
    print(f"line {number}")
input("go on? ")
raise ValueError("at last")
"""
AT_A_SIGN = """\
import pathlib, time
for number in range(100):
    print(f"line {number}")
print(end="", flush=True)
while not pathlib.Path(SIGN).exists():
    time.sleep(0.01)
for number in range(100, 200):
    print(f"line {number}")
"""


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
    with Night(chromium.port, config={"duties": DUTIES}) as night:
        yield night


def running(
    stage: Stage, chromium: Chromium, night: Night, name: str, code: str = ENDLESS, **options: Any
) -> Notebook:
    """Open a notebook, run its cell, and wait until its kernel is heard."""
    notebook = opened(stage, chromium, name, code, **options)
    until_phase(night, notebook.url, "idle", START_LIMIT_S)
    stage.do(notebook.run())
    until_state(night, notebook.url, lambda state: state["witnesses"]["wire"] == "busy")
    return notebook


def more(night: Night, notebook: Notebook, lines: int = 20) -> None:
    """Wait until so many more lines are kept."""
    before = len(numbers(night, notebook.url))
    night.until(lambda: len(numbers(night, notebook.url)) >= before + lines)


def until_printed(stage: Stage, notebook: Notebook, lines: int) -> None:
    """Wait until the page holds so many more lines than now."""

    async def printed() -> None:
        wanted = (await notebook.read())["lines"] + lines
        while (await notebook.read())["lines"] < wanted:
            pass

    stage.do(printed())


def test_wherever_the_channel_is_the_verdict_and_the_archive_are_the_same(
    stage: Stage, chromium: Chromium, night: Night
) -> None:
    notebooks = [
        opened(stage, chromium, name, FAILING, **options) for name, options in PLACES.items()
    ]
    for notebook in notebooks:
        until_phase(night, notebook.url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
    for notebook in notebooks:
        state = until_phase(night, notebook.url, "needs_you")
        assert state["witnesses"]["wire"] == state["kernel"] == "busy"
        assert state["attention"]["text"].endswith("go on? ".strip())
        stage.do(notebook.answer("yes"))
    for notebook in notebooks:
        state = until_phase(night, notebook.url, "idle")
        assert state["witnesses"]["wire"] == "idle"
        assert "ValueError: at last" in state["attention"]["text"]
        assert alerts(night, notebook.url) == ["input_request", "run_failed"]
        night.until(lambda url=notebook.url: numbers(night, url) == list(range(300)))


@pytest.mark.parametrize("place", ["page", "worker"])
def test_a_dropped_channel_is_unknown_and_its_gap_is_filled_from_the_page(
    stage: Stage, chromium: Chromium, night: Night, place: Any
) -> None:
    notebook = running(stage, chromium, night, f"dropped in a {place}", channel=place)
    url = notebook.url
    more(night, notebook)
    stage.do(notebook.drop_channel())
    state = until_state(night, url, lambda state: state["witnesses"]["wire"] is None)
    assert state["witnesses"]["agree"] is None
    assert state["witnesses"]["page"] == state["kernel"] == "busy"
    assert state["phase"] == "running"
    stage.do(notebook.open_channel())
    state = until_state(night, url, lambda state: state["witnesses"]["wire"] == "busy")
    more(night, notebook)
    assert gaps(night, url) == 1
    assert night.session(url)["output"]["gaps"] == 1
    assert night.session(url)["runtime"]["same"] is True
    found = numbers(night, url)
    assert found == list(range(len(found)))
    stage.do(notebook.interrupt())


def test_a_run_that_ended_while_the_channel_was_closed_is_completed_from_the_page(
    stage: Stage, chromium: Chromium, night: Night, tmp_path: Path
) -> None:
    sign = tmp_path / "sign"
    code = AT_A_SIGN.replace("SIGN", repr(str(sign)))
    notebook = running(stage, chromium, night, "ended unheard", code)
    url = notebook.url
    night.until(lambda: numbers(night, url) == list(range(100)))
    stage.do(notebook.drop_channel())
    until_state(night, url, lambda state: state["witnesses"]["wire"] is None)
    sign.touch()
    stage.do(_ended(notebook))
    stage.do(notebook.open_channel())
    until_phase(night, url, "idle")
    night.until(lambda: gaps(night, url) == 1)
    night.until(lambda: numbers(night, url) == list(range(200)))
    (end,) = [each for each in night.events(url) if each["kind"].startswith("run_")]
    assert end["kind"] == "run_finished"
    assert end["evidence"] == "The page shows that the run succeeded."


async def _ended(notebook: Notebook) -> None:
    while notebook.sheet.cells[0].state != "ok":
        await notebook.read()


def test_reconnected_to_the_same_runtime_the_run_is_taken_up_again(
    stage: Stage, chromium: Chromium, night: Night
) -> None:
    notebook = running(stage, chromium, night, "same again")
    url = notebook.url
    more(night, notebook)
    stage.do(notebook.connection("reconnect"))
    state = until_state(night, url, lambda state: state["duties"]["reconnect"]["count"] == 1)
    state = until_phase(night, url, "running")
    more(night, notebook)
    state = night.session(url)
    assert state["runtime"]["same"] is True
    assert "fresh_runtime" not in alerts(night, url)
    found = numbers(night, url)
    assert found == list(range(len(found)))
    assert gaps(night, url) == 1
    stage.do(notebook.interrupt())


def test_reconnected_to_a_fresh_runtime_it_is_told_once_and_over_at_the_next_run(
    stage: Stage, chromium: Chromium, night: Night
) -> None:
    notebook = running(stage, chromium, night, "fresh")
    url = notebook.url
    before = night.session(url)["runtime"]["id"]
    notebook.when_connect = "fresh"
    stage.do(notebook.connection("reconnect"))
    until_state(night, url, lambda state: state["runtime"]["same"] is False, START_LIMIT_S)
    state = until_phase(night, url, "idle")
    assert state["attention"]["kind"] == "fresh_runtime"
    assert state["runtime"]["id"] not in {before, None}
    stage.do(notebook.run())
    state = until_phase(night, url, "running")
    assert state["attention"] is None
    assert alerts(night, url).count("fresh_runtime") == 1
    assert "run_finished" not in [each["kind"] for each in night.events(url)]
    stage.do(notebook.interrupt())


def test_a_page_that_lost_its_connection_is_reconnected_though_the_socket_looks_open(
    stage: Stage, chromium: Chromium, night: Night
) -> None:
    notebook = running(stage, chromium, night, "looks open", FAILING)
    until_phase(night, notebook.url, "needs_you")
    stage.do(_show_disconnected(notebook))
    until_state(night, notebook.url, lambda state: state["duties"]["reconnect"]["count"] == 1, 15)
    stage.do(notebook.interrupt())


async def _show_disconnected(notebook: Notebook) -> None:
    """Let the page show a lost connection, its socket stays as it is."""
    notebook.sheet.view.connection = "reconnect"
    await notebook.sheet.show("connection")


def test_while_the_witnesses_disagree_nothing_is_done_in_the_page(
    stage: Stage, chromium: Chromium, night: Night
) -> None:
    at_work = running(stage, chromium, night, "page says idle")
    more(night, at_work)
    at_rest = opened(stage, chromium, "page says busy", "1")
    until_phase(night, at_rest.url, "idle", START_LIMIT_S)
    stage.do(at_rest.run())
    stage.do(_ended(at_rest))
    night.until(
        lambda: [each for each in night.events(at_rest.url) if each["kind"] == "run_finished"]
    )
    stage.do(at_work.cell("idle"))
    stage.do(at_rest.cell("running"))
    clicks = [stage.do(each.read())["connect_clicks"] for each in (at_work, at_rest)]
    for notebook, page, wire in ((at_work, "idle", "busy"), (at_rest, "busy", "idle")):
        state = until_state(
            night, notebook.url, lambda state: state["witnesses"]["agree"] is False, 10
        )
        assert (state["witnesses"]["page"], state["witnesses"]["wire"]) == (page, wire)
        assert state["kernel"] == wire
    due = night.session(at_work.url)["duties"]["keep_alive"]["next_at"]
    night.until(lambda: max(each["updated"] for each in night.sessions().values()) > due)
    more(night, at_work, 150)  # three seconds later still
    assert [stage.do(each.read())["connect_clicks"] for each in (at_work, at_rest)] == clicks
    stage.do(at_work.cell("running"))
    stage.do(at_rest.cell("ok"))
    for notebook in (at_work, at_rest):
        until_state(night, notebook.url, lambda state: state["witnesses"]["agree"] is True)
    night.until(lambda: stage.do(at_work.read())["connect_clicks"] == clicks[0] + 1, 15)
    stage.do(at_work.interrupt())
