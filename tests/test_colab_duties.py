"""What the agent does in Colab's page: keep alive, reconnect, clear, and leave the rest alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium
from colab_sim import Notebook
from night import Night
from scene import needs_chromium_and_mosquitto
from stage import Stage

pytestmark = needs_chromium_and_mosquitto

GENERATIONS = (2020, 2023, 2025)
LINES = [f"step {number}: loss {1 / (number + 1):.4f} é 😀" for number in range(300)]
OFF = {"on": False}
KEEP_ALIVE_ONLY = {"keep_alive": {"every": "10s"}, "reconnect": OFF, "clear": OFF}
CLEAR_ONLY = {"keep_alive": OFF, "reconnect": OFF, "clear": {"every": "10s"}}
RECONNECT_ONLY = {"keep_alive": OFF, "clear": OFF}
ROUND_LIMIT_S = 30


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


def running(stage: Stage, name: str, **options: Any) -> Notebook:
    """Make a notebook whose first cell runs as soon as it is open."""
    return stage.notebook(name, cells=2, **options)


def open_and_run(stage: Stage, chromium: Chromium, notebooks: list[Notebook]) -> None:
    """Open the notebooks in hidden tabs and let their first cells run."""
    for notebook in notebooks:
        chromium.open(notebook.url)
        stage.do(notebook.opened())
        stage.do(notebook.cell("running"))
    chromium.open("about:blank")


def result(night: Night, notebook: Notebook, duty: str, done: str) -> dict[str, Any]:
    """Wait until a duty's last result says something, and return its state."""

    def found() -> dict[str, Any] | None:
        state: dict[str, Any] = night.session(notebook.url)["duties"][duty]
        return state if done in (state["last_result"] or "") else None

    state = night.until(found, limit=ROUND_LIMIT_S)
    assert state is not None
    return state


def archived(night: Night, notebook: Notebook) -> list[str]:
    """Return the archived lines of a notebook, without the marks between them."""
    path = Path(night.session(notebook.url)["output"]["archive"])
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("--- ")]


def test_running_tabs_are_kept_alive_and_what_the_click_opened_is_closed(
    stage: Stage, chromium: Chromium
) -> None:
    notebooks = [running(stage, f"alive {year}", generation=year) for year in GENERATIONS]
    idle = stage.notebook("alive idle")
    chromium.open(idle.url)
    open_and_run(stage, chromium, notebooks)
    with Night(chromium.port, config={"duties": KEEP_ALIVE_ONLY}) as night:
        for notebook in notebooks:
            state = result(night, notebook, "keep_alive", "clicked connect, still connected")
            assert state["count"] == 1
            page = stage.do(notebook.read())
            assert page["connect_clicks"] == 1
            assert page["loads"] == 1
        assert stage.do(notebooks[0].read())["panel"] is None
        assert stage.do(idle.read())["connect_clicks"] == 0


def test_a_running_tab_that_was_disconnected_is_reconnected_within_ten_seconds(
    stage: Stage, chromium: Chromium
) -> None:
    notebooks = [running(stage, f"lost {year}", generation=year) for year in GENERATIONS]
    open_and_run(stage, chromium, notebooks)
    with Night(chromium.port, config={"duties": RECONNECT_ONLY}) as night:
        for notebook in notebooks:
            night.until(lambda url=notebook.url: night.session(url)["phase"] == "running")
            stage.do(notebook.connection("reconnect"))
            night.until(
                lambda url=notebook.url: night.session(url)["duties"]["reconnect"]["count"] == 1,
                limit=10,
            )
            night.until(lambda url=notebook.url: night.session(url)["connection"] == "connected")
            assert stage.do(notebook.read())["connect_clicks"] == 1
            told = [event["text"] for event in night.events(notebook.url)]
            assert any(text.endswith("→ reconnecting") for text in told)


def test_an_idle_tab_that_was_disconnected_is_left_alone(stage: Stage, chromium: Chromium) -> None:
    notebook = stage.notebook("lost idle")
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    with Night(chromium.port, config={"duties": RECONNECT_ONLY}) as night:
        night.until(lambda: night.session(notebook.url)["phase"] == "idle")
        stage.do(notebook.connection("reconnect"))
        state = night.until(
            lambda: (found := night.session(notebook.url))["phase"] == "ended" and found
        )
        assert state["attention"]["kind"] == "disconnected"
        assert stage.do(notebook.read())["connect_clicks"] == 0


@pytest.mark.parametrize(
    ("leads_to", "kind", "phase"),
    [
        ("limit", "usage_limit", "limited"),
        ("captcha", "captcha", "needs_you"),
        ("too_many", "too_many_sessions", "limited"),
    ],
)
def test_reconnecting_stops_at_the_first_limit_or_captcha(
    stage: Stage, chromium: Chromium, leads_to: Any, kind: str, phase: str
) -> None:
    notebook = running(stage, f"stopped by {leads_to}")
    notebook.when_connect = leads_to
    open_and_run(stage, chromium, [notebook])
    with Night(chromium.port, config={"duties": RECONNECT_ONLY}) as night:
        night.until(lambda: night.session(notebook.url)["phase"] == "running")
        stage.do(notebook.connection("reconnect"))
        state = night.until(
            lambda: (found := night.session(notebook.url))["phase"] == phase and found
        )
        assert state["attention"]["kind"] == kind
        result(night, notebook, "reconnect", f"stopped: {kind}")
        rings = [event for event in night.events(notebook.url) if event["kind"] == kind]
        assert [event["severity"] for event in rings] == ["alert"]
        page = stage.do(notebook.read())
        assert page["connect_clicks"] == 1
        assert not page["answers"]


