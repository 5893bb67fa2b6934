"""The file of an outbox: whole, bounded, and no reason not to begin."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import samples
from colab_cdp_agent.keep.aside import KEPT
from colab_cdp_agent.tell.alerts.alert import Alert
from colab_cdp_agent.tell.alerts.outbox import Kept
from colab_cdp_agent.tell.alerts.outbox_file import OutboxFile

NOW = samples.MOMENT
alerts = st.builds(
    Alert, id=samples.texts, session=samples.texts, kind=samples.texts, text=samples.texts,
    at=samples.moments, ripe_at=samples.moments, title=samples.texts,
    since=st.none() | samples.moments,
)  # fmt: skip
kept = st.builds(
    Kept, waiting=st.lists(alerts, max_size=3).map(tuple),
    standing=st.lists(alerts, max_size=3).map(tuple),
    sent_at=st.lists(samples.moments, max_size=3).map(tuple), failures=st.integers(0, 10**6),
    next_try=st.none() | samples.moments,
)  # fmt: skip


@given(kept)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_is_read(tmp_path: Path, wanted: Kept) -> None:
    path = tmp_path / "below" / "a.json"
    OutboxFile(path).write(Kept(failures=1))
    OutboxFile(path).write(wanted)
    assert OutboxFile(path).read(NOW) == wanted or wanted == Kept()
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]


def test_a_file_that_is_missing_is_empty(tmp_path: Path) -> None:
    assert OutboxFile(tmp_path / "a.json").read(NOW) == Kept()


def test_an_outbox_that_never_held_anything_has_no_file(tmp_path: Path) -> None:
    OutboxFile(tmp_path / "a.json").write(Kept())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"waiting": [{}]}',
        b"\xff\xfe",
        b'{"failures": "many"}',
        b'{"of a later version": ' + b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_set_aside_whole_and_a_new_one_begun(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.json"
    for turn in range(KEPT + 2):
        path.write_bytes(content)
        file = OutboxFile(path)
        assert file.read(samples.MOMENT.replace(second=turn)) == Kept()
        file.write(Kept(failures=turn + 1))
        assert OutboxFile(path).read(NOW) == Kept(failures=turn + 1)
    aside = [each for each in tmp_path.iterdir() if each != path]
    assert len(aside) == KEPT
    assert {each.read_bytes() for each in aside} == {content}


@given(st.binary(max_size=200) | kept.map(msgspec.json.encode).map(lambda whole: whole[:-1]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_of_a_file_keeps_the_agent_from_beginning(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert isinstance(OutboxFile(path).read(NOW), Kept)
