"""Which browsers a file and the options mean, what each is called, and that none is twice."""

import json
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.config import Chrome, Config, ConfigError, override, policy, read
from colab_cdp_agent.settings.names import Slug
from colab_cdp_agent.settings.tree import MOST_BROWSERS

ports = st.integers(1, 65_535)
slugs = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
PORT, NAME = itemgetter(0), itemgetter(1)
several = st.lists(ports, min_size=1, max_size=MOST_BROWSERS, unique=True)


def given_file(folder: Path, text: str) -> Config:
    file = folder / "f.yaml"
    file.write_text(text, encoding="utf-8")
    return read(file, {})


def with_browsers(browsers: Sequence[Chrome]) -> Config:
    return Config(chrome=tuple(browsers))


@given(several)
def test_the_options_name_the_browsers_in_their_order(chosen: list[int]) -> None:
    browsers = override(Config(), ports=chosen).browsers
    assert [browser.port for browser in browsers] == chosen
    assert [browser.called for browser in browsers] == [str(port) for port in chosen]


@given(st.lists(st.tuples(ports, slugs), min_size=1, max_size=4, unique_by=(PORT, NAME)), st.data())
def test_a_browser_of_the_file_keeps_its_name_when_an_option_chooses_it(
    listed: list[tuple[int, str]], data: st.DataObject
) -> None:
    named = dict(listed)
    config = with_browsers([Chrome(port=port, name=Slug(name)) for port, name in listed])
    chosen = data.draw(st.permutations(sorted(named)))
    browsers = override(config, ports=chosen).browsers
    assert [browser.called for browser in browsers] == [named[port] for port in chosen]
    assert {*browsers} == {*config.browsers}


@given(st.lists(ports, min_size=1, max_size=MOST_BROWSERS))
def test_a_port_twice_is_refused_and_nothing_else_is(chosen: list[int]) -> None:
    if len({*chosen}) == len(chosen):
        assert len(override(Config(), ports=chosen).browsers) == len(chosen)
        return
    with pytest.raises(ConfigError, match=r"^--port: chrome\[\d\]\.port: the port \d+ is that of"):
        override(Config(), ports=chosen)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text and "/" not in text))
def test_what_a_browser_is_called_is_a_slug_whatever_its_folder_is(folder: str) -> None:
    Slug.parse(Chrome(profile_dir=Path("/home/me") / folder).called)


@pytest.mark.parametrize(
    ("folder", "called"),
    [
        ("/home/me/.config/google-chrome", "google-chrome"),
        ("/Users/me/Library/Application Support/Google/Chrome", "chrome"),
        ("/Users/me/Library/Application Support/Microsoft Edge", "microsoft-edge"),
        ("C/Users/me/AppData/Local/Google/Chrome/User Data", "chrome"),
        ("C/Users/me/AppData/Local/Microsoft/Edge/User Data", "edge"),
        ("/", "browser"),
    ],
)
def test_a_browser_without_a_name_is_called_by_its_folder(folder: str, called: str) -> None:
    assert Chrome(profile_dir=Path(folder)).called == called


def test_a_group_of_keys_and_a_list_of_one_mean_the_same(tmp_path: Path) -> None:
    one = given_file(tmp_path, "chrome: {port: 9333}")
    listed = given_file(tmp_path, "chrome: [{port: 9333}]")
    assert one.browsers == listed.browsers == (Chrome(port=9333),)
    assert policy(one)[0] == policy(listed)[0] == "watches: colab"


def test_folders_of_several_start_from_the_file_and_an_option_finds_them(tmp_path: Path) -> None:
    config = given_file(tmp_path, "chrome: [{profile_dir: w, name: work}, {port: 9333}]")
    work, other = config.browsers
    assert (work.profile_dir, other.called) == (tmp_path / "w", "9333")
    assert policy(config)[0] == "watches: colab in the browsers work, 9333, each for itself"
    (chosen,) = override(config, profile_dirs=[tmp_path / "x" / ".." / "w"]).browsers
    assert chosen.called == "work"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chrome:\n- port: 1\n- port: 1", "3: chrome[1].port: the port 1 is that of chrome[0] too"),
        (
            "chrome:\n- host: localhost\n- {}",
            "3: chrome[1].port: the port 9222 is that of chrome[0]",
        ),
        (
            "chrome:\n- {port: 1, name: a}\n- port: 2\n  name: a",
            "4: chrome[1].name: this browser and chrome[0] would both be called 'a'",
        ),
        (
            "chrome:\n- profile_dir: a/x\n- profile_dir: b/x",
            "3: chrome[1].profile_dir: this browser and chrome[0] would both be called 'x'",
        ),
        (
            "chrome:\n- profile_dir: a/x\n- profile_dir: b/../a/x",
            "3: chrome[1].profile_dir: the folder",
        ),
        ("chrome: []", "1: chrome: expected a list with a length of at least 1"),
        (
            f"chrome: {json.dumps([{'port': port} for port in range(1, MOST_BROWSERS + 2)])}",
            "1: chrome: expected a list with a length of at most 8",
        ),
        ("chrome: [{port: 1}, {port: 0}]", "1: chrome[1].port: expected a whole number"),
        ("chrome: [5]", "1: chrome[0]: expected keys with values, found 5"),
    ],
)
def test_a_mistake_in_the_list_is_one_sentence_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        given_file(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'f.yaml'}:{message}")
