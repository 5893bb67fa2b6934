"""The whole job on a real third-party notebook page: JupyterLab with a real kernel."""

import json
import os
import signal
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from asker import Asker
from chromium import Chromium
from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import journal_path
from jupyterlab import JupyterLab, choose, press, until_connected
from night import NAME, Night
from pages import evaluate, until
from scene import needs_chromium_and_mosquitto
from witnessed import ENDLESS, NOTHING, OFF, alerts, archived, gaps, numbers, states, until_phase

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(os.name == "nt", reason="kills the kernel by a signal"),
]

STEPS = 800
TRAINING = f"""\
import sys, time
from tqdm import tqdm
for number in tqdm(range({STEPS}), desc="train"):
    time.sleep(0.02)
    print(f"step {{number}}/{STEPS} loss {{1 / (number + 1):.4f}}")
"""
CLEAR_ONLY = {"keep_alive": OFF, "reconnect": OFF, "clear": {"every": "10s"}}
HOST = "127.0.0.1"
SITES = ["jupyterlab"]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TYPED = """\
(() => {
  const input = document.querySelector('.jp-Stdin-input');
  input.value = 'Kim';
  input.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
})()"""
PRINTED = "document.querySelector('.jp-OutputArea').textContent"

HEADER = {"msg_id": "g", "msg_type": "status", "session": "other"}
GARBAGE = (
    "msg_id",
    '{"header": {"msg_id": "g", "msg_type": "stream"',
    json.dumps({"header": HEADER | {"msg_type": 5}, "content": {"execution_state": "dead"}}),
    json.dumps({"header": HEADER, "parent_header": [], "content": {"execution_state": "dead"}}),
    json.dumps({"header": HEADER, "content": {"execution_state": ["dead"]}}),
    json.dumps({"header": HEADER | {"msg_id": ""}, "content": {"execution_state": "dead"}}),
    '{"header": {"msg_id": "g", "msg_type": "status"}, "content": ' + "[" * 100_000 + "]" * 100_000,
    "[" * 100_000 + '"msg_id"' + "]" * 100_000,
    '42["message",' * 20 + '"msg_id"',
    struct.pack("<7Q", 6, 2**63, 2**63, 2**63, 2**63, 2**63, 2**63) + b"msg_id",
    struct.pack(">2I", 2**32 - 1, 2**32 - 1) + b"msg_id" * 9,
    b"msg_id" * 20,
    "\ud7ff\x00" * 100 + "msg_id",
)
LARGE = '{"header": {"msg_id": "l", "msg_type": "comm_msg"}, "content": {"x": "' + "x" * 20_000_000
HEAR_ALL = """
new Promise((resolve, reject) => {
  const socket = new WebSocket("ADDRESS");
  let heard = 0;
  socket.onerror = reject;
  socket.onmessage = ({ data }) => {
    heard += 1;
    if (data !== "end") return;
    socket.close();
    resolve(heard);
  };
})"""


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
        assert state["run"]["cell"] == "[1]"  # the page gives its cells no id
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
        assert numbers(night, "train", "step") == list(range(STEPS))
        assert gaps(night, "train") == 1


def test_the_cells_of_a_row_are_one_run_that_may_ask_and_fail(
    lab: JupyterLab, chromium: Chromium
) -> None:
    cells = ["print('one')", "name = input('your name? ')", "raise ValueError(f'no {name}')", "1"]
    target = open_notebook(lab, chromium, "row.ipynb", cells)
    with Night(chromium.port, sites=SITES, config={"duties": NOTHING}) as night:
        until_phase(night, "row", "idle")
        choose(chromium.port, target, "runmenu:run-all")
        state = until_phase(night, "row", "needs_you")
        assert state["attention"]["kind"] == "input_request"
        assert "your name?" in state["attention"]["text"]
        evaluate(chromium.port, target, TYPED)
        night.until(lambda: night.attention("row") == "run_failed")
        state = until_phase(night, "row", "idle")
        assert state["attention"]["text"].endswith("ValueError: no Kim")
        night.until(lambda: alerts(night, "row") == ["input_request", "run_failed"])
        failed = next(each for each in night.events("row") if each["kind"] == "run_failed")
        assert (failed["cause"], failed["evidence"]) == ("error", "The run ended with ValueError.")
        night.until(lambda: "ValueError: no Kim" in archived(night, "row"))
        assert archived(night, "row").count("one") == 1

        def runs() -> list[str]:
            record = journal_reader.read(journal_path(night.home / "state", NAME), LONG_AGO)
            return [run.outcome for run in record.runs if run.outcome]

        assert night.until(runs) == ["failed"]


def test_a_row_that_is_met_on_its_way_runs_from_its_first_message_to_its_kernels_death(
    lab: JupyterLab, chromium: Chromium, tmp_path: Path
) -> None:
    sign = tmp_path / "sign"
    first = f"{ENDLESS}    if __import__('os').path.exists({str(sign)!r}): break\n"
    target = open_notebook(lab, chromium, "met.ipynb", [first, ENDLESS, "1"])
    choose(chromium.port, target, "runmenu:run-all")
    with Night(chromium.port, sites=SITES, config={"duties": NOTHING}) as night:
        until_phase(night, "met", "running")
        night.until(lambda: len(numbers(night, "met")) > 20)
        sign.touch()
        night.until(lambda: numbers(night, "met").count(20) == 2)
        found = numbers(night, "met")
        second = found.index(0, 1)
        assert found == [*range(second), *range(len(found) - second)]
        url = lab.url("met.ipynb")
        assert {"idle", "queued"}.isdisjoint(state["phase"] for state in states(night, url))

        press(chromium.port, target, "notebook:interrupt-kernel")
        assert until_phase(night, "met", "idle")["attention"] is None
        night.until(lambda: "run_interrupted" in [each["kind"] for each in night.events("met")])

        choose(chromium.port, target, "runmenu:run-all")
        until_phase(night, "met", "running")
        kernel = lab.kernel_id("met.ipynb")
        assert kernel is not None
        os.kill(lab.kernel_pid(kernel), signal.SIGKILL)
        night.until(lambda: night.attention("met") == "kernel_died", 40)
        state = night.session("met")
        assert state["phase"] != "running"

        def deaths() -> list[dict[str, Any]]:
            told = [each for each in night.events("met") if each["kind"] == "kernel_died"]
            return [each for each in told if each["severity"] == "alert"]

        (died,) = night.until(deaths)
        assert died["cause"] == "kernel_restarted"


