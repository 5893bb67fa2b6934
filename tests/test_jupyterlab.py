"""The whole job on a real third-party notebook page: JupyterLab with a real kernel."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from asker import Asker
from chromium import Chromium, find_chromium
from jupyterlab import JupyterLab, choose, press, until_connected
from mosquitto import find_mosquitto
from night import Night

pytestmark = [
    pytest.mark.skipif(
        not (find_chromium() and find_mosquitto()), reason="needs chromium and mosquitto"
    ),
    pytest.mark.skipif(os.name == "nt", reason="kills the kernel by a signal"),
]

LOOP = """\
import time
for number in range(100_000):
    print("line", number)
    time.sleep(0.02)
"""
DUTIES = {"keep_alive": {"every": "10s"}, "clear": {"every": "10s"}}


@pytest.fixture(scope="module")
def lab() -> Iterator[JupyterLab]:
    with JupyterLab() as lab:
        yield lab


@pytest.fixture
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


def test_a_running_cell_is_cleared_and_its_kernel_goes_on(
    lab: JupyterLab, chromium: Chromium
) -> None:
    target = open_notebook(lab, chromium, "train.ipynb", [LOOP, "print('second')"])
    with Night(chromium.port, sites=["jupyterlab"], config={"duties": DUTIES}) as night:
        night.until(lambda: night.session("train")["phase"] == "idle")
        assert night.session("train")["connection"] == "connected"
        choose(chromium.port, target, "runmenu:run-all")
        night.until(lambda: night.session("train")["phase"] == "running")
        night.until(lambda: night.session("train")["duties"]["clear"]["count"] == 2, limit=60)
        assert night.session("train")["phase"] == "running"

        archive = Path(night.session("train")["output"]["archive"])
        lines = [each for each in archive.read_text().splitlines() if each.startswith("line ")]
        assert lines == [f"line {number}" for number in range(len(lines))]
        assert len(lines) > 100

        press(chromium.port, target, "notebook:interrupt-kernel")
        night.until(lambda: night.attention("train") == "run_failed", limit=30)
        assert night.session("train")["phase"] == "idle"
        choose(chromium.port, target, "editmenu:clear-all")
        night.until(lambda: night.attention("train") is None, limit=30)


def test_a_killed_kernel_is_told(lab: JupyterLab, chromium: Chromium) -> None:
    target = open_notebook(lab, chromium, "killed.ipynb", [LOOP])
    with Night(chromium.port, sites=["jupyterlab"], config={"duties": DUTIES}) as night:
        night.until(lambda: night.session("killed")["phase"] == "idle")
        choose(chromium.port, target, "runmenu:run-all")
        night.until(lambda: night.session("killed")["phase"] == "running")
        kernel = lab.kernel_id("killed.ipynb")
        assert kernel is not None
        os.kill(lab.kernel_pid(kernel), signal.SIGKILL)
        night.until(lambda: night.attention("killed") == "kernel_died", limit=40)
        night.until(lambda: night.session("killed")["phase"] != "running", limit=40)
        assert [each["severity"] for each in night.events() if each["kind"] == "kernel_died"][
            :1
        ] == ["alert"]


def test_all_cells_are_run_and_interrupted_when_a_person_asks_for_it(
    lab: JupyterLab, chromium: Chromium
) -> None:
    open_notebook(lab, chromium, "asked.ipynb", [LOOP])
    url = lab.url("asked.ipynb")
    allowed = {"commands": {"allow": ["run_all", "interrupt", "clear"]}}
    with Night(chromium.port, sites=["jupyterlab"], config=allowed) as night:
        asker = Asker(night)
        night.until(lambda: night.session("asked")["phase"] == "idle")
        assert asker.ask("run_all", url)["data"] == {"result": "the cells run"}
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
