"""A site profile's expressions: what they find, and that one that takes for ever stops nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from colab_cdp_agent.watch import expression
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.sites import load_site
from colab_cdp_agent.yaml_file import convert, parse

SLOW = r"https://x/(?:a|aa)+$"
ADDRESS = f"https://x/{'a' * 60}!"
PROFILE = f"""
site: mine
notebooks: ['{SLOW}', 'https://x/(.*)']
title_suffix: '(?:a|aa)+$'
states:
  control: [{{css: '#a'}}]
  connected: [{{css: '#a.b'}}]
"""
SHIPPED = [load_site(name) for name in ("colab", "jupyterlab")]
PATTERNS = [each for profile in SHIPPED for each in (*profile.notebooks, profile.title_suffix)]
texts = st.text() | st.sampled_from(
    [
        "https://colab.research.google.com/drive/1abc?authuser=1#x=y",
        "https://colab.research.google.com/github/a/b/blob/main/c.ipynb",
        "http://localhost:8888/lab/workspaces/auto-x/tree/folder/a%20b.ipynb?token=t",
        "train.ipynb - Colab", "train.ipynb - JupyterLab", "train (1) - Colaboratory",
    ]
)  # fmt: skip


def test_one_that_is_too_slow_finds_nothing_is_told_once_and_the_others_count() -> None:
    profile = convert(parse(PROFILE, "mine.yaml"), Profile)
    expression._tell.cache_clear()
    with capture_logs() as log:
        for _ in range(3):
            assert profile.notebook(ADDRESS) == f"{'a' * 60}!"
            assert profile.title(f"{'a' * 60}!") == f"{'a' * 60}!"
    assert [line["pattern"] for line in log] == [SLOW, "(?:a|aa)+$"]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=texts)
def test_it_finds_what_the_standard_library_does(pattern: str, text: str) -> None:
    for ours, theirs in (
        (expression.match(pattern, text), re.match(pattern, text)),
        (expression.search(pattern, text), re.search(pattern, text)),
    ):
        found = (None if each is None else (each[0], each.groups()) for each in (ours, theirs))
        assert next(found) == next(found)
    assert expression.without(pattern, text) == re.sub(pattern, "", text)
