"""An agent that is killed and started again: what it had raised does not ring once more.

What a run printed until its end meanwhile is read from the page.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium
from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import journal_path
from colab_cdp_agent.keep.record import Run
from colab_sim import Notebook
from night import NAME, Night
from person import eventually
from scene import needs_chromium_and_mosquitto
from stage import Stage
from witnessed import (
    ENDLESS,
    NOTHING,
    START_LIMIT_S,
    alerts,
    all_opened,
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

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RAISES = "raise ValueError('no')"
UNTIL_A_FILE_IS_THERE = """\
import pathlib, time
folder = pathlib.Path({folder!r})
for number in range(10**6):
    print("line", number, flush=True)
    (folder / str(number)).touch()
    if (folder / "end").exists():
        break
    time.sleep(0.02)
(folder / "ended").touch()
"""
ASKS = "name = input('your name? ')"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


def kept(night: Night) -> dict[str, str]:
    """Return what the journal holds as raised, by session."""
    record = journal_reader.read(journal_path(night.home / "state", NAME), LONG_AGO)
    return {each.session: each.kind for each in record.attentions if each.over is None}


def runs(night: Night, url: str) -> list[Run]:
    """Return what the journal holds of a notebook's runs."""
    record = journal_reader.read(journal_path(night.home / "state", NAME), LONG_AGO)
    return [run for run in record.runs if run.session == night.id_of(url)]


async def restart(notebook: Notebook) -> None:
    await notebook.kill_kernel()


def test_what_was_raised_before_the_agent_was_killed_rings_no_second_time_and_its_end_is_told(
    stage: Stage, chromium: Chromium
) -> None:
    cells = {
        "captcha": ENDLESS,
        "run_failed": RAISES,
        "kernel_died": ENDLESS,
        "input_request": ASKS,
    }
    notebooks = dict(zip(cells, all_opened(stage, chromium, cells), strict=True))
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        for notebook in notebooks.values():
            until_phase(night, notebook.url, "idle", START_LIMIT_S)
            stage.do(notebook.run())
        stage.do(notebooks["captcha"].dialog("captcha"))
        until_phase(night, notebooks["kernel_died"].url, "running")
        stage.do(restart(notebooks["kernel_died"]))
        raised: dict[str, dict[str, Any]] = {}
        for kind, notebook in notebooks.items():
            night.until(lambda url=notebook.url, kind=kind: night.attention(url) == kind)
            raised[kind] = night.session(notebook.url)["attention"]
        wanted = {night.id_of(notebook.url): kind for kind, notebook in notebooks.items()}
        night.until(lambda: kept(night) == wanted)

        night.kill()
        night.heard.values.clear()
        night.start()
        for kind, notebook in notebooks.items():
            found = until_state(
                night, notebook.url, lambda state: state["witnesses"]["detector"] is not None
            )["attention"]
            assert (found["kind"], found["since"]) == (kind, raised[kind]["since"])
        assert night.session(notebooks["input_request"].url)["phase"] == "needs_you"

        stage.do(notebooks["captcha"].close_dialogs())
        stage.do(notebooks["run_failed"].source(ENDLESS))
        stage.do(notebooks["run_failed"].run())
        stage.do(notebooks["kernel_died"].snackbar(None))
        stage.do(notebooks["kernel_died"].run())
        stage.do(notebooks["input_request"].answer("Kim"))
        for kind, notebook in notebooks.items():
            until_state(night, notebook.url, lambda state: state["attention"] is None)
            assert alerts(night, notebook.url) == [kind]
            over = [each for each in night.events(notebook.url) if each["kind"] == kind]
            assert [each["severity"] for each in over] == ["alert", "info"]
            assert over[1]["text"].startswith("Over: ")


def test_a_run_that_ended_while_the_agent_was_away_is_told_and_its_last_lines_are_kept(
    stage: Stage, chromium: Chromium, tmp_path: Path
) -> None:
    notebook = opened(stage, chromium, "away", UNTIL_A_FILE_IS_THERE.format(folder=str(tmp_path)))
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        until_phase(night, notebook.url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        until_phase(night, notebook.url, "running")
        night.until(lambda: len(numbers(night, notebook.url)) > 20)
        night.until(lambda: [run.ended for run in runs(night, notebook.url)] == [None])
        night.kill()
        kept = numbers(night, notebook.url)
        eventually((tmp_path / f"{kept[-1] + 50}").exists)
        (tmp_path / "end").touch()
        eventually((tmp_path / "ended").exists)
        night.heard.values.clear()
        night.start()
        night.until(lambda: "run_finished" in [each["kind"] for each in night.events(notebook.url)])
        night.until(lambda: numbers(night, notebook.url)[-1] >= kept[-1] + 50)
        found = numbers(night, notebook.url)
        assert found == list(range(len(found)))
        assert gaps(night, notebook.url) == 1
        night.until(lambda: [run.outcome for run in runs(night, notebook.url)] == ["finished"])
        assert until_phase(night, notebook.url, "idle")["attention"] is None


def test_a_run_that_goes_on_after_the_agent_was_away_is_the_same_run(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = opened(stage, chromium, "same", ENDLESS)
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        until_phase(night, notebook.url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
        night.until(lambda: [run.ended for run in runs(night, notebook.url)] == [None])
        night.kill()
        night.heard.values.clear()
        night.start()
        until_phase(night, notebook.url, "running")
        stage.do(notebook.interrupt())
        night.until(lambda: [run.outcome for run in runs(night, notebook.url)] == ["interrupted"])
