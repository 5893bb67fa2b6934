"""Tabs that crash, hang, wait for an answer or are put to sleep, in a real Chromium.

They fall silent together, so that one test's waiting is every test's.
"""

import signal
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from person import eventually
from scene import Scene, needs_chromium_and_mosquitto, set_scene
from silencing import FLAGS, PROFILE, discard, renderer, target_of
from wiretap import HARMLESS

pytestmark = needs_chromium_and_mosquitto

NOTICED_S = 25.0
SETTLED_S = 15.0


class Silenced:
    """What was done to each tab, by its notebook's name."""

    def __init__(self, scene: Scene) -> None:
        self.targets: dict[str, str] = {}
        self.sessions: dict[str, str] = {}
        self.stopped: psutil.Process
        self._scene = scene

    def open(self, name: str) -> str:
        """Open a notebook, attach to it as the person, and return that session."""
        self.targets[name] = self._scene.open(name)
        self.sessions[name] = self._scene.person.attach(self.targets[name])
        return self.sessions[name]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with set_scene(
        tmp_path_factory.mktemp("notes"), FLAGS, profile={"Local State": PROFILE}
    ) as scene:
        yield scene


@pytest.fixture(scope="module")
def silenced(scene: Scene) -> Iterator[Silenced]:
    """Every way to fall silent, at the same time."""
    silenced, person = Silenced(scene), scene.person
    silenced.open("neighbour")
    discard_one(scene, silenced)
    ask(scene, silenced.open("asking"))
    crash_and_reload(scene, "forgiven", silenced.open("forgiven"))
    ask(scene, silenced.sessions["forgiven"])

    looping = silenced.open("looping")
    person.evaluate(looping, "setTimeout(() => { spin(); window.ended = true; })")
    eventually(lambda: scene.notes.loads["/spinning/looping"])

    paused = silenced.open("paused")
    person.call("Debugger.enable", paused)
    person.evaluate(paused, "setTimeout(() => { debugger; window.resumed = true; })")
    person.event("Debugger.paused", paused)
    person.send(
        "Runtime.evaluate", paused, expression="document.querySelector('#cell').className='running'"
    )

    stopped = silenced.open("stopped")
    silenced.stopped = renderer(scene.chromium, scene.person, stopped)
    silenced.stopped.send_signal(signal.SIGSTOP)
    yield silenced
    silenced.stopped.send_signal(signal.SIGCONT)


def ask(scene: Scene, session: str) -> None:
    """Open an alert in a page."""
    scene.person.call("Page.enable", session)
    scene.person.evaluate(session, "setTimeout(() => { alert('well?'); window.answered = true; })")
    scene.person.event("Page.javascriptDialogOpening", session)


def crash_and_reload(scene: Scene, name: str, session: str) -> None:
    """Crash a page, and reload it once the agent has told so."""
    scene.person.send("Page.crash", session)
    assert scene.until(name, "sleeping")["attention"]["kind"] == "tab_crashed"
    scene.person.call("Page.reload", session)
    assert scene.until(name, "idle")["attention"] is None


def discard_one(scene: Scene, silenced: Silenced) -> None:
    """Let a tab be discarded that nobody but the agent is attached to."""
    silenced.open("discarded")
    scene.person.call("Target.detachFromTarget", sessionId=silenced.sessions["discarded"])
    discard(scene.chromium, scene.person, scene.notes.url("discarded"))


def sleeps(scene: Scene, name: str) -> dict[str, Any]:
    return scene.until(name, "sleeping", limit=NOTICED_S)


def test_the_neighbour_of_silent_tabs_notices_nothing(scene: Scene, silenced: Silenced) -> None:
    scene.follows("neighbour", silenced.targets["neighbour"])
    assert set(scene.night.phases(scene.notes.url("neighbour"))) == {
        "connecting",
        "idle",
        "running",
    }


def test_a_tab_that_waits_at_an_alert_sleeps_until_the_person_answers(
    scene: Scene, silenced: Silenced
) -> None:
    sleeps(scene, "asking")
    session = silenced.sessions["asking"]
    scene.person.call("Page.handleJavaScriptDialog", session, accept=True)
    scene.until("asking", "idle", limit=SETTLED_S)
    assert scene.person.evaluate(session, "window.answered")
    scene.follows("asking", silenced.targets["asking"])


