"""What was asked of the notebooks: kept over a restart, bounded, and no reason not to begin."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch import wishes as wishes_module
from colab_cdp_agent.watch.wanted import Asked, Wanted
from colab_cdp_agent.watch.wishes import Wishes
from colab_cdp_protocols.verbs import LONGEST_CLEAR_EVERY_MINUTES

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MINUTES = st.integers(0, LONGEST_CLEAR_EVERY_MINUTES)


def begun(folder: Path) -> Wishes:
    wishes = Wishes(folder / "wishes-desk.json")
    wishes.recall(NOW)
    return wishes


def test_what_was_asked_is_on_disk_when_it_is_answered(tmp_path: Path) -> None:
    asyncio.run(begun(tmp_path).keep("a", Asked(paused=True, clear_every=0)))
    again = begun(tmp_path)
    assert again.of("a") == Asked(paused=True, clear_every=0)
    assert again.of("b") == Asked()
    assert not again.paused


def test_a_session_that_is_forgotten_leaves_nothing(tmp_path: Path) -> None:
    wishes = begun(tmp_path)
    asyncio.run(wishes.keep("a", Asked(keep_alive=False)))
    asyncio.run(wishes.forget("a"))
    assert (tmp_path / "wishes-desk.json").read_bytes() == b"{}"


def test_a_pause_of_all_takes_back_what_each_was_asked_and_nothing_else(tmp_path: Path) -> None:
    async def story() -> None:
        wishes = begun(tmp_path)
        await wishes.keep("a", Asked(paused=False, keep_alive=False))
        await wishes.keep("b", Asked(paused=False))
        await wishes.keep_pause(on=True)
        await wishes.keep("c", Asked(paused=False))

    asyncio.run(story())
    again = begun(tmp_path)
    assert again.paused
    assert again.of("a") == Asked(keep_alive=False)
    assert again.of("b") == Asked()
    assert again.of("c") == Asked(paused=False)


def test_it_is_bounded_and_the_latest_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes_module, "MOST_SESSIONS", 3)

    async def story() -> None:
        wishes = begun(tmp_path)
        for session in "abcadef":
            await wishes.keep(session, Asked(paused=True, clear_every=ord(session)))

    asyncio.run(story())
    again = begun(tmp_path)
    assert [session for session in "abcdef" if again.of(session) != Asked()] == ["d", "e", "f"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"sessions": {"a": {"clear_every": -5}}}',
        b'{"paused": 7}',
        b'{"of a later version": ' + b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_told_and_set_aside(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wishes-desk.json").write_bytes(content)
    wishes = begun(tmp_path)
    assert "was damaged; the configuration counts again" in capsys.readouterr().out
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == content
    assert wishes.of("a") == Asked()
    asyncio.run(wishes.keep("a", Asked(paused=True)))
    assert begun(tmp_path).of("a") == Asked(paused=True)


@pytest.mark.skipif(sys.platform == "win32", reason="a file is no folder there, in other words")
def test_where_it_cannot_be_written_it_holds_as_long_as_the_agent_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("a file, where a folder should be", encoding="utf-8")
    wishes = begun(tmp_path / "file")
    asyncio.run(wishes.keep("a", Asked(paused=True)))
    assert wishes.of("a") == Asked(paused=True)
    assert "cannot be kept; it holds until the agent ends" in capsys.readouterr().out


@given(
    st.lists(
        st.tuples(st.just("keep_alive"), st.booleans())
        | st.tuples(st.just("clear_every"), MINUTES)
        | st.tuples(st.just("rest"), st.booleans())
        | st.tuples(st.just("rest_with_all"), st.booleans())
    )
)
def test_who_is_begun_anew_wants_what_was_wanted(steps: list[tuple[str, int]]) -> None:
    wanted, all_rest = Wanted(Duties()), False
    for step, value in steps:
        if step == "keep_alive":
            wanted.set_keep_alive(on=bool(value))
        elif step == "clear_every":
            wanted.set_clear_every(value)
        elif step == "rest":
            wanted.rest(on=bool(value))
        else:
            all_rest = bool(value)
            wanted.rest_with_all(on=all_rest)
    again = Wanted.after(Duties(), wanted.asked, paused=all_rest)
    assert (again.paused, again.duties.keep_alive) == (wanted.paused, wanted.duties.keep_alive)
    assert again.duties.clear.on == wanted.duties.clear.on
    if again.duties.clear.on:
        assert again.duties.clear.every == wanted.duties.clear.every
