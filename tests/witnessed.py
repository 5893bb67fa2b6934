"""What tests do with notebooks that have a real kernel, and what was told and kept of them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chromium import Chromium
from colab_sim import Notebook
from night import ROOT, Night
from stage import Stage

START_LIMIT_S = 60
OFF = {"on": False}
NOTHING = {"keep_alive": OFF, "reconnect": OFF, "clear": OFF}
ENDLESS = """\
import itertools, time
for number in itertools.count():
    print(f"line {number}")
    time.sleep(0.02)
"""


def opened(stage: Stage, chromium: Chromium, name: str, code: str, **options: Any) -> Notebook:
    """Open a notebook with a real kernel in a hidden tab; its cell holds the code."""
    (notebook,) = all_opened(stage, chromium, {name: code}, **options)
    return notebook


def all_opened(
    stage: Stage, chromium: Chromium, cells: Mapping[str, str], **options: Any
) -> list[Notebook]:
    """Open notebooks side by side, by their names with what their cells hold."""
    notebooks = [stage.notebook(name, kernel=True, **options) for name in cells]
    for notebook, code in zip(notebooks, cells.values(), strict=True):
        stage.do(notebook.source(code))
        chromium.open(notebook.url)
    chromium.open("about:blank")
    for notebook in notebooks:
        stage.do(notebook.opened())
    return notebooks


def until_state(
    night: Night, url: str, holds: Callable[[dict[str, Any]], Any], limit: float = 30
) -> dict[str, Any]:
    """Return a session's state as soon as it holds."""

    def reached() -> dict[str, Any]:
        state = night.session(url)
        return state if holds(state) else {}

    return night.until(reached, limit)


def until_phase(night: Night, url: str, phase: str, limit: float = 30) -> dict[str, Any]:
    """Return a session's state as soon as it is published in a phase."""
    return until_state(night, url, lambda state: state["phase"] == phase, limit)


def archived(night: Night, url: str) -> list[str]:
    """Return what a session's file holds, marks and all; nothing before it is told of."""
    told = night.session(url)["output"]["archive"]
    if not told:
        return []
    return Path(told).read_text(encoding="utf-8").splitlines()


def gaps(night: Night, url: str) -> int:
    """Return how many gaps are marked in a session's file."""
    return sum(line.startswith("--- ") and " gap: " in line for line in archived(night, url))


def numbers(night: Night, url: str, word: str = "line") -> list[int]:
    """Return the numbers of the lines `line 0`, `line 1`, … of a session's file."""
    return [
        int(line.split()[1].split("/")[0])
        for line in archived(night, url)
        if line.startswith(f"{word} ")
    ]


def alerts(night: Night, url: str) -> list[str]:
    """Return the kinds of the alerts that rang for a session, in order."""
    return [each["kind"] for each in night.events(url) if each["severity"] == "alert"]


def states(night: Night, url: str) -> list[dict[str, Any]]:
    """Return every state of a session that was published, in order."""
    topic = f"{ROOT}/session/{night.id_of(url)}/state"
    return [json.loads(body) for at, body in night.heard.messages if at == topic]
