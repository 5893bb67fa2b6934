"""Commands over MQTT: each verb carried out in a real page, verified, and answered once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asker import Asker
from chromium import Chromium, find_chromium
from colab_sim import Notebook
from mosquitto import find_mosquitto
from night import Night
from stage import Stage

pytestmark = pytest.mark.skipif(
    not (find_chromium() and find_mosquitto()), reason="needs chromium and mosquitto"
)

GENERATIONS = (2020, 2023, 2025)
OFF = {"on": False}
NO_DUTIES = {"keep_alive": OFF, "reconnect": OFF, "clear": OFF}
EVERYTHING = [
    *("reconnect", "clear", "screenshot", "pause", "resume", "keep_alive", "clear_every"),
    *("log", "history", "interrupt", "run_all", "script"),
]
LINES = [f"step {number}: loss {1 / (number + 1):.4f} é 😀" for number in range(300)]
CONFIG: dict[str, Any] = {"duties": NO_DUTIES, "commands": {"allow": EVERYTHING}}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def night(chromium: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        with Night(chromium.port, config=CONFIG) as night:
            yield night


@pytest.fixture
def asker(night: Night) -> Asker:
    return Asker(night)


def opened(stage: Stage, chromium: Chromium, night: Night, name: str, **options: Any) -> Notebook:
    """Open a notebook in a tab that is hidden then, and wait until the agent reads it."""
    notebook = stage.notebook(name, **options)
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    chromium.open("about:blank")
    night.until(lambda: night.session(notebook.url)["phase"] == "idle")
    return notebook


def phase(night: Night, notebook: Notebook) -> str:
    said: str = night.session(notebook.url)["phase"]
    return said


def states(stage: Stage, notebook: Notebook) -> set[str]:
    return {cell["state"] for cell in stage.do(notebook.read())["cells"]}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_disconnected_tab_is_reconnected_though_nothing_ran(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker, generation: int
) -> None:
    notebook = opened(stage, chromium, night, f"reconnect {generation}", generation=generation)
    stage.do(notebook.connection("reconnect"))
    night.until(lambda: phase(night, notebook) == "ended")
    answer = asker.ask("reconnect", notebook.url)
    assert (answer["status"], answer["data"]) == ("ok", {"result": "reconnected"})
    assert stage.do(notebook.read())["connect_clicks"] == 1
    night.until(lambda: night.session(notebook.url)["connection"] == "connected")
    night.until(lambda: night.session(notebook.url)["duties"]["reconnect"]["count"] == 1)
    assert asker.ask("reconnect", notebook.url)["data"] == {"result": "it is connected already"}
    assert stage.do(notebook.read())["connect_clicks"] == 1


def test_nothing_is_touched_at_a_captcha(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "captcha")
    stage.do(notebook.dialog("captcha"))
    night.until(lambda: phase(night, notebook) == "needs_you")
    for verb in ("reconnect", "clear", "interrupt", "run_all"):
        answer = asker.ask(verb, notebook.url)
        assert answer["status"] == "refused"
        assert answer["error"].startswith("captcha: ")
    assert not stage.do(notebook.touched())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_running_cells_output_is_cleared_once_it_is_archived(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker, generation: int
) -> None:
    notebook = opened(stage, chromium, night, f"clear {generation}", generation=generation)
    assert asker.ask("clear", notebook.url)["error"] == "nothing to clear: no cell runs"
    stage.do(notebook.cell("running"))
    stage.do(notebook.print(LINES, where="frame" if generation == 2020 else "page"))
    night.until(lambda: phase(night, notebook) == "running")
    answer = asker.ask("clear", notebook.url)
    assert (answer["error"], answer["data"]) == (None, {"result": "cleared 300 lines"})
    assert stage.do(notebook.read())["cells"][0]["lines"] == 0
    path = Path(night.until(lambda: night.session(notebook.url)["output"]["archive"]))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("--- ")] == LINES


def test_a_picture_of_a_hidden_tab_shows_what_is_there_now(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "pictured")
    topic = f"colab/night/session/{night.id_of(notebook.url)}/screenshot"
    for count in (1, 2):
        stage.do(notebook.print(LINES))
        answer = asker.ask("screenshot", notebook.url)
        assert answer["status"] == "ok"
        pictures = [body for at, body in night.heard.messages if at == topic]
        assert len(pictures) == count
        assert answer["data"]["bytes"] == len(pictures[-1]) <= 200_000
        Path(f"/tmp/picture-{count}.jpg").write_bytes(pictures[-1])
        assert pictures[-1].startswith(b"\xff\xd8")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_all_cells_are_run_and_interrupted(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker, generation: int
) -> None:
    notebook = opened(stage, chromium, night, f"run {generation}", generation=generation, cells=2)
    assert asker.ask("interrupt", notebook.url)["error"] == "nothing runs"
    answer = asker.ask("run_all", notebook.url)
    assert (answer["status"], answer["data"]) == ("ok", {"result": "the cells run"})
    night.until(lambda: phase(night, notebook) == "running")
    night.until(lambda: states(stage, notebook) == {"running"})
    assert asker.ask("run_all", notebook.url)["error"] == "a cell runs already"
    answer = asker.ask("interrupt", notebook.url)
    assert answer["status"] == "ok"
    assert "running" not in states(stage, notebook)


def test_paused_duties_rest_until_they_are_resumed(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "paused")
    assert asker.ask("pause", notebook.url)["status"] == "ok"
    night.until(lambda: phase(night, notebook) == "paused")
    assert asker.ask("resume", notebook.url)["status"] == "ok"
    night.until(lambda: phase(night, notebook) == "idle")


def test_the_policy_of_one_session_is_changed(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "policy")
    assert asker.ask("keep_alive", notebook.url, on=True)["status"] == "ok"
    night.until(lambda: night.session(notebook.url)["duties"]["keep_alive"]["on"])
    stage.do(notebook.cell("running"))
    night.until(lambda: night.session(notebook.url)["duties"]["keep_alive"]["next_at"])
    assert asker.ask("clear_every", notebook.url, minutes=1)["status"] == "ok"
    night.until(lambda: night.session(notebook.url)["duties"]["clear"]["next_at"])
    assert asker.ask("clear_every", notebook.url, minutes=0)["status"] == "ok"
    night.until(lambda: not night.session(notebook.url)["duties"]["clear"]["on"])