def test_a_tab_in_an_endless_loop_sleeps_and_its_script_is_not_ended(
    scene: Scene, silenced: Silenced
) -> None:
    sleeps(scene, "looping")
    turns = scene.notes.loads["/spinning/looping"]
    eventually(lambda: scene.notes.loads["/spinning/looping"] > turns)

    scene.notes.stop_spinning("looping")
    scene.until("looping", "idle", limit=SETTLED_S)
    assert scene.person.evaluate(silenced.sessions["looping"], "window.ended")
    scene.follows("looping", silenced.targets["looping"])


def test_a_tab_whose_process_is_stopped_sleeps_until_it_goes_on(
    scene: Scene, silenced: Silenced
) -> None:
    sleeps(scene, "stopped")
    silenced.stopped.send_signal(signal.SIGCONT)
    scene.until("stopped", "idle", limit=SETTLED_S)
    scene.follows("stopped", silenced.targets["stopped"])


def test_a_tab_at_a_breakpoint_is_still_read_and_stays_there(
    scene: Scene, silenced: Silenced
) -> None:
    scene.until("paused", "running", limit=NOTICED_S)
    assert "sleeping" not in scene.night.phases(scene.notes.url("paused"))

    resumed = [each for each in scene.person.events if each["method"] == "Debugger.resumed"]
    assert not resumed, "the person's debugger was let go"
    session = silenced.sessions["paused"]
    scene.person.call("Debugger.resume", session)
    assert scene.person.evaluate(session, "window.resumed")
    scene.follows("paused", silenced.targets["paused"])


@pytest.mark.usefixtures("silenced")
def test_a_discarded_tab_is_the_same_session_and_is_not_woken(scene: Scene) -> None:
    sleeps(scene, "discarded")
    phases = scene.night.phases(scene.notes.url("discarded"))
    assert "gone" not in phases, phases
    with pytest.raises(LookupError):
        scene.state("discarded", 2)
    assert scene.notes.loads["/note/discarded"] == 1

    target = target_of(scene.person, scene.notes.url("discarded"))
    session = scene.person.attach(target)
    scene.person.call("Page.reload", session)
    scene.until("discarded", "idle", limit=SETTLED_S)
    scene.follows("discarded", target)
    assert scene.notes.loads["/note/discarded"] == 2


@pytest.mark.parametrize("way", ["its own fault", "kill -9"])
def test_a_crashed_tab_is_told_and_read_again_after_its_reload(scene: Scene, way: str) -> None:
    name = "crashed" if way == "its own fault" else "killed"
    target = scene.open(name)
    session = scene.person.attach(target)
    if way == "kill -9":
        renderer(scene.chromium, scene.person, session).kill()
    else:
        scene.person.send("Page.crash", session)
    assert scene.until(name, "sleeping")["attention"]["kind"] == "tab_crashed"

    scene.person.call("Page.reload", session)
    assert scene.until(name, "idle")["attention"] is None
    scene.follows(name, target)
    assert scene.notes.loads[f"/note/{name}"] == 2


def test_a_crash_does_not_stick_to_a_tab_that_sleeps_later(
    scene: Scene, silenced: Silenced
) -> None:
    assert sleeps(scene, "forgiven")["attention"] is None
    kinds = [event["kind"] for event in scene.night.events(scene.notes.url("forgiven"))]
    assert kinds.count("tab_crashed") == 2, "crashed, and over"
    scene.person.call("Page.handleJavaScriptDialog", silenced.sessions["forgiven"], accept=True)


def test_a_page_that_floods_its_console_is_followed(scene: Scene) -> None:
    target = scene.open("flooding")
    session = scene.person.attach(target)
    flood = "setInterval(() => { for (let i = 0; i < 200; i += 1) console.log({ i }); }, 10)"
    scene.person.evaluate(session, f"{flood}; undefined")
    scene.follows("flooding", target)
    scene.chromium.close(target)


def test_nothing_but_harmless_commands_was_sent_to_chrome(scene: Scene) -> None:
    assert set(scene.wiretap.methods) <= HARMLESS, scene.wiretap.methods
