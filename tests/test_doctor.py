"""`doctor` as a person runs it: a line for each part, a remedy for each trouble, no trace left."""

import json
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium, find_chromium, free_port
from colab_cdp_agent.chrome.absent import start_remedy
from colab_cdp_agent.doctor.finding import PLAIN_MARKS
from colab_sim import Notebook
from command import Command, run
from leftovers import processes_of
from mosquitto import HOST, Mosquitto, find_mosquitto
from person import Person, eventually
from receivers import WebReceiver
from stage import Stage
from stranger import stranger
from wiretap import Wiretap

HARMLESS = {
    "Browser.getVersion of the browser",
    "Network.enable",
    "Page.createIsolatedWorld",
    "Page.getFrameTree",
    "Runtime.callFunctionOn",
    "Target.attachToTarget of the browser",
    "Target.detachFromTarget of the browser",
    "Target.setDiscoverTargets of the browser",
}
WATCH = """\
window.changes = 0;
new MutationObserver((records) => { window.changes += records.length; }).observe(
  document, { subtree: true, childList: true, attributes: true, characterData: true });
for (const kind of ["click", "keydown", "focus", "blur", "visibilitychange", "pointerdown"])
  window.addEventListener(kind, () => { window.changes += 1; }, true);
undefined
"""
GLOBALS = "Object.getOwnPropertyNames(window).sort().join()"


@dataclass(frozen=True, slots=True)
class Theatre:
    """A stand-in for Colab in a real Chromium, and the wiretap through which the doctor comes."""

    stage: Stage
    chromium: Chromium
    wiretap: Wiretap

    def notebook(self, name: str, **options: Any) -> tuple[Notebook, str]:
        """Open a new notebook in a tab, and return it with its target."""
        notebook = self.stage.notebook(name, **options)
        target = self.chromium.open(notebook.url)
        self.stage.do(notebook.opened())
        return notebook, target

    def doctor(self, folder: Path, *arguments: str) -> tuple[int, str]:
        """Return the exit code of the doctor, and what it said."""
        ended = run(folder, "doctor", "--port", str(self.wiretap.port), *arguments)
        assert ended.stderr == ""
        return ended.returncode, ended.stdout


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    if find_chromium() is None:
        pytest.skip("no Chromium installed")
    with (
        Stage() as stage,
        Chromium(stage.sim.chromium_flags) as chromium,
        Wiretap(chromium.port) as wiretap,
    ):
        yield Theatre(stage, chromium, wiretap)


