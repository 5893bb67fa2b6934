"""The report says of a night, line by line, what really happened in it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chromium import Chromium
from colab_sim import Notebook
from night import NAME, Night
from scene import needs_chromium_and_mosquitto
from stage import Stage

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(os.name == "nt", reason="kills the kernel by a signal"),
]

STEPS = 60
TRAINING = f"""\
import time
for number in range({STEPS}):
    epoch, step = number // 20 + 1, number % 20 + 1
    print(f"epoch {{epoch}}/3 step {{step}}/20 loss: {{1 / (number + 1):.4f}}")
    time.sleep(0.05)
"""
RUN_LIMIT_S = 60


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


def report(night: Night, *options: str) -> str:
    """Return what the command prints."""
    state = {"COLAB_CDP_AGENT_STATE_DIR": str(night.home / "state"), "COLUMNS": "100"}
    command = [sys.executable, "-m", "colab_cdp_agent", "report", "--name", NAME, *options]
    done = subprocess.run(
        command, env=os.environ | state, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(stage: Stage, notebook: Notebook, code: str) -> None:
    stage.do(notebook.source(code))
    stage.do(notebook.run())


def attention_is(night: Night, notebook: Notebook, kind: str) -> None:
    night.until(lambda: night.attention(notebook.url) == kind, RUN_LIMIT_S)


def test_the_report_tells_each_run_its_end_its_cause_and_the_limits(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = stage.notebook("mnist", kernel=True)
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    quiet: dict[str, Any] = {"keep_alive": {"on": False}, "clear": {"on": False}}
    with Night(chromium.port, config={"duties": quiet}) as night:
        night.until(lambda: night.session(notebook.url)["phase"] == "idle", RUN_LIMIT_S)
        run(stage, notebook, TRAINING)
        night.until(
            lambda: any(each["kind"] == "run_finished" for each in night.events()), RUN_LIMIT_S
        )
        run(stage, notebook, "raise ValueError('no data')")
        attention_is(night, notebook, "run_failed")
        run(stage, notebook, "import time; time.sleep(600)")
        night.until(lambda: night.session(notebook.url)["phase"] == "running", RUN_LIMIT_S)
        stage.do(notebook.kill_kernel())
        attention_is(night, notebook, "kernel_died")
        stage.do(notebook.dialog("usage_limit"))
        attention_is(night, notebook, "usage_limit")
        stage.do(notebook.close_dialogs())
        attention_is(night, notebook, "kernel_died")
        stage.do(notebook.dialog("captcha"))
        attention_is(night, notebook, "captcha")

        def told() -> str | None:
            text = report(night, "--since", "1h")
            return text if "captcha" in text else None

        text = night.until(told)
        assert text is not None
        runs = [line for line in text.splitlines() if " to " in line]
        assert sum("finished after" in line for line in runs) == 1
        assert sum("failed after" in line for line in runs) == 1
        assert sum("the kernel died after" in line for line in runs) == 1
        assert "The run ended with ValueError." in text
        assert "The kernel died, its channel says" in text
        assert f"step 20 of 20 · 100% · {STEPS} lines printed" in text
        assert f"loss {1 / STEPS:.4f}" in text
        assert text.count("run failed: The run failed: ValueError: no data") == 1
        assert text.count("kernel died: The kernel died.") == 1
        assert "usage limit" in text.partition("Limits")[2]
        assert night.session(notebook.url)["output"]["archive"] in text.replace("\n", "")
        alerts = [each["kind"] for each in night.events() if each["severity"] == "alert"]
        assert alerts == ["run_failed", "kernel_died", "usage_limit", "captcha"]

        run(stage, notebook, TRAINING.replace("0.05", "1"))
        night.until(
            lambda: re.search(r"running after .*\n +step 1\d\b", report(night, "--since", "1h")),
            RUN_LIMIT_S,
        )

        page = night.home / "report.html"
        report(night, "--since", "1h", "--html", str(page))
        html = page.read_text(encoding="utf-8")
        assert "ValueError: no data" in html
        assert "http://" not in html.replace("http://www.w3.org/", "")
