"""A notebook whose title, output and error were written to do harm, from its tab to every place."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chromium import Chromium
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.keep.mark import printed
from colab_sim import Notebook
from command import COMMAND, Command, environment
from hostile import ATTACKS, HOSTILE, TIMED, steering
from mosquitto import HOST
from night import NAME, Night
from person import Person, eventually
from scene import needs_chromium_and_mosquitto
from stage import Stage

LIMIT_S = 60
SHOWN = "<img src=x onerror="
"""It is shown as it stands: as text."""
TITLE = f"../{ATTACKS['page']}{HOSTILE}".replace("\0", "")
CODE = f"""\
for name, attack in {ATTACKS!r}.items():
    print(name, attack)
    print(name, "was printed")
print({ATTACKS["forged line"]!r})
raise ValueError({ATTACKS["page"] + HOSTILE!r})
"""
UNSEEN = "".join(each for each in HOSTILE if each > "\xa0" and steering(each))
"""What has no effect in a file but that it is not seen, or turns a line."""

pytestmark = needs_chromium_and_mosquitto


class Hostile:
    """A night with such a notebook, whose run has failed; its traceback is shown too."""

    def __init__(self, night: Night, notebook: Notebook, chromium: Chromium) -> None:
        self.night = night
        self.chromium = chromium
        self.url = notebook.url
        self.mqtt = ("--mqtt", f"mqtt://{HOST}:{night.broker.port}")

    def run(self, *arguments: str) -> str:
        """Return what a command says of it."""
        ended = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.night.home,
            env=environment(self.night.home),
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
        )
        assert ended.returncode in {ExitCode.ENDED_AS_ASKED, ExitCode.FAILED}, ended
        return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    with ExitStack() as scene:
        stage = scene.enter_context(Stage())
        chromium = scene.enter_context(Chromium(stage.sim.chromium_flags))
        notebook = stage.notebook("hostile", kernel=True, title=TITLE)
        chromium.open(notebook.url)
        stage.do(notebook.opened())
        text = ("--log-format", "text")
        night = scene.enter_context(Night(chromium.port, arguments=text))
        night.until(lambda: night.session(notebook.url)["phase"] == "idle", LIMIT_S)
        stage.do(notebook.source(CODE))
        stage.do(notebook.run())
        night.until(lambda: night.attention(notebook.url) == "run_failed", LIMIT_S)
        yield Hostile(night, notebook, chromium)


def test_it_is_shown_and_steers_no_terminal(hostile: Hostile) -> None:
    night, mqtt = hostile.night, hostile.mqtt
    session = f"{NAME}/{night.session(hostile.url)['id']}"
    watching = Command(night.home, "watch", *mqtt)
    watching.until(SHOWN)
    watching.process.terminate()
    watching.end()
    shown = {
        "run": (night.home / "screen").read_text("utf-8") + night.log(),
        "watch": watching.said,
        "log": hostile.run("send", session, "log", "lines=50", *mqtt),
        "history": hostile.run("send", session, "history", "since=2026-01-01T00:00:00Z", *mqtt),
        "sessions": hostile.run("send", NAME, "sessions", *mqtt),
        "json": hostile.run("send", NAME, "sessions", "--json", *mqtt),
        "report": hostile.run("report", "--name", NAME, "--since", "1h"),
        "doctor": hostile.run("doctor", "--port", str(hostile.chromium.port), *mqtt),
    }
    for place, text in shown.items():
        assert SHOWN in text, place
        assert steering(text) == "", place
        forged = any(line.startswith(TIMED) for line in text.splitlines())
        assert forged == (place == "log"), place  # which shows what was printed, and no marks


def test_it_names_no_file_and_forges_no_mark(hostile: Hostile) -> None:
    night = hostile.night
    night.until(lambda: night.session(hostile.url)["output"]["archive"])
    state = night.session(hostile.url)
    archive = Path(state["output"]["archive"])
    eventually(lambda: "raise ValueError" in archive.read_text("utf-8"))
    kept = archive.read_text("utf-8")
    assert archive.parent == night.home / "state" / "archive" / state["id"]
    assert not any(line.startswith(TIMED) for line in kept.split("\n"))
    assert TIMED in printed(kept).split("\n")
    assert steering(kept, allowed=f"\n{UNSEEN}") == ""
    for name in ATTACKS:
        assert f"{name} was printed" in kept
    names = [path.name for path in night.home.rglob("*")]
    assert all(re.fullmatch(r"[\w.@$-]+", name) for name in names), names


def test_its_report_is_a_page_on_which_nothing_runs_and_nothing_is_asked_for(
    hostile: Hostile,
) -> None:
    page = hostile.night.home / "night.html"
    hostile.run("report", "--name", NAME, "--since", "1h", "--html", str(page))
    assert "&lt;img src=x" in page.read_text("utf-8")
    with Person(hostile.chromium) as person:
        tab = person.attach(hostile.chromium.open(page.as_uri()))
        eventually(lambda: person.evaluate(tab, "document.readyState") == "complete")
        alien = "document.querySelectorAll('script, img, iframe, object, a[href^=http]').length"
        assert person.evaluate(tab, alien) == 0
        assert "broken" not in person.evaluate(tab, "document.title")
        assert person.evaluate(tab, "performance.getEntriesByType('resource').length") == 0