@pytest.fixture
def notebook(theatre: Theatre, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """Yield a notebook in a tab that is closed again."""
    name = re.sub(r"\W+", "-", request.node.name)
    notebook, target = theatre.notebook(name, title="night.ipynb")
    yield notebook
    theatre.chromium.close(target)


def marked(said: str, mark: str) -> list[str]:
    """Return what was said under a mark."""
    marks = (mark, PLAIN_MARKS[mark])
    return [line.split(" ", 1)[1] for line in said.splitlines() if line.split(" ", 1)[0] in marks]


def configured(folder: Path, more: str = "") -> str:
    """Write a configuration whose page has a port that no agent here has, and return its name."""
    text = f"web: {{port: {free_port()}}}\nawake: false\n{more}"
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return "mine.yaml"


@pytest.mark.usefixtures("notebook")
def test_where_all_is_well_every_part_has_its_line(theatre: Theatre, tmp_path: Path) -> None:
    code, said = theatre.doctor(tmp_path, "--config", configured(tmp_path))
    assert code == 0, said
    assert not marked(said, "✗")
    parts = (
        "colab-cdp-agent ",
        "configuration: mine.yaml",
        f"state folder {tmp_path / 'state'} can be written",
        "disk: ",
        "clock: ",
        "sleep: ",
        "power: ",
        "site profile colab: ",
        "Chrome: ",
        "night: idle (colab: connected, by ",
        "broker of its own starts on mqtt://",
        "agent: none named ",
        "phone page: http://127.0.0.1:",
        "push: no channel in alerts.apprise: no phone rings",
    )
    lines = [line for line in said.splitlines() if not line.startswith(" ")]
    for part, line in zip(parts, lines, strict=True):
        assert line.split(" ", 1)[1].startswith(part)


@pytest.mark.usefixtures("notebook")
def test_a_night_is_safe_or_every_reason_why_not_stands_in_one_line(
    theatre: Theatre, tmp_path: Path
) -> None:
    with WebReceiver() as there:
        ring = f'alerts: {{apprise: ["{there.json}"]}}\n'
        options = ("--tonight", "--config", configured(tmp_path, ring))
        code, said = theatre.doctor(tmp_path, *options)
        assert code == 0, said
        verdict = said.splitlines()[-1]
        assert verdict.startswith("Tonight is safe: the disk has room")
        assert "1 notebook open in Chrome, the broker answers, json rings. But " in verdict
        assert "start the agent" in verdict
        assert len(there.heard) == 1
        other, target = theatre.notebook("asks-at-night", title="asks.ipynb")
        theatre.stage.do(other.dialog("captcha"))
        code, said = theatre.doctor(tmp_path, *options)
        theatre.chromium.close(target)
    assert code == 1, said
    assert said.splitlines()[-1] == "Not safe tonight: asks needs you."


def test_the_page_of_an_agent_at_work_is_well(tmp_path: Path) -> None:
    mine = configured(tmp_path)
    agent = Command(tmp_path, "--config", mine, "--port", str(free_port()))
    agent.until("the phone page is served")
    said = run(tmp_path, "doctor", "--config", mine, "--port", str(free_port())).stdout
    agent.stop(signal.SIGTERM)
    assert any(
        line.startswith("phone page: ") and line.endswith(" is served by an agent at work")
        for line in marked(said, "✓")
    ), said


def test_a_plain_doctor_wakes_nobody_and_with_ring_it_does(
    theatre: Theatre, tmp_path: Path
) -> None:
    with WebReceiver() as there:
        ring = f'alerts: {{apprise: ["{there.json}"]}}\n'
        options = ("--no-mqtt", "--config", configured(tmp_path, ring))
        _, said = theatre.doctor(tmp_path, *options)
        assert "✓ push json: its address can be read" in said
        assert there.heard == []
        _, said = theatre.doctor(tmp_path, "--ring", *options)
        assert "✓ push json: it rang" in said
        assert len(there.heard) == 1
    code, said = theatre.doctor(tmp_path, "--ring", *options)
    assert code == 3, said
    assert marked(said, "✗")[0].startswith("push json: ")


def test_a_chrome_without_notebooks_is_no_night_to_watch(theatre: Theatre, tmp_path: Path) -> None:
    code, said = theatre.doctor(tmp_path, "--tonight", "--no-mqtt")
    assert code == 1
    assert said.splitlines()[-1] == "Not safe tonight: no notebook is open."


@pytest.mark.usefixtures("notebook")
def test_for_a_program_the_findings_are_json(theatre: Theatre, tmp_path: Path) -> None:
    code, said = theatre.doctor(tmp_path, "--json", "--tonight", "--no-mqtt")
    told = json.loads(said)
    assert code == 0, said
    assert told["tonight"].startswith("Tonight is safe: ")
    assert [each["what"] for each in told["findings"] if "idle" in each["what"]]
    assert {"ok", "what", "remedy"} <= told["findings"][0].keys()


@pytest.mark.usefixtures("notebook")
def test_it_ends_the_broker_that_it_started(theatre: Theatre, tmp_path: Path) -> None:
    _, said = theatre.doctor(tmp_path, "--config", configured(tmp_path))
    assert "a message on colab/" in said
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("more", [(), ("--capture",)], ids=["read", "captured"])
def test_it_leaves_a_tab_as_it_was(theatre: Theatre, tmp_path: Path, more: tuple[str, ...]) -> None:
    _, target = theatre.notebook(f"as-it-was{''.join(more)}")
    with Person(theatre.chromium) as person:
        session = person.attach(target)
        before = person.evaluate(session, GLOBALS)
        person.evaluate(session, WATCH)
        theatre.wiretap.methods.clear()
        code, said = theatre.doctor(tmp_path, "--no-mqtt", *more)
        assert code == 0, said
        assert person.evaluate(session, "window.changes") == 0
        assert set(person.evaluate(session, GLOBALS).split(",")) - set(before.split(",")) == {
            "changes"
        }
        person.call("Target.detachFromTarget", sessionId=session)
        assert not person.targets()[target]["attached"]
    assert theatre.wiretap.methods["Runtime.callFunctionOn"] > 0
    assert set(theatre.wiretap.methods) <= HARMLESS, theatre.wiretap.methods
    theatre.chromium.close(target)


@pytest.mark.usefixtures("notebook")
def test_it_reads_every_notebook_and_says_what_each_needs(theatre: Theatre, tmp_path: Path) -> None:
    other, target = theatre.notebook("asks", title="asks.ipynb")
    theatre.stage.do(other.dialog("captcha"))
    code, said = theatre.doctor(tmp_path, "--no-mqtt")
    theatre.chromium.close(target)
    assert code == 0, said
    assert "✓ night: idle" in said
    assert re.search(r"✓ asks: needs_you: .*captcha", said), said


def test_a_page_that_its_profile_does_not_fit_says_what_is_missing(
    theatre: Theatre, notebook: Notebook, tmp_path: Path
) -> None:
    theatre.stage.do(notebook.remove_control())
    code, said = theatre.doctor(tmp_path, "--no-mqtt")
    assert code == 1
    [line] = marked(said, "✗")
    assert line.startswith("night: unreadable: The site profile does not fit this page: nothing of")
    assert "→ reload the tab" in said


@pytest.mark.usefixtures("notebook")
def test_a_tab_that_sleeps_is_told_and_the_others_are_read(
    theatre: Theatre, tmp_path: Path
) -> None:
    asleep, target = theatre.notebook("asleep", title="asleep.ipynb")
    with Person(theatre.chromium) as person:
        session = person.attach(target)
        person.call("Page.enable", session)  # a browser without a window shows no alert otherwise
        theatre.stage.do(asleep.alert())
        person.event("Page.javascriptDialogOpening", session)
        code, said = theatre.doctor(tmp_path, "--no-mqtt")
        person.call("Page.handleJavaScriptDialog", session, accept=True)
    theatre.chromium.close(target)
    assert code == 1, said
    [line] = marked(said, "✗")
    assert line.startswith("asleep: ")
    assert "→ look at the tab in Chrome: it sleeps, hangs or shows an alert" in said
    assert "✓ night: idle" in said


def test_a_chrome_without_notebooks_is_said_and_no_failure(
    theatre: Theatre, tmp_path: Path
) -> None:
    code, said = theatre.doctor(tmp_path, "--no-mqtt")
    assert code == 0, said
    assert "- open notebooks: none of colab in this Chrome" in said


def test_without_chrome_the_remedy_is_that_of_this_system(tmp_path: Path) -> None:
    port = free_port()
    ended = run(tmp_path, "doctor", "--port", str(port), "--no-mqtt")
    assert ended.returncode == 3
    assert f"✗ Chrome: nothing listens on {HOST}:{port}" in ended.stdout
    [said] = [line for line in ended.stdout.splitlines() if "Chrome: nothing" in line]
    [remedy] = [line for line in ended.stdout.splitlines() if line.startswith("  → ")]
    if "no Chrome was found running" in said:  # else one of this computer's is named
        assert remedy == f"  → {start_remedy(port, sys.platform)}"
    assert "- open notebooks: not looked at, without Chrome" in ended.stdout


def test_each_of_several_browsers_is_looked_at_by_its_name(tmp_path: Path) -> None:
    one, other = free_port(), free_port()
    ended = run(tmp_path, "doctor", "--port", str(one), "--port", str(other), "--no-mqtt")
    assert ended.returncode == 3
    for port in (one, other):
        assert f"✗ Chrome '{port}': nothing listens on {HOST}:{port}" in ended.stdout
    twice = run(tmp_path, "doctor", "--port", str(one), "--port", str(one), "--no-mqtt")
    assert twice.returncode == 2
    assert f"--port: chrome[1].port: the port {one} is that of chrome[0] too" in twice.stdout


@pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")
def test_a_broker_that_refuses_the_password_is_told_without_it(
    theatre: Theatre, tmp_path: Path
) -> None:
    (tmp_path / "passwords").write_text("", encoding="ascii")
    guarded = ("allow_anonymous false", f"password_file {tmp_path / 'passwords'}")
    with Mosquitto(tmp_path, guarded) as broker:
        login = {
            "COLAB_CDP_AGENT_MQTT_USERNAME": "me",
            "COLAB_CDP_AGENT_MQTT_PASSWORD": "not-the-one",
        }
        url = f"mqtt://{HOST}:{broker.guarded_port}"
        here = ("--config", configured(tmp_path))
        options = ("--port", str(theatre.wiretap.port), "--mqtt", url, *here)
        ended = run(tmp_path, "doctor", *options, env=login)
    assert ended.returncode == 3
    [line] = marked(ended.stdout, "✗")
    assert "refuses the user or password" in line
    assert "COLAB_CDP_AGENT_MQTT_PASSWORD" in ended.stdout
    assert "not-the-one" not in ended.stdout + ended.stderr


def test_an_absent_broker_is_told_with_its_remedy(theatre: Theatre, tmp_path: Path) -> None:
    here = ("--config", configured(tmp_path))
    code, said = theatre.doctor(tmp_path, "--mqtt", f"mqtt://{HOST}:{free_port()}", *here)
    assert code == 3
    assert len(marked(said, "✗")) == 1
    assert "→ check mqtt.url" in said


def test_a_broken_configuration_is_told_and_nothing_else_looked_at(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("duties: {clear: {every: 5}}\n", encoding="utf-8")
    ended = run(tmp_path, "doctor", "--config", "mine.yaml")
    assert ended.returncode == 2
    assert "✗ configuration: mine.yaml:1: duties.clear.every: expected a duration" in ended.stdout
    assert "- everything else: not looked at, without a configuration" in ended.stdout


@pytest.mark.usefixtures("notebook")
def test_a_broken_profile_is_told_and_the_others_are_tried(
    theatre: Theatre, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("site: mine\nnotebooks: here\n", encoding="utf-8")
    sites = ("--site", "mine.yaml", "--site", "colab")
    code, said = theatre.doctor(tmp_path, "--no-mqtt", *sites)
    assert code == 2
    assert marked(said, "✗")[0].startswith("site profile: mine.yaml:2: notebooks: ")
    assert "✓ night: idle" in said


def test_a_state_folder_that_cannot_be_written_is_told(theatre: Theatre, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, where the folder should be", encoding="utf-8")
    code, said = theatre.doctor(tmp_path, "--no-mqtt")
    assert code == 1
    assert marked(said, "✗")[0].startswith(f"state folder {tmp_path / 'state'}: ")
    assert "COLAB_CDP_AGENT_STATE_DIR" in said


def test_an_archive_that_cannot_be_written_is_told(theatre: Theatre, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file, where a folder should be", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text("archive: {dir: here}\n", encoding="utf-8")
    code, said = theatre.doctor(tmp_path, "--no-mqtt", "--config", "mine.yaml")
    assert code == 1
    [line] = marked(said, "✗")
    assert line.startswith("archive here: ")
    assert "→ make it writable, or name another in archive.dir" in said


def test_a_push_address_that_cannot_be_read_is_told_without_it(
    theatre: Theatre, tmp_path: Path
) -> None:
    urls = '["nonsense://s3cret", "ntfy://s3cret"]'
    (tmp_path / "mine.yaml").write_text(f"alerts: {{apprise: {urls}}}\n", encoding="utf-8")
    code, said = theatre.doctor(tmp_path, "--no-mqtt", "--config", "mine.yaml")
    assert code == 2
    assert "✗ push nonsense: Apprise cannot read this address" in said
    assert "✓ push ntfy: its address can be read" in said
    assert "s3cret" not in said


def test_the_broker_of_an_agent_at_work_is_tried_and_goes_on(tmp_path: Path) -> None:
    agent = Command(tmp_path, "--port", str(free_port()))
    agent.until("publishing")
    brokers = [each for each in processes_of(tmp_path) if "nats-server" in each]
    ended = run(tmp_path, "doctor", "--port", str(free_port()))
    assert "✓ broker of its own runs on mqtt://" in ended.stdout
    assert [each for each in processes_of(tmp_path) if "nats-server" in each] == brokers != []
    agent.stop(signal.SIGTERM)
    assert processes_of(tmp_path) == []


def test_ctrl_c_ends_it_and_its_broker(tmp_path: Path) -> None:
    with stranger(None) as silent:
        doctor = Command(tmp_path, "doctor", "--port", str(silent.port))
        doctor.until("site profile")
        doctor.stop(signal.SIGINT)
        doctor = Command(tmp_path, "doctor", "--port", str(free_port()))
        eventually(
            lambda: (
                doctor.process.poll() is not None
                or any("nats-server" in each for each in processes_of(tmp_path))
            ),
            every=0,
        )
        doctor.process.send_signal(signal.SIGINT)
        assert doctor.end() in {0, 3}, "stopped, or already at its end"
    assert processes_of(tmp_path) == []
