"""Lines that the archive lacks or doubles are found, and those that it owns up to are counted."""

from chaos.lines import kept

GAP = "--- 2026-01-01T00:00:00Z gap: the agent was away"


def text(*lines: str | int, run: int = 1) -> str:
    """Return the text of a file: a number stands for the line that has it."""
    return "\n".join(f"run {run} line {each}" if isinstance(each, int) else each for each in lines)


def test_what_is_whole_lacks_nothing() -> None:
    """Two files of one run, and the next run begins anew."""
    found = kept([text(0, 1), text(2, 3), text(0, 1, run=2)])
    assert (found.lost, found.twice, found.admitted) == ([], [], 0)
    assert found.last == {1: 3, 2: 1}


def test_a_line_that_is_missing_is_lost() -> None:
    """In the middle of a run as at its beginning."""
    assert kept([text(1, 3)]).lost == [(1, 0), (1, 2)]


def test_a_line_that_is_missing_behind_a_mark_is_admitted() -> None:
    """The mark stands for the lines before the next one, and for no others."""
    found = kept([text(0, GAP, 4, 6)])
    assert (found.admitted, found.lost) == (3, [(1, 5)])


def test_a_line_that_is_kept_twice_is_found() -> None:
    """Behind a mark as well, and in another file."""
    assert kept([text(0, 1), text(GAP, 1, 2)]).twice == [(1, 1)]
