"""An agent that is killed and started again: what it had raised does not ring once more."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chromium import Chromium, find_chromium
from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import journal_path
from colab_sim import Notebook
from mosquitto import find_mosquitto
from night import NAME, Night
from stage import Stage
from witnessed import ENDLESS, NOTHING, START_LIMIT_S, alerts, all_opened, until_phase, until_state

pytestmark = [
    pytest.mark.skipif(
        not (find_chromium() and find_mosquitto()), reason="needs chromium and mosquitto"
    ),
    pytest.mark.skipif(os.name == "nt", reason="kills processes by signals"),
]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RAISES = "raise ValueError('no')"
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
