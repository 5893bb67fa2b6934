"""Commands over MQTT: each verb carried out in a real page, verified, and answered once."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asker import Asker
from chromium import Chromium
from colab_cdp_protocols import mqtt, signing
from colab_sim import Notebook
from night import Night
from person import Person
from scene import needs_chromium_and_mosquitto
from stage import Stage
from witnessed import alerts, until_phase

pytestmark = needs_chromium_and_mosquitto

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


@pytest.fixture(scope="module")
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


def test_the_last_lines_are_sent_out_of_memory_or_out_of_the_archive(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "logged", kernel=True)
    stage.do(notebook.source("for number in range(400): print(f'line {number}')"))
    stage.do(notebook.run())
    night.until(lambda: night.session(notebook.url)["output"]["lines"] == 400)
    for count in (1, 150, 400):
        data = asker.ask("log", notebook.url, lines=count)["data"]
        assert data == {"lines": [f"line {number}" for number in range(400 - count, 400)]}


def test_the_history_tells_what_was_asked_and_what_came_of_it(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "history")
    before = datetime.now(UTC)
    asked = asker.send("reconnect", notebook.url)
    asker.answer(asked)
    asker.ask("clear", notebook.url)
    asker.publish("run_all", b"{", notebook.url)
    data = asker.ask("history", notebook.url, since=before.isoformat())["data"]
    commands = [event for event in data["events"] if event["kind"] == "command"]
    assert [(each["severity"], each["text"].split(",")[0]) for each in commands] == [
        ("info", "reconnect: ok"),
        ("warning", "clear: error"),
        ("warning", "run_all: refused"),
    ]
    assert commands[0]["evidence"] == f"transaction {asked}"
    told = [each for each in night.events(notebook.url) if each["kind"] == "command"]
    assert [each["id"] for each in told][:3] == [each["id"] for each in commands]
    later = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert asker.ask("history", notebook.url, since=later)["data"]["events"] == []


SCRIPTS = {
    "title": "() => document.title",
    "later": "async () => ({ seen: await Promise.resolve([1, null, '훈련']) })",
    "nothing": "function nothing() {}",
    "throws": "() => { throw new Error('on purpose'); }",
    "endless": "() => { for (;;); }",
    "never": "() => new Promise(() => {})",
    "long": "() => 'x'.repeat(1e6)",
    "broken": "() => {",
}


def test_a_script_of_the_persons_own_is_run_in_the_page(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "scripted")
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "colab-cdp-agent" / "scripts"
    folder.mkdir(parents=True)
    for name, source in SCRIPTS.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")

    def run(name: str) -> dict[str, Any]:
        return asker.ask("script", notebook.url, name=name)

    assert run("title")["data"] == {"result": "scripted.ipynb - Colab"}
    assert run("later")["data"] == {"result": {"seen": [1, None, "훈련"]}}
    assert run("nothing")["data"] == {"result": None}
    assert "on purpose" in run("throws")["error"]
    assert "it held up the page" in run("endless")["error"]
    assert "no answer" in run("never")["error"]
    assert "more than 4096" in run("long")["error"]
    assert "SyntaxError" in run("broken")["error"]
    assert "No such file" in run("missing")["error"]
    assert run("../../passwd")["status"] == "refused"
    assert asker.ask("reconnect", notebook.url)["status"] == "ok"


def test_the_agent_tells_its_sessions_how_it_stands_and_everything_anew(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "told")
    assert {each["id"] for each in asker.ask("sessions")["data"]} == set(night.sessions())
    findings = asker.ask("doctor")["data"]
    assert any(each["what"].startswith("Chrome: ") and each["ok"] for each in findings)
    assert any("told.ipynb" in each["what"] or "told: " in each["what"] for each in findings)
    topic = f"colab/night/session/{night.id_of(notebook.url)}/title"
    before = sum(at == topic for at, _ in night.heard.messages)
    assert asker.ask("refresh")["status"] == "ok"
    night.until(lambda: sum(at == topic for at, _ in night.heard.messages) > before)


def test_the_agent_lets_every_session_rest_also_one_that_comes_later(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    first = opened(stage, chromium, night, "all paused")
    assert asker.ask("pause")["status"] == "ok"
    try:
        night.until(lambda: phase(night, first) == "paused")
        later = stage.notebook("paused later")
        chromium.open(later.url)
        night.until(lambda: phase(night, later) == "paused")
    finally:
        assert asker.ask("resume")["status"] == "ok"
    for notebook in (first, later):
        night.until(lambda notebook=notebook: phase(night, notebook) == "idle")


BAD = [b"{", b"[]", b"null", b"\xff\xfe", b'{"args": {"on": "yes"}}', b"x" * 1_000_000]


def test_bad_input_is_refused_and_does_no_harm(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "bad input")
    for payload in BAD:
        for verb in ("keep_alive", "interrupt", "no_such_verb"):
            assert asker.publish(verb, payload, notebook.url)["status"] == "refused"
        assert asker.publish("no_such_verb", payload)["status"] == "refused"
    stranger = "colab/night/session/ffffffffff"
    night.heard.publish(f"{stranger}/request/pause", b"")
    answers = night.until(
        lambda: [body for at, body in night.heard.messages if at == f"{stranger}/response/pause"]
    )
    assert json.loads(answers[0])["error"] == "there is no such session"
    for odd in ("A B", "x" * 33, "", "$x"):
        night.heard.publish(f"colab/night/session/{odd}/request/{odd}", b"")
    assert asker.ask("sessions")["status"] == "ok"
    assert not stage.do(notebook.touched())


def test_a_replayed_request_is_refused(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "replayed")
    transaction = asker.send("pause", notebook.url)
    assert asker.answer(transaction)["status"] == "ok"
    assert asker.ask("resume", notebook.url)["status"] == "ok"
    (payload,) = [
        body for at, body in night.heard.messages
        if "/request/" in at and transaction.encode() in body
    ]  # fmt: skip
    answer = asker.publish("pause", payload, notebook.url)
    assert (answer["status"], answer["transaction"]) == ("refused", transaction)
    assert "asked before" in answer["error"]


def test_one_thing_at_a_time_is_done_in_a_page(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "busy")
    notebook.when_connect = "stuck"
    stage.do(notebook.connection("reconnect"))
    night.until(lambda: phase(night, notebook) == "ended")
    first = asker.send("reconnect", notebook.url)
    night.until(lambda: phase(night, notebook) in {"reconnecting", "connecting"})
    second = asker.ask("clear", notebook.url)
    assert (second["status"], second["error"]) == (
        "refused",
        "busy: reconnect is being carried out",
    )
    assert asker.ask("pause", notebook.url)["status"] == "ok"
    assert asker.ask("sessions")["status"] == "ok"
    stage.do(notebook.connection("connected"))
    assert asker.answer(first)["data"] == {"result": "reconnected"}


def test_a_tab_that_is_closed_meanwhile_ends_what_is_done_in_it(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = stage.notebook("closed meanwhile")
    target = chromium.open(notebook.url)
    stage.do(notebook.opened())
    night.until(lambda: phase(night, notebook) == "idle")
    notebook.when_connect = "stuck"
    stage.do(notebook.connection("reconnect"))
    night.until(lambda: phase(night, notebook) == "ended")
    asked = asker.send("reconnect", notebook.url)
    night.until(lambda: phase(night, notebook) in {"reconnecting", "connecting"})
    chromium.close(target)
    answer = asker.answer(asked)
    assert (answer["status"], answer["data"]) == ("error", None)
    assert "lost meanwhile" in answer["error"]
    night.until(lambda: phase(night, notebook) == "gone")
    answer = asker.ask("clear", notebook.url)
    assert (answer["status"], answer["error"]) == ("error", "the notebook is open in no tab")
    assert asker.ask("log", notebook.url, lines=5)["status"] == "ok"


def test_a_sleeping_tab_is_told_of_and_not_woken(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = stage.notebook("asleep")
    target = chromium.open(notebook.url)
    stage.do(notebook.opened())
    night.until(lambda: phase(night, notebook) == "idle")
    with Person(chromium) as person:
        session = person.attach(target)
        person.send("Runtime.evaluate", session, expression="alert('good night')")
        night.until(lambda: phase(night, notebook) == "sleeping", limit=60)
        for verb in ("reconnect", "screenshot", "run_all"):
            answer = asker.ask(verb, notebook.url)
            assert (answer["status"], "sleeps" in answer["error"]) == ("error", True)
        chromium.close(target)


def test_without_chrome_every_request_is_answered_with_the_reason(stage: Stage) -> None:
    with Chromium(stage.sim.chromium_flags) as chromium:
        notebook = stage.notebook("no chrome")
        chromium.open(notebook.url)
        stage.do(notebook.opened())
        with Night(chromium.port, config=CONFIG) as night:
            asker = Asker(night)
            night.until(lambda: phase(night, notebook) == "idle")
            notebook.when_connect = "stuck"
            stage.do(notebook.connection("reconnect"))
            night.until(lambda: phase(night, notebook) == "ended")
            asked = asker.send("reconnect", notebook.url)
            night.until(lambda: phase(night, notebook) in {"reconnecting", "connecting"})
            chromium.kill()
            assert asker.answer(asked)["status"] == "error"
            night.until(lambda: phase(night, notebook) == "gone")
            for verb in ("reconnect", "clear", "screenshot", "interrupt", "run_all"):
                answer = asker.ask(verb, notebook.url)
                assert answer["status"] == "error"
                assert answer["error"] == "Chrome does not run, or cannot be reached."
            assert asker.ask("pause", notebook.url)["status"] == "ok"
            assert any("Chrome: waiting" in each["what"] for each in asker.ask("doctor")["data"])


def test_whoever_asked_is_answered_after_the_broker_came_back_and_when_the_agent_ends(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = stage.notebook("broker away")
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    with Night(chromium.port, config=CONFIG) as night:
        asker = Asker(night)
        night.until(lambda: phase(night, notebook) == "idle")
        notebook.when_connect = "stuck"
        stage.do(notebook.connection("reconnect"))
        night.until(lambda: phase(night, notebook) == "ended")
        asked = asker.send("reconnect", notebook.url)
        night.until(lambda: phase(night, notebook) in {"reconnecting", "connecting"})
        night.broker.kill()
        stage.do(notebook.connection("connected"))
        night.until(lambda: night.logged("the broker cannot be reached"))
        night.broker.start()
        assert asker.answer(asked)["data"] == {"result": "reconnected"}
        stage.do(notebook.connection("reconnect"))
        night.until(lambda: phase(night, notebook) == "ended")
        asked = asker.send("reconnect", notebook.url)
        night.until(lambda: phase(night, notebook) in {"reconnecting", "connecting"})
        night.stop()
        assert asker.answer(asked)["error"] == "the agent was stopped meanwhile"


def test_retained_requests_are_refused_after_each_start(stage: Stage, chromium: Chromium) -> None:
    notebook = stage.notebook("retained")
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    with Night(chromium.port, config=CONFIG) as night:
        asker = Asker(night)
        night.until(lambda: phase(night, notebook) == "idle")
        topics = [asker.topic("pause", notebook.url), asker.topic("pause")]
        night.stop()
        for topic in topics:
            night.heard.publish(topic, b"", retain=True)
            night.heard.publish(topic, b"{}", retain=True)
            night.heard.publish(topic.replace("/pause", "/state"), b"garbage", retain=True)
        night.start()
        for url in (notebook.url, None):
            night.until(lambda url=url: asker.answers("pause", url))
            for answer in asker.answers("pause", url):
                assert (answer["status"], "retained" in answer["error"]) == ("refused", True)
        night.until(lambda: phase(night, notebook) == "idle")


def test_where_there_is_a_key_what_acts_must_be_signed(stage: Stage, chromium: Chromium) -> None:
    key = "a key of some length"
    notebook = stage.notebook("signed")
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    with Night(chromium.port, config={"commands": {"key": key}}) as night:
        asker = Asker(night)
        night.until(lambda: phase(night, notebook) == "idle")
        assert "not signed" in asker.ask("pause", notebook.url)["error"]
        assert asker.ask("log", notebook.url, lines=1)["status"] == "ok"
        asked = mqtt.Request("signed", datetime.now(UTC))
        payload = signing.sign(key, asker.topic("pause", notebook.url), asked)
        assert asker.publish("pause", payload, notebook.url)["status"] == "ok"
        night.until(lambda: phase(night, notebook) == "paused")
        assert key not in night.log()


def test_an_observing_agent_acts_on_no_tab(stage: Stage, chromium: Chromium) -> None:
    notebook = stage.notebook("observed")
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    with Night(chromium.port, config=CONFIG, arguments=["--observe"]) as night:
        asker = Asker(night)
        night.until(lambda: phase(night, notebook) == "idle")
        for verb in ("reconnect", "clear", "interrupt", "run_all"):
            assert "--observe" in asker.ask(verb, notebook.url)["error"]
        assert asker.ask("screenshot", notebook.url)["status"] == "ok"
        assert not stage.do(notebook.touched())


def test_a_kernel_is_run_and_interrupted_by_its_own_word(
    stage: Stage, chromium: Chromium, night: Night, asker: Asker
) -> None:
    notebook = opened(stage, chromium, night, "kernel", kernel=True)
    stage.do(notebook.source("import time\nprint('begun')\nwhile True: time.sleep(0.01)"))
    assert asker.ask("run_all", notebook.url)["data"] == {"result": "the cells run"}
    night.until(lambda: night.session(notebook.url)["output"]["last_line"] == "begun")
    assert night.session(notebook.url)["witnesses"]["wire"] == "busy"
    assert asker.ask("interrupt", notebook.url)["status"] == "ok"
    night.until(lambda: night.session(notebook.url)["witnesses"]["wire"] == "idle")
    assert until_phase(night, notebook.url, "idle")["attention"] is None
    night.until(lambda: "run_interrupted" in [each["kind"] for each in night.events(notebook.url)])
    assert not alerts(night, notebook.url)
    stage.do(notebook.source("print('short')"))
    assert asker.ask("run_all", notebook.url)["data"] == {"result": "the cells run"}