def test_a_kernel_that_a_person_shuts_down_is_dead_and_nothing_is_tried_to_get_it_back(
    lab: JupyterLab, chromium: Chromium
) -> None:
    target = open_notebook(lab, chromium, "down.ipynb", [ENDLESS, "1"])
    choose(chromium.port, target, "runmenu:run-all")
    duties = CLEAR_ONLY | {"reconnect": {}}
    with Night(chromium.port, sites=SITES, config={"duties": duties}) as night:
        until_phase(night, "down", "running")
        choose(chromium.port, target, "kernelmenu:shutdown")
        night.until(lambda: night.attention("down") == "disconnected")
        state = night.session("down")
        assert (state["phase"], state["connection"], state["kernel"]) == (
            "ended", "disconnected", "dead",
        )  # fmt: skip
        told = states(night, lab.url("down.ipynb"))
        assert "reconnecting" not in [each["phase"] for each in told]
        said = {each["kind"]: each for each in night.events("down")}
        for kind in ("run_interrupted", "disconnected"):
            assert said[kind]["cause"] == "by_hand"
            assert said[kind]["evidence"].startswith("The kernel was shut down because somebody")
        assert "reconnect" not in said
        night.until(lambda: "KeyboardInterrupt: " in archived(night, "down"))
        assert any(line.endswith(": the kernel was shut down") for line in archived(night, "down"))


def test_a_failure_that_a_person_cleared_counts_as_seen(
    lab: JupyterLab, chromium: Chromium
) -> None:
    target = open_notebook(lab, chromium, "seen.ipynb", ["1 / 0"])
    with Night(chromium.port, sites=SITES, config={"duties": NOTHING}) as night:
        until_phase(night, "seen", "idle")
        choose(chromium.port, target, "runmenu:run-all")
        night.until(lambda: night.attention("seen") == "run_failed")
        choose(chromium.port, target, "editmenu:clear-all")
        night.until(lambda: night.attention("seen") is None)


def speak_garbage(socket: ServerConnection) -> None:
    for frame in (*GARBAGE, LARGE, LARGE + '"}}', *GARBAGE, "end"):
        socket.send(frame)
    for _close in socket:
        pass


def test_garbage_on_the_pages_other_sockets_changes_nothing(
    lab: JupyterLab, chromium: Chromium
) -> None:
    target = open_notebook(lab, chromium, "garbage.ipynb", [ENDLESS])
    with Night(chromium.port, sites=SITES, config={"duties": NOTHING}) as night:
        until_phase(night, "garbage", "idle")
        choose(chromium.port, target, "runmenu:run-all")
        until_phase(night, "garbage", "running")
        with serve(speak_garbage, HOST, 0, max_size=None, compression=None) as server:
            threading.Thread(target=server.serve_forever).start()
            address = f"ws://{HOST}:{server.socket.getsockname()[1]}"
            heard = evaluate(chromium.port, target, HEAR_ALL.replace("ADDRESS", address))
            server.shutdown()
        assert heard == 2 * len(GARBAGE) + 3
        before = len(numbers(night, "garbage"))
        night.until(lambda: len(numbers(night, "garbage")) > before + 50)
        state = night.session("garbage")
        assert (state["phase"], state["witnesses"]["wire"]) == ("running", "busy")
        assert not alerts(night, "garbage")
        found = numbers(night, "garbage")
        assert found == list(range(len(found)))
        assert gaps(night, "garbage") == 0


def test_all_cells_are_run_and_interrupted_when_a_person_asks_for_it(
    lab: JupyterLab, chromium: Chromium
) -> None:
    open_notebook(lab, chromium, "asked.ipynb", [TRAINING])
    url = lab.url("asked.ipynb")
    allowed = {"commands": {"allow": ["run_all", "interrupt", "clear"]}}
    with Night(chromium.port, sites=["jupyterlab"], config=allowed) as night:
        asker = Asker(night)
        night.until(lambda: night.session("asked")["phase"] == "idle")
        answer = asker.ask("run_all", url)
        assert answer["data"] == {"result": "the cells run"}, answer
        night.until(lambda: night.session("asked")["witnesses"]["wire"] == "busy")
        night.until(lambda: (night.session("asked")["output"]["lines"] or 0) > 5)
        assert asker.ask("clear", url)["status"] == "ok"
        assert asker.ask("interrupt", url)["status"] == "ok"
        night.until(lambda: night.session("asked")["witnesses"]["wire"] == "idle")


def test_jupyterlab_is_not_watched_unless_it_is_asked_for(
    lab: JupyterLab, chromium: Chromium
) -> None:
    open_notebook(lab, chromium, "private.ipynb", ["1"])
    with Night(chromium.port) as night:
        night.until(lambda: night.info()["chrome"]["state"] == "connected")
        with pytest.raises(LookupError):
            night.session("private")
