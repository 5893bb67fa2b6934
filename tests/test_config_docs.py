"""What is said about the configuration: the commented file, the schema, the docs, the policy."""

import json
import re
from pathlib import Path

from colab_cdp_agent import config as configuration
from colab_cdp_agent.config import Config, override, policy, read, schema
from colab_cdp_agent.settings import reference
from colab_cdp_agent.yaml_file import convert, parse

ROOT = Path(__file__).parents[1]
REWRITE = "run: python -m colab_cdp_agent.settings.reference"


def given(text: str) -> Config:
    return convert(parse(text, "x"), Config)


def test_the_commented_file_is_the_defaults() -> None:
    path = ROOT / "configs" / "agent.yaml"
    assert read(path, {}) == Config()
    assert path.read_text("utf-8") == reference.commented_file(), REWRITE


def test_the_schema_file_is_the_schema() -> None:
    path = ROOT / "configs" / reference.SCHEMA_FILE
    assert json.loads(path.read_text("utf-8")) == schema(), REWRITE
    first = (ROOT / "configs" / "agent.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=agent.schema.json"


def test_the_docs_hold_every_key_with_default_and_meaning() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert reference.table() in page, REWRITE
    for word in re.findall(r'"enum": \[([^\]]*)\]', json.dumps(schema())):
        for choice in json.loads(f"[{word}]"):
            assert f"`{choice}`" in page
    for variable in (*configuration.VARIABLES, configuration.STATE_DIR_VARIABLE):
        assert f"`{variable}`" in page


def test_the_docs_examples_load() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    several, *snippets = map(given, re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    assert [browser.called for browser in several.browsers] == ["work", "private"]
    dialogs, click, clear = [example.duties for example in snippets]
    for duty, cancels in ((dialogs.keep_alive, True), (click.keep_alive, False)):
        assert (duty.on, duty.every, duty.when) == (True, 1_800.0, "connected")
        assert (duty.dialogs, duty.connect) == (cancels, True)
    assert not clear.keep_alive.on
    assert (clear.clear.every, clear.clear.max_lines, clear.clear.max_bytes) == (
        1_800.0,
        None,
        None,
    )


def test_the_policy_says_what_acts() -> None:
    assert policy(Config())[:4] == [
        "watches: colab",
        (
            "keep-alive: every 5m while a cell runs: cancels the harmless dialogs that the "
            "site profile "
            "names and clicks the connect control"
        ),
        "reconnect: at most 5 tries when the page asks for it and a run was going on",
        (
            "clear: every 30m, sooner above 5,000 lines or 2MB: the running cell's output, "
            "once it is in "
            "the archive"
        ),
    ]


def test_the_policy_says_what_is_off() -> None:
    text = """
duties:
  keep_alive: {dialogs: false, connect: false}
  reconnect: {tries: 0}
  clear: {on: false}
"""
    config = given(text)
    lines = policy(override(config, mqtt="mqtt://me@mail.example@broker"), observe=True)
    assert "observe: acts on no tab; what follows is what it would have done" in lines
    assert "keep-alive: every 5m while a cell runs: only thaws a frozen tab" in lines
    assert {"reconnect: off", "clear: off"} <= set(lines)
    assert "publishes: under colab/ to mqtt://broker" in lines
    assert lines[-1].startswith("never: solves or dismisses captchas")


def test_the_policy_says_what_rings_and_no_address() -> None:
    assert "rings: nobody" in policy(Config())
    text = 'alerts: {apprise: ["ntfy://s3cret", "tgram://s3cret/1"], quiet: "23:00-07:00"}'
    lines = policy(given(text))
    groups = "needs_you, ended, failed, finished"
    assert f"rings: ntfy, tgram for {groups}, not from 23:00 to 07:00" in lines
    assert "s3cret" not in "".join(lines)


def test_the_policy_says_where_the_phone_page_is() -> None:
    usual = "phone page: http://127.0.0.1:8770 or the next port that is free, on this computer only"
    assert usual in policy(Config())
    named = "phone page: http://127.0.0.1:8770, on this computer only"
    assert named in policy(given("web: {port: 8770}"))
    lan = "phone page: port 8771 of this computer, open to the local network, behind a password"
    assert lan in policy(override(given("web: {port: 8771}"), lan=True))
    key = "commands: {key: sixteen-and-more-s3cret}"
    assert any(
        line.startswith("phone page: http://127.0.0.1:8770 or")
        and line.endswith("behind a password")
        for line in policy(given(key))
    )
    assert "phone page: off" in policy(given("web: {on: false}"))
    assert "phone page: off, since nothing is published" in policy(
        override(Config(), mqtt="none", lan=True)
    )


def test_the_policy_says_which_requests_are_carried_out_and_no_key() -> None:
    prefix = "carries out over MQTT: "
    allowed = "reconnect, clear, screenshot, pause, resume, keep_alive, clear_every, log, history"
    assert prefix + allowed in policy(Config())
    lines = policy(given("commands: {allow: [log, script], key: sixteen-and-more-s3cret}"))
    assert f"{prefix}log, script; what acts must be signed" in lines
    assert "s3cret" not in "".join(lines)
    none = policy(given("commands: {allow: []}"))
    assert f"{prefix}nothing that touches or reads a notebook" in none
    assert f"{prefix}nothing" in policy(override(Config(), mqtt="none"))
