"""A person's own site profile: in force in place of the one that comes along, or over it."""

import re
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromium import free_port
from colab_cdp_agent.settings.document import ConfigError, Document
from colab_cdp_agent.watch.extending import extended
from colab_cdp_agent.watch.sites import load_site, open_site
from command import Command, run

WHOLE = """\
site: colab
notebooks: ['https://colab\\.research\\.google\\.com/drive/[^/?#]+']
states:
  control: [{css: '#mine'}]
  connected: [{css: '#mine.connected'}]
"""
ADDED = """\
extends: colab
states:
  connected:
    - {css: 'x-orbit.connected', seen: 2026-11, trust: high}
"""

plain = st.recursive(
    st.integers() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abcd"), below, max_size=3)
    ),
    max_leaves=12,
)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the person's own profile of Colab lies."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "colab-cdp-agent" / "sites"
    folder.mkdir(parents=True)
    return folder / "colab.yaml"


def refusal(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_site(str(path))
    return str(raised.value)


def test_without_a_file_of_ones_own_the_one_that_comes_along_is_in_force(own: Path) -> None:
    assert not own.exists()
    site = open_site("colab")
    assert site.over is None
    assert str(site) == "colab"


def test_a_file_of_the_same_name_replaces_it(own: Path) -> None:
    own.write_text(WHOLE, encoding="utf-8")
    site = open_site("colab")
    assert site.path == own
    assert str(site) == "colab (replaced by your own sites/colab.yaml)"
    assert list(site.profile.states) == ["control", "connected"]


def test_what_extends_it_comes_first_and_all_else_stays(own: Path) -> None:
    before = load_site("colab")
    own.write_text(ADDED, encoding="utf-8")
    site = open_site("colab")
    assert str(site) == "colab (extended by your own sites/colab.yaml)"
    first, *rest = site.profile.states["connected"]
    assert first.css == "x-orbit.connected"
    assert tuple(rest) == before.states["connected"]
    assert site.profile.states["running"] == before.states["running"]
    assert site.profile.alarms == before.alarms


def test_what_is_replaced_is_gone(own: Path) -> None:
    own.write_text(f"{ADDED}replaces: [states.connected, reads.build]\n", encoding="utf-8")
    profile = load_site("colab")
    assert [each.css for each in profile.states["connected"]] == ["x-orbit.connected"]
    assert profile.reads.build == ()
    assert profile.reads.resources


def test_a_file_elsewhere_may_extend_it_too(own: Path) -> None:
    elsewhere = own.with_name("mine.yaml")
    elsewhere.write_text(ADDED, encoding="utf-8")
    assert str(open_site(str(elsewhere))).endswith("mine.yaml (extends colab)")


MISTAKES = {
    "a broken selector": (
        ADDED.replace("x-orbit.", "x-orbit["),
        r"colab.yaml:4: states.connected\[0\].*no CSS selector",
    ),
    "an unknown key": (f"{ADDED}wath: 1\n", r"colab.yaml:5: wath: unknown key"),
    "nobody to extend": (
        "extends: colap\n",
        r"colab.yaml:1: extends: no profile named 'colap' comes along; known: colab, jup",
    ),
    "nothing to replace": (
        f"{ADDED}replaces: [states.conected]\n",
        r"colab.yaml:5: replaces\[0\]: .* has no 'conected' to replace; known here: control",
    ),
    "what is required": (
        "extends: colab\nreplaces: [states.control]\n",
        r"colab.yaml:1: expected detectors for the state 'control'",
    ),
    "another shape": ("extends: [colab]\n", r"colab.yaml:1: extends: expected text"),
}


@pytest.mark.parametrize(("text", "says"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_file_line_and_key(own: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(own, text))


def test_a_broken_file_of_ones_own_stops_the_start_and_nothing_else_is_taken(
    own: Path, tmp_path: Path
) -> None:
    own.write_text("site: colab\nnotebooks: here\n", encoding="utf-8")
    ended = run(tmp_path, "--port", "1", "--no-mqtt")
    assert ended.returncode == 2
    assert f"{own}:2: notebooks: expected a list, found 'here'" in ended.stderr


def test_doctor_and_the_agent_say_which_file_is_in_force(own: Path, tmp_path: Path) -> None:
    own.write_text(ADDED, encoding="utf-8")
    said = run(tmp_path, "doctor", "--port", "1", "--no-mqtt").stdout
    assert f"site profile colab (extended by your own sites/colab.yaml): {own}" in said
    agent = Command(tmp_path, "--port", str(free_port()), "--no-mqtt")
    agent.until("watches: colab (extended by your own sites/colab.yaml)")
    assert f"file={own}" in agent.said
    agent.stop(SIGTERM)


@given(own=plain, base=plain)
def test_every_value_of_ones_own_stands_where_it_stood(own: Any, base: Any) -> None:
    """So a line of the person's file is the line of what went wrong."""

    def holds(value: Any, merged: Any) -> bool:
        if isinstance(value, dict):
            return all(holds(each, merged[key]) for key, each in value.items())
        if isinstance(value, list):
            return all(holds(each, merged[place]) for place, each in enumerate(value))
        return bool(value == merged)

    merged = extended(Document("own", own), Document("base", base)).value
    assert holds(own, merged)
    assert extended(Document("own", own), Document("base", own)).source == "own"
