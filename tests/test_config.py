"""The configuration as a person meets it: files, environment, options, intentions."""

import os
import subprocess
import sys
from datetime import time as clock
from pathlib import Path

import msgspec
import pytest

from colab_cdp_agent import config as configuration
from colab_cdp_agent.config import (
    Config,
    ConfigError,
    Secret,
    find_config,
    from_environment,
    override,
    policy,
    read,
    state_dir,
)
from colab_cdp_agent.settings import reference

ROOT = Path(__file__).parents[1]

# The contract's keys with the contract's defaults.
CONTRACT = """
name: null
chrome: {host: 127.0.0.1, port: 9222, profile_dir: null}
sites: [colab]
mqtt: {url: embedded, root: colab, username: null, password: null, ca_file: null}
duties:
  keep_alive: {on: true, every: 5m, when: running}
  reconnect:  {on: true, tries: 5}
  clear:      {on: true, every: 30m, max_lines: 5000, max_bytes: 2MB}
archive: {dir: null, max_bytes: 2GB, keep: 30d}
publish: {last_line: true, log: false, homeassistant: true}
alerts: {apprise: [], ring: [needs_you, ended, failed, finished], quiet: null}
commands:
  allow: [reconnect, clear, screenshot, pause, resume, keep_alive, clear_every, log, history]
  key: null
progress: {patterns: []}
web: {on: true, port: 8770, lan: false}
awake: true
"""


def given(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "colab-cdp-agent.yaml"
    path.write_text(text, "utf-8")
    return read(path, {})


@pytest.mark.parametrize("text", ["", "# nothing\n", "duties: {}\n", CONTRACT])
def test_what_a_file_leaves_out_is_the_default(tmp_path: Path, text: str) -> None:
    assert given(tmp_path, text) == Config()


def test_no_file_is_the_defaults() -> None:
    assert read(None, {}) == Config()


def test_durations_are_seconds_and_sizes_are_bytes() -> None:
    config = Config()
    assert config.duties.keep_alive.every == 300.0
    assert config.duties.clear.max_bytes == 2_000_000
    assert config.archive.keep == 30 * 86_400.0


def test_secrets_never_show() -> None:
    environ = {"COLAB_CDP_AGENT_MQTT_PASSWORD": "hunter2", "COLAB_CDP_AGENT_COMMANDS_KEY": "k" * 16}
    config = from_environment(Config(), environ)
    assert config.mqtt.password == Secret("hunter2")
    assert config.mqtt.password is not None
    assert config.mqtt.password.reveal() == "hunter2"
    shown = f"{config} {config!r} {config.mqtt.password} {reference.plain(config)} {policy(config)}"
    assert "hunter2" not in shown
    assert "kkkk" not in shown
    with pytest.raises(TypeError):
        msgspec.json.encode(config)


def test_the_environment_comes_first_and_nothing_counts_as_unset(tmp_path: Path) -> None:
    config = given(tmp_path, "mqtt: {username: file, password: '1'}")
    changed = from_environment(
        config, {"COLAB_CDP_AGENT_MQTT_USERNAME": "env", "COLAB_CDP_AGENT_MQTT_PASSWORD": ""}
    )
    assert changed.mqtt.username == "env"
    assert changed.mqtt.password == Secret("1")
    with pytest.raises(ConfigError, match=r"^COLAB_CDP_AGENT_COMMANDS_KEY: commands.key: expected"):
        from_environment(config, {"COLAB_CDP_AGENT_COMMANDS_KEY": "short"})


def test_options_come_before_the_file(tmp_path: Path) -> None:
    config = given(tmp_path, "chrome: {profile_dir: p}\nweb: {port: 1}")
    assert override(config) == config
    changed = override(
        config, ports=[9333], sites=["jupyterlab", "own.yaml"], mqtt="none", name="night", lan=True
    )
    [browser] = changed.browsers
    assert (browser.port, browser.profile_dir) == (9333, None)
    assert changed.sites == ("jupyterlab", "own.yaml")
    assert changed.mqtt.url.none
    assert changed.name == "night"
    assert (changed.web.lan, changed.web.port) == (True, 1)
    [browser] = override(config, profile_dirs=[Path("q")]).browsers
    assert browser.profile_dir == Path("q")


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        override(Config(), ports=[70_000])
    sentence = "--port: chrome.port: expected a whole number of at most 65535, found 70000"
    assert str(caught.value) == sentence


def test_relative_paths_start_from_the_file(tmp_path: Path) -> None:
    config = given(
        tmp_path, "sites: [colab, sites/own.yaml]\narchive: {dir: logs}\nmqtt: {ca_file: /ca}"
    )
    assert config.sites == ("colab", str(tmp_path / "sites" / "own.yaml"))
    assert config.archive.dir == tmp_path / "logs"
    assert config.mqtt.ca_file == Path("/ca")


def test_a_site_of_nobody_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected a path, found '~nobody-here/own\.yaml'"):
        given(tmp_path, "sites: [~nobody-here/own.yaml]")


def test_the_file_is_looked_for_in_the_persons_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "config_dir", lambda: tmp_path)
    assert find_config(None) is None
    own = tmp_path / "colab-cdp-agent.yaml"
    own.touch()
    assert find_config(None) == own
    assert find_config(Path("else.yaml")) == Path("else.yaml")


def test_the_state_folder_can_be_moved() -> None:
    assert state_dir({"COLAB_CDP_AGENT_STATE_DIR": "/x"}) == Path("/x")
    with pytest.raises(
        ConfigError, match=r"^COLAB_CDP_AGENT_STATE_DIR: expected a path, found '~no"
    ):
        state_dir({"COLAB_CDP_AGENT_STATE_DIR": "~nobody-here/x"})
    assert state_dir({}).name == "colab-cdp-agent"
    assert configuration.config_dir().name == "colab-cdp-agent"


def test_quiet_hours_go_over_midnight(tmp_path: Path) -> None:
    quiet = given(tmp_path, "alerts: {quiet: 22:00-07:00}").alerts.quiet
    assert quiet is not None
    assert [quiet.cover(clock(hour)) for hour in (21, 22, 0, 6, 7)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_nothing_heavy_is_imported_for_the_defaults() -> None:
    code = (
        "import sys; from colab_cdp_agent.config import read; read(None, {});"
        "print({'yaml', 'platformdirs', 'difflib', 'asyncio'} & set(sys.modules))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "agent")}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    assert run.stdout.strip() == "set()"
