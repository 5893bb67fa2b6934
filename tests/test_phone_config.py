"""The file for a phone's app and the topics that are printed, of what a broker really retains."""

import json
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import samples
from colab_cdp_agent.phone_config import FIELDS
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_protocols import mqtt, verbs
from colab_cdp_protocols.iot_mqtt_panel import SHOWN_NOWHERE
from command import run
from contract import Contract
from mosquitto import HOST, Mosquitto, find_mosquitto, free_ports
from subscriber import Subscriber

pytestmark = pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")

SESSION = {"root": "colab", "agent": "host", "id": "0123456789"}
SECRET = "correct horse"
TITLES = {"0123456789": "train.ipynb", "0123456789-2": "\x1b[31m훈련"}
CONTRACT = Contract()
LOGIN = {
    "COLAB_CDP_AGENT_MQTT_USERNAME": "phone",
    "COLAB_CDP_AGENT_MQTT_PASSWORD": SECRET,
}
KNOWN_KEYS = {
    "led": {"iconOn", "iconColorOn", "iconOff", "iconColorOff", "payloadOn", "payloadOff"},
    "log": {"logLength", "showLatestMsgOnly", "hideTopic", "showReceivedTimeStamp", "unit"},
    "gauge": {
        "payloadMin", "payloadMax", "unit", "firstColor", "firstColorEnd", "secondColor",
        "secondColorEnd", "thirdColor",
    },
    "button": {"noPayload", "buttonSize", "fitToPanelWidth", "retain"},
    "layout-decorator": {"titleAlignment", "fontSize"},
}  # fmt: skip
"""Which keys the panels of files have that were exported from the app."""
COMMON_KEYS = {"panelName", "panelId", "type", "mqttType", "panelWidth", "topic", "qos"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker that holds two agents, one of them with two notebooks, and what strangers left."""
    entries = tuple(mqtt.SessionEntry(each, title, "running") for each, title in TITLES.items())
    retained = {
        mqtt.STATUS.at(root="colab", agent="host"): mqtt.ONLINE,
        mqtt.SESSIONS.at(root="colab", agent="host"): mqtt.encode(entries),
        mqtt.STATUS.at(root="colab", agent="attic"): mqtt.OFFLINE,
        mqtt.STATUS.at(root="other", agent="cellar"): mqtt.ONLINE,
        "colab/Not Ours/status": b"online",
        "colab/broken/sessions": b"[{",
        "colab/wild/sessions": b'[{"id":"a/b","title":"","phase":"idle"}]',
    }
    with (
        Mosquitto(tmp_path_factory.mktemp("broker")) as running,
        closing(Subscriber(running.port, "#")) as stranger,
    ):
        for topic, payload in retained.items():
            stranger.publish(topic, payload, retain=True)
        assert stranger.until(lambda: stranger.values == retained, 20, lambda: None)
        yield running


def panels(written: Any) -> list[dict[str, Any]]:
    return [
        panel
        for dashboard in written["connections"][0]["dashboards"]
        for panel in dashboard["panels"]
    ]


def made(folder: Path, broker: Mosquitto, *arguments: str, **options: Any) -> tuple[Any, str]:
    """Make the file, and return its content and what was printed."""
    url = f"mqtt://{HOST}:{broker.port}"
    ended = run(folder, "phone-config", "--mqtt", url, "--out", "phone.json", *arguments, **options)
    assert ended.returncode == 0, ended.stderr
    return json.loads((folder / "phone.json").read_text("utf-8")), ended.stdout


def test_every_agent_is_a_dashboard_and_every_notebook_stands_in_it(
    broker: Mosquitto, tmp_path: Path
) -> None:
    written, told = made(tmp_path, broker)
    (connection,) = written["connections"]
    dashboards = connection["dashboards"]
    assert [each["dashboardName"] for each in dashboards] == ["attic", "host", "wild"]
    headings = [each["panelName"] for each in panels(written) if each["type"] == "layout-decorator"]
    assert sorted(headings) == sorted(TITLES.values())
    assert (connection["port"], connection["connectionType"]) == (broker.port, "tcp")
    assert "Agents: 3, notebooks: 2." in told
    assert "\x1b" not in told


def test_a_panel_has_only_keys_that_the_app_is_known_to_write(
    broker: Mosquitto, tmp_path: Path
) -> None:
    written, _told = made(tmp_path, broker)
    for panel in panels(written):
        assert set(panel) <= COMMON_KEYS | KNOWN_KEYS[panel["type"]]
        assert panel["panelWidth"] in {"50", "100"}
    for dashboard in written["connections"][0]["dashboards"]:
        ids = [panel["panelId"] for panel in dashboard["panels"]]
        assert len(set(ids)) == len(ids)


def test_tiles_show_what_is_published_and_buttons_send_what_may_be_asked(
    broker: Mosquitto, tmp_path: Path
) -> None:
    written, told = made(tmp_path, broker)
    bare = {name for name, verb in verbs.OF_SESSION.items() if verb.bare}
    assert f"  button  {mqtt.SESSION_REQUEST.at(**SESSION, verb='screenshot')}" in told
    asked = set()
    for panel in panels(written):
        if "topic" not in panel:
            continue
        channel = CONTRACT.channel(panel["topic"])
        if panel["mqttType"] == "pub":
            assert (panel["noPayload"], panel["retain"]) == (True, False)
            CONTRACT.check(panel["topic"], b"")
            asked.add(panel["topic"].rpartition("/")[2])
        else:
            assert CONTRACT.retained(channel)
        assert panel["topic"] in told
    assert asked == bare - {SHOWN_NOWHERE}
    for line in told.splitlines():
        if line.startswith("  "):
            CONTRACT.channel(line.split()[1])


def test_every_plain_field_is_printed() -> None:
    assert set(FIELDS) == {name for name, _text in mqtt.fields(samples.state(), last_line=True)}


def test_verbs_that_are_not_allowed_or_must_be_signed_have_no_button(
    broker: Mosquitto, tmp_path: Path
) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(f"commands: {{allow: [clear, screenshot], key: {'k' * 16}}}\n", "utf-8")
    written, told = made(tmp_path, broker, "--config", str(config))
    asked = {each["topic"].rpartition("/")[2] for each in panels(written) if "noPayload" in each}
    assert asked == set()
    assert "/request/clear" not in told
    assert "/request/screenshot" in told


def test_no_password_is_written_unless_it_is_asked_for(broker: Mosquitto, tmp_path: Path) -> None:
    written, told = made(tmp_path, broker, env=LOGIN)
    assert written["connections"][0]["username"] == "phone"
    assert SECRET not in (tmp_path / "phone.json").read_text("utf-8") + told
    assert "--with-password" in told
    written, told = made(tmp_path, broker, "--with-password", env=LOGIN)
    assert written["connections"][0]["password"] == SECRET
    assert SECRET not in told
    assert "It holds the broker's password" in told
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "phone.json").stat().st_mode) == 0o600


def test_two_phones_have_two_client_ids(broker: Mosquitto, tmp_path: Path) -> None:
    ids = {made(tmp_path, broker)[0]["connections"][0]["clientId"] for _ in range(2)}
    assert len(ids) == 2


def test_a_broker_on_this_computer_is_named_by_its_address_in_the_network(
    broker: Mosquitto, tmp_path: Path
) -> None:
    url = f"mqtt://{HOST}:{broker.port}"
    ended = run(tmp_path, "phone-config", "--mqtt", url)
    assert "loopback" in ended.stderr
    assert (tmp_path / "iot-mqtt-panel.json").exists()


def test_without_its_broker_the_notebooks_are_those_that_were_published_from_here(
    tmp_path: Path,
) -> None:
    (port,) = free_ports(1)
    url = f"mqtt://{HOST}:{port}"
    ended = run(tmp_path, "phone-config", "--mqtt", url)
    assert ended.returncode == 3
    assert ended.stdout == ""
    topics = TopicFile(tmp_path / "state" / "topics-host.json")
    topics.write(
        [
            mqtt.INFO.at(root="colab", agent="host"),
            mqtt.STATE.at(root="colab", agent="host", id="0123456789"),
            mqtt.STATE.at(root="other", agent="host", id="1123456789"),
        ]
    )
    ended = run(tmp_path, "phone-config", "--mqtt", url)
    assert ended.returncode == 0
    assert "colab/host/session/0123456789/phase" in ended.stdout
    assert "1123456789" not in ended.stdout
    assert "last known here" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--mqtt", "none"], 2, "name one with --mqtt"),
        (["--mqtt", "mqtt://10.0.0.9"], 2, "--insecure-plaintext"),
        (["--mqtt", "mqtts://b", "--config", "mine.yaml"], 2, "expected certificates as PEM"),
        (["--mqtt", "URL", "--out", "no/such/folder.json"], 1, "cannot be written"),
        (["--mqtt", "WS"], 3, HOST),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    broker: Mosquitto, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "mine.yaml").write_text("mqtt: {ca_file: none.pem}\n", encoding="utf-8")
    urls = {"URL": f"mqtt://{HOST}:{broker.port}", "WS": f"ws://{HOST}:{free_ports(1)[0]}"}
    ended = run(tmp_path, "phone-config", *(urls.get(each, each) for each in arguments))
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in ended.stderr
    assert not list(tmp_path.glob("*.json"))
