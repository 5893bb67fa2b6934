"""A folder where a small file of the state folder should be keeps nothing from going on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from colab_cdp_agent.keep.first_browser import first_browser
from colab_cdp_agent.settings.tree import Chrome
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_agent.tell.web import page_file
from colab_cdp_agent.watch.wishes import Wishes
from samples import MOMENT


@pytest.mark.parametrize(
    "begin",
    [
        lambda path: first_browser(path, [Chrome()]),
        lambda path: Wishes(path).recall(MOMENT),
    ],
    ids=["first browser", "wishes"],
)
def test_it_is_said_with_its_name(tmp_path: Path, begin: Callable[[Path], object]) -> None:
    path = tmp_path / "in-the-way.json"
    path.mkdir()
    with capture_logs() as said:
        begin(path)
    assert said
    assert all("in-the-way" in str(each) for each in said)
    assert path.is_dir()


def test_the_lists_of_topics_and_pages_count_as_empty(tmp_path: Path) -> None:
    (tmp_path / "topics.json").mkdir()
    (tmp_path / "page-desk.json").mkdir()
    assert TopicFile(tmp_path / "topics.json").look() == frozenset()
    assert [*page_file.served(tmp_path)] == []
