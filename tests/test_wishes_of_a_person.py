"""What a person asked of notebooks outlasts an agent that is killed amid the night."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from asker import Asker
from chromium import Chromium
from night import NAME, Night
from scene import needs_chromium_and_mosquitto
from stage import Stage
from witnessed import NOTHING, START_LIMIT_S, until_phase, until_state

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(os.name == "nt", reason="kills processes by signals"),
]

KEEPS_ALIVE = {**NOTHING, "keep_alive": {"on": True}, "clear": {"on": True, "every": "30m"}}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


def test_an_agent_that_was_killed_goes_on_as_it_was_asked(stage: Stage) -> None:
    resting, silent, other = (stage.notebook(name) for name in ("resting", "silent", "other"))
    with (
        Chromium(stage.sim.chromium_flags) as chromium,
        Night(chromium.port, config={"duties": KEEPS_ALIVE}) as night,
    ):
        for notebook in (resting, silent, other):
            chromium.open(notebook.url)
            until_phase(night, notebook.url, "idle", START_LIMIT_S)
        asker = Asker(night)
        assert asker.ask("pause", resting.url)["status"] == "ok"
        assert asker.ask("keep_alive", silent.url, on=False)["status"] == "ok"
        assert asker.ask("clear_every", silent.url, minutes=0)["status"] == "ok"
        night.kill()

        night.heard.values.clear()
        night.start()
        until_phase(night, resting.url, "paused", START_LIMIT_S)
        duties = until_state(night, silent.url, lambda state: state["phase"] == "idle")["duties"]
        assert (duties["keep_alive"]["on"], duties["clear"]["on"]) == (False, False)
        duties = until_state(night, other.url, lambda state: state["phase"] == "idle")["duties"]
        assert (duties["keep_alive"]["on"], duties["clear"]["on"]) == (True, True)

        assert asker.ask("pause")["status"] == "ok"
        assert asker.ask("resume", other.url)["status"] == "ok"
        night.kill()
        night.heard.values.clear()
        night.start()
        for notebook in (resting, silent):
            until_phase(night, notebook.url, "paused", START_LIMIT_S)
        until_phase(night, other.url, "idle", START_LIMIT_S)

        night.kill()
        file = Path(night.home) / "state" / f"wishes-{NAME}.json"
        file.write_bytes(file.read_bytes()[:-1])
        night.heard.values.clear()
        night.start()
        for notebook in (resting, silent, other):
            until_phase(night, notebook.url, "idle", START_LIMIT_S)
        assert night.logged(
            "what was asked of the notebooks was damaged; the configuration counts again"
        )
