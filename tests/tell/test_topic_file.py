"""The file of published topics: damaged it counts as empty, and it is written whole."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from colab_cdp_agent.tell.topic_file import TopicFile

NOW = datetime(2026, 11, 25, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"[", b"{}", b"7", b"[1]", b'["\\ud800"]', b"\xff", b'["\xff"]', b"[" * 100_000],
)
def test_a_damaged_topic_file_counts_as_empty(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "topics.json"
    if content is not None:
        path.write_bytes(content)
    assert TopicFile(path).read(NOW) == frozenset()
    aside = list(tmp_path.glob("topics.damaged-*.json"))
    assert [each.read_bytes() for each in aside] == ([] if content is None else [content])


def test_who_only_looks_leaves_a_damaged_topic_file_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "topics.json"
    path.write_bytes(b"[")
    assert TopicFile(path).look() == frozenset()
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_a_topic_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "topics.json"
    path.write_text(json.dumps(["colab/host/status", "colab/#", "+", "", "a//b", "a b"]), "utf-8")
    assert TopicFile(path).read(NOW) == {"colab/host/status"}


def test_a_topic_file_is_written_whole_and_only_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "state" / "topics.json"
    topics = TopicFile(path)
    topics.write({"a/b", "a/c"})
    assert TopicFile(path).read(NOW) == {"a/b", "a/c"}
    assert list(path.parent.iterdir()) == [path]
    path.unlink()
    topics.write(["a/c", "a/b"])
    assert not path.exists()
    topics.write({"a/b"})
    assert TopicFile(path).read(NOW) == {"a/b"}
