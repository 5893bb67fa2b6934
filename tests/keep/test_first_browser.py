"""Whose sessions' ids bear no name of a browser: the same one, in whatever order and company."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from colab_cdp_agent.config import Chrome
from colab_cdp_agent.keep.first_browser import first_browser
from colab_cdp_agent.settings.names import Slug

lists = st.lists(st.integers(1, 6), min_size=1, max_size=6, unique=True).map(
    lambda ports: [Chrome(port=port) for port in ports]
)


@given(lists, st.lists(lists, max_size=4))
def test_the_first_one_stays_the_first_in_every_later_night(
    first: list[Chrome], later: list[list[Chrome]]
) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "state" / "browser-night.json"
        known = first_browser(file, first)
        assert known == first[0].called
        for browsers in later:
            found = first_browser(file, browsers)
            if len(browsers) == 1:
                assert found == browsers[0].called, "alone it bears no name"
            else:
                names = {browser.called for browser in browsers}
                assert found == (known if known in names else None)


def test_it_is_known_again_by_its_name_and_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "browser.json"
    first_browser(file, [Chrome()])
    other = Chrome(port=9333)
    assert first_browser(file, [other, Chrome(name=Slug("work"))]) == "work"
    assert first_browser(file, [other, Chrome(port=9444, name=Slug("work"))]) == "work"
    assert first_browser(file, [other, Chrome()]) is None, "it is at another place by now"


def test_a_file_that_cannot_be_read_or_written_counts_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "browser.json"
    file.write_text("{", encoding="utf-8")
    both = [Chrome(port=1), Chrome(port=2)]
    with capture_logs() as said:
        assert first_browser(file, both) == "1"
    (aside,) = tmp_path.glob("browser.damaged-*")
    assert [each["set_aside"] for each in said] == [str(aside)]
    assert first_browser(file, both[::-1]) == "1"
    (tmp_path / "no folder").write_text("", encoding="utf-8")
    assert first_browser(tmp_path / "no folder" / "browser.json", both[::-1]) == "2"