def test_the_running_cells_output_is_cleared_once_it_stands_in_the_archive(
    stage: Stage, chromium: Chromium
) -> None:
    notebooks = [running(stage, f"full {year}", generation=year) for year in GENERATIONS]
    open_and_run(stage, chromium, notebooks)
    for notebook in notebooks:
        where: Any = "frame" if notebook.name.endswith("2020") else "page"
        stage.do(notebook.print(LINES, where=where))
        stage.do(notebook.print(["of another cell"], where=where, index=1))
    with Night(chromium.port, config={"duties": CLEAR_ONLY}) as night:
        for notebook in notebooks:
            result(night, notebook, "clear", "cleared 300 lines")
            assert archived(night, notebook) == LINES
            page = stage.do(notebook.read())
            assert page["cells"][0]["lines"] == 0
            assert page["cells"][0]["state"] == "running"
            assert page["cells"][1]["lines"] == 1


def test_a_page_that_holds_too_much_is_cleared_before_its_time(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = running(stage, "heavy", output_limit=None)
    open_and_run(stage, chromium, [notebook])
    heavy = [f"line {number} " + "x" * 100 for number in range(20_000)]
    duties = {"keep_alive": OFF, "clear": {"every": "12h", "max_lines": 5000}}
    with Night(chromium.port, config={"duties": duties}) as night:
        night.until(lambda: night.session(notebook.url)["phase"] == "running")
        stage.do(notebook.print(heavy))
        night.until(
            lambda: (night.session(notebook.url)["output"]["page_lines"] or 0) == 20_000,
            limit=ROUND_LIMIT_S,
        )
        night.until(lambda: night.session(notebook.url)["duties"]["clear"]["count"] == 1, limit=100)
        assert archived(night, notebook) == heavy


def test_what_cannot_be_archived_is_not_cleared(stage: Stage, chromium: Chromium) -> None:
    notebook = running(stage, "unkept")
    open_and_run(stage, chromium, [notebook])
    stage.do(notebook.print(LINES))
    with Night(chromium.port, config={"duties": CLEAR_ONLY}) as night:
        night.until(lambda: night.session(notebook.url)["phase"] == "running")
        (night.home / "state" / "archive").write_text("in the way")
        result(night, notebook, "clear", "not cleared: the archive cannot be written")
        assert stage.do(notebook.read())["lines"] == len(LINES)


def test_observing_says_what_would_be_done_and_touches_nothing(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = running(stage, "observed")
    open_and_run(stage, chromium, [notebook])
    stage.do(notebook.print(LINES))
    duties = {"keep_alive": {"every": "10s"}, "clear": {"every": "10s"}}
    with Night(chromium.port, config={"duties": duties}, arguments=["--observe"]) as night:
        for duty in ("keep_alive", "clear"):
            result(night, notebook, duty, "would have done it")
        stage.do(notebook.connection("reconnect"))
        result(night, notebook, "reconnect", "would have done it")
        assert not stage.do(notebook.touched())
        assert stage.do(notebook.read())["lines"] == len(LINES)
        assert any("observe" in line for line in night.info()["policy"])


SEEDS = {
    "cancel and connect": {
        "keep_alive": {"every": "10s", "when": "connected"},
        "reconnect": OFF,
        "clear": OFF,
    },
    "connect": {
        "keep_alive": {"every": "10s", "when": "connected", "dialogs": False},
        "reconnect": OFF,
        "clear": OFF,
    },
    "clear": {
        "keep_alive": OFF,
        "reconnect": OFF,
        "clear": {"every": "10s", "max_lines": None, "max_bytes": None},
    },
}
"""The three console snippets, at a pace that a test can wait for: theirs is 30 minutes."""


def test_the_snippet_that_cancels_the_dialog_and_clicks_connect(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = stage.notebook("seed 1", generation=2020)
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    stage.do(notebook.dialog("generic"))
    with Night(chromium.port, config={"duties": SEEDS["cancel and connect"]}) as night:
        result(night, notebook, "keep_alive", "cancelled a dialog, clicked connect")
        page = stage.do(notebook.read())
        assert [answer["button"] for answer in page["answers"]] == ["cancel"]
        assert page["connect_clicks"] == 1
        assert not page["dialogs"]
        stage.do(notebook.connection("reconnect"))
        night.until(lambda: night.session(notebook.url)["connection"] == "disconnected")
        night.until(
            lambda: night.session(notebook.url)["connection"] == "connected", limit=ROUND_LIMIT_S
        )
        assert stage.do(notebook.read())["connect_clicks"] == 2


def test_the_snippet_that_only_clicks_connect(stage: Stage, chromium: Chromium) -> None:
    notebook = stage.notebook("seed 2", generation=2020)
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    stage.do(notebook.dialog("generic"))
    with Night(chromium.port, config={"duties": SEEDS["connect"]}) as night:
        result(night, notebook, "keep_alive", "clicked connect, still connected")
        page = stage.do(notebook.read())
        assert page["connect_clicks"] == 1
        assert not page["answers"]


def test_the_snippet_that_clears_the_executing_cell(stage: Stage, chromium: Chromium) -> None:
    notebook = running(stage, "seed 3", generation=2020, language="ko")
    open_and_run(stage, chromium, [notebook])
    stage.do(notebook.print(LINES, where="frame"))
    with Night(chromium.port, config={"duties": SEEDS["clear"]}) as night:
        result(night, notebook, "clear", "cleared")
        assert stage.do(notebook.read())["cells"][0]["lines"] == 0
        assert archived(night, notebook) == LINES
        assert stage.do(notebook.read())["connect_clicks"] == 0
