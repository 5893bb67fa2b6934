"""The id of a session: a stable level, another one for each notebook, tab and browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_protocols.session_id import is_session_id, session_id
from colab_cdp_protocols.topic import is_level


@given(st.text(), st.text(min_size=12), st.integers(1, 200))
def test_a_session_id_is_a_stable_level_that_does_not_tell_the_notebook(
    site: str, notebook: str, nth: int
) -> None:
    session = session_id(site, notebook, nth)
    assert session == session_id(site, notebook, nth)
    assert is_level(session)
    assert is_session_id(session)
    assert notebook not in session


@given(st.lists(st.tuples(st.text(), st.text(), st.integers(1, 9)), unique=True, max_size=20))
def test_session_ids_differ_by_site_notebook_and_tab(tabs: list[tuple[str, str, int]]) -> None:
    tabs = [tab for tab in tabs if "\0" not in tab[0]]
    assert len({session_id(*tab) for tab in tabs}) == len(tabs)


@given(
    st.text(), st.text(), st.lists(st.from_regex(r"[a-z0-9_-]{0,32}", fullmatch=True), unique=True)
)
def test_session_ids_differ_by_browser(site: str, notebook: str, browsers: list[str]) -> None:
    ids = {session_id(site, notebook, browser=browser) for browser in browsers}
    assert len(ids) == len(browsers)
    assert all(map(is_session_id, ids))


def test_a_session_id_stays_what_it_was() -> None:
    # Topics, archives and discovery hang on it: it outlives a new version.
    notebook = "https://colab.research.google.com/drive/1AbC"
    assert session_id("colab", notebook) == "26590692a7"
    assert session_id("colab", notebook, 2) == "26590692a7-2"
    assert session_id("colab", notebook, 2, browser="work") == "8f240c5912-2"


@pytest.mark.parametrize("text", ["", "2024", "0123456789ab", "ABCDEF0123", "0123456789-", "x"])
def test_other_names_are_no_session_ids(text: str) -> None:
    assert not is_session_id(text)
