"""What stands in the agent's way from outside: each is a sentence, and none ends the watch."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import SIGTERM

import psutil
import pytest

from chromium import Chromium, free_port
from command import Command, run
from leftovers import processes_of
from mosquitto import HOST, Mosquitto, find_mosquitto
from night import NAME, Night
from person import eventually
from scene import Scene, needs_chromium_and_mosquitto, set_scene
from stranger import Stranger, http, stranger

IN_CHROMES_PLACE = {
    "a web server": (http("200 OK", b"<h1>It works!</h1>"), "is an HTTP server (status 200), but"),
    "a Chrome that asks": (http("404 Not Found", b""), "answers 404 for /json/version"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.9\r\n", "does not speak HTTP: another program holds"),
    "one who says nothing": (None, "accepts connections but does not answer"),
}
IN_THE_BROKERS_PLACE = (http("400 Bad Request", b""), b"", None)
"""A web server, one who hangs up, and one who says nothing."""
TRIES = 3

needs_mosquitto = pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")


def tried(there: Stranger) -> bool:
    """Say whether the agent has failed more than once: what it repeats, it has said by then."""
    return len(there.peers) >= TRIES


@needs_chromium_and_mosquitto
@pytest.mark.parametrize(
    ("answer", "reason"), IN_CHROMES_PLACE.values(), ids=IN_CHROMES_PLACE.keys()
)
def test_what_stands_in_chromes_place_is_said_once_and_chrome_is_taken_when_it_comes(
    answer: bytes | None, reason: str
) -> None:
    with ExitStack() as place:
        there = place.enter_context(stranger(answer))
        with Night(there.port) as night:
            night.until(lambda: tried(there))
            [line] = night.logged("waiting for Chrome")
            assert reason in line["reason"]
            assert line["remedy"]
            told = night.info()["chrome"]
            assert (told["state"], told["reason"]) == ("waiting", line["reason"])
            place.close()
            with Chromium(port=there.port):
                night.until(lambda: night.info()["chrome"]["state"] == "connected")


def test_a_profile_folder_without_a_running_chrome_is_said_with_its_remedy(tmp_path: Path) -> None:
    agent = Command(tmp_path, "--profile-dir", "nowhere", "--no-mqtt")
    line = agent.until("waiting for Chrome")
    assert "nowhere: there is no such folder" in line
    assert "chrome://version" in line
    agent.stop(SIGTERM)


@needs_mosquitto
def test_an_absent_broker_is_waited_for_and_used_when_it_comes(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    url = f"mqtt://{HOST}:{broker.port}"
    agent = Command(tmp_path, "--port", str(free_port()), "--mqtt", url)
    assert f"{HOST}:{broker.port}" in agent.until("the broker cannot be reached")
    with broker:
        agent.until("publishing")
        agent.until(f"MQTT: {HOST}:{broker.port}")
        agent.stop(SIGTERM)
    assert agent.said.count("the broker cannot be reached") == 1


def test_what_stands_in_the_brokers_place_is_said_and_the_agent_ends_as_asked(
    tmp_path: Path,
) -> None:
    with ExitStack() as places:
        agents = []
        for number, answer in enumerate(IN_THE_BROKERS_PLACE):
            url = f"mqtt://{HOST}:{places.enter_context(stranger(answer)).port}"
            home = tmp_path / str(number)
            home.mkdir()
            agents.append(Command(home, "--port", str(free_port()), "--mqtt", url))
        for agent in agents:
            agent.until("the broker cannot be reached")
            agent.until("MQTT: waiting (")
            agent.stop(SIGTERM)


def test_its_own_broker_is_started_again_when_it_was_killed(tmp_path: Path) -> None:
    agent = Command(tmp_path, "--port", str(free_port()))
    agent.until("publishing")
    [told] = [each for each in processes_of(tmp_path) if "nats-server" in each.split()[1]]
    psutil.Process(int(told.split()[0])).kill()
    agent.until("the broker cannot be reached")
    agent.until("publishing")
    agent.stop(SIGTERM)
    assert processes_of(tmp_path) == []


@needs_mosquitto
def test_a_broker_that_refuses_the_login_ends_it_with_3_and_without_the_password(
    tmp_path: Path,
) -> None:
    with Mosquitto(tmp_path, ("allow_anonymous false",)) as broker:
        url = f"mqtt://me@{HOST}:{broker.guarded_port}"
        password = {"COLAB_CDP_AGENT_MQTT_PASSWORD": "not-the-one"}
        ended = run(tmp_path, "--port", str(free_port()), "--mqtt", url, env=password)
    assert ended.returncode == 3
    assert f"colab-cdp-agent: {HOST}:{broker.guarded_port} refuses the user" in ended.stderr
    assert "not-the-one" not in ended.stdout + ended.stderr


@needs_mosquitto
def test_the_second_agent_of_a_name_ends_with_2_and_the_first_goes_on(tmp_path: Path) -> None:
    with Night(free_port()) as night:
        url = f"mqtt://{HOST}:{night.broker.port}"
        options = ("--port", str(free_port()), "--mqtt", url, "--name", NAME)
        ended = run(tmp_path, *options)
        assert ended.returncode == 2
        assert NAME in ended.stderr.splitlines()[-1]
        assert night.value("status") == "online"
        assert night.agent.poll() is None


def test_an_archive_that_cannot_be_written_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("a file, where a folder should be", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text("archive: {dir: full}\n", encoding="utf-8")
    options = ("--config", "mine.yaml", "--no-mqtt")
    agent = Command(tmp_path, "--port", str(free_port()), *options)
    assert "full" in agent.until("the archive cannot be written")
    agent.until("waiting for Chrome")
    agent.stop(SIGTERM)


def test_a_key_out_of_the_environment_is_never_said(tmp_path: Path) -> None:
    key = {"COLAB_CDP_AGENT_COMMANDS_KEY": "0123456789abcdef"}
    agent = Command(tmp_path, "--port", str(free_port()), "--no-mqtt", env=key)
    agent.until("waiting for Chrome")
    agent.stop(SIGTERM)
    assert "0123456789abcdef" not in agent.said


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with set_scene(tmp_path_factory.mktemp("scene")) as scene:
        yield scene


@needs_chromium_and_mosquitto
def test_a_broker_that_dies_is_told_everything_again_also_what_happened_meanwhile(
    scene: Scene,
) -> None:
    target = scene.open("meanwhile")
    session = scene.person.attach(target)
    night = scene.night
    before = set(night.heard.values)
    night.broker.kill()
    night.until(lambda: night.logged("the broker cannot be reached"))
    scene.run_cell(session)
    night.heard.values.clear()
    night.broker.start()
    scene.until("meanwhile", "running")
    night.until(lambda: before <= set(night.heard.values))
    assert night.value("status") == "online"


@needs_chromium_and_mosquitto
def test_a_broker_that_freezes_holds_up_nobody_and_is_told_the_latest(scene: Scene) -> None:
    target = scene.open("frozen")
    session = scene.person.attach(target)
    scene.night.broker.freeze()
    calls = scene.wiretap.methods["Runtime.callFunctionOn"]
    scene.run_cell(session)
    eventually(lambda: scene.wiretap.methods["Runtime.callFunctionOn"] > calls)
    scene.night.broker.thaw()
    scene.until("frozen", "running")


@needs_chromium_and_mosquitto
def test_the_agent_ends_as_asked_while_the_broker_is_frozen(scene: Scene) -> None:
    scene.night.broker.freeze()
    scene.night.stop()
    scene.night.broker.thaw()
    assert scene.night.agent.returncode == 0
