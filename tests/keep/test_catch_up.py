"""Catching up: from the archive, the page and the wire, every line comes once and none is lost."""

from hypothesis import assume, example, given
from hypothesis import strategies as st

from colab_cdp_agent.keep.catch_up import following, lags, missing

NOTICE = "Streaming output truncated to the last 5000 lines.\n"
REPEATED = st.sampled_from(["", "ok", "-----", "epoch done", "ok"])


@st.composite
def runs(draw: st.DrawFn) -> str:
    """Draw what a run printed: numbered lines, some with repeated and blank ones after them."""
    count = draw(st.integers(3, 30))
    more = draw(st.lists(st.lists(REPEATED, max_size=3), min_size=count, max_size=count))
    blocks = ([f"step {number:04d} loss 0.5", *after] for number, after in enumerate(more))
    return "".join(f"{line}\n" for block in blocks for line in block)


def line_ends(text: str) -> list[int]:
    """Return the places where a line begins, and the text's end."""
    return [0, *(place + 1 for place, character in enumerate(text) if character == "\n")]


def numbered(text: str) -> list[int]:
    """Return where the numbered lines begin."""
    return [place for place in line_ends(text) if text.startswith("step ", place)]


@st.composite
def splits(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """Draw a run, its archived part, a window of it on the page, and what was heard of it.

    Where page and wire overlap they do by a numbered line at least; or they touch in one, or
    before it. What overlaps in a repeated line alone, nobody can tell from what touches there.
    """
    text = draw(runs())
    marks = numbered(text)
    archived_to = draw(st.integers(marks[1], len(text)))
    known = [place for place in marks if text.find("\n", place) < archived_to]
    page_from = draw(st.sampled_from(known))
    page_to = draw(st.integers(max(archived_to, text.find("\n", page_from) + 1), len(text)))
    shown = [place for place in marks if archived_to <= text.find("\n", place) < page_to]
    begin = text.rfind("\n", 0, page_to) + 1
    touching = [page_to] if text.startswith("step ", begin) or page_to == len(text) else []
    starts = touching + [place for place in shown if place >= page_from]
    assume(starts)
    heard_from = draw(st.sampled_from(starts))
    tail_from = draw(st.sampled_from(known))
    return text, text[tail_from:archived_to], text[page_from:page_to], text[heard_from:]


def together(archived: str, more: str) -> str:
    """Return the archive as it is then: an unfinished line is ended before more is written."""
    *whole, _unfinished = archived.split("\n")
    return "".join(f"{line}\n" for line in whole) + more


@given(splits())
def test_every_line_comes_once(split: tuple[str, str, str, str]) -> None:
    text, archived, page, heard = split
    whole = text[text.index(archived) :]
    more = missing(archived, page, heard)
    *_lines, unfinished = archived.split("\n")
    ended = f"{unfinished}\n" if unfinished else ""
    assert together(archived, more) == whole or together(archived, ended + more) == whole


@given(splits())
def test_a_truncated_page_is_read_as_what_it_shows(split: tuple[str, str, str, str]) -> None:
    _text, archived, page, heard = split
    assert missing(archived, NOTICE + page, heard) == missing(archived, page, heard)


@given(runs(), st.data())
def test_a_page_that_was_cleared_meanwhile_is_kept_whole(text: str, data: st.DataObject) -> None:
    marks = numbered(text)
    archived_to = data.draw(st.sampled_from(marks))
    page_from = data.draw(st.sampled_from([place for place in marks if place >= archived_to]))
    heard_from = data.draw(st.sampled_from([*marks, len(text)]).filter(lambda at: at >= page_from))
    page = text[page_from : data.draw(st.integers(heard_from, len(text)))]
    more = missing(text[:archived_to], page, text[heard_from:])
    assert more.count("step ") >= text[page_from:].count("step ")
    assert more.endswith(text[heard_from:]) or not text[heard_from:]


@given(runs(), st.data())
def test_a_page_that_lags_behind_adds_nothing(text: str, data: st.DataObject) -> None:
    marks = numbered(text)
    archived_to = data.draw(st.sampled_from(marks[2:]))
    shown_to = data.draw(st.sampled_from([place for place in marks[1:] if place < archived_to]))
    page = text[:shown_to]
    expected = "" if page.count("\n") >= 3 else None
    found = missing(text[:archived_to], page, "")
    assert expected is None or found == expected


@given(st.text(), st.text(), st.text())
@example("", "", "")
def test_any_texts_give_an_answer(archived: str, page: str, heard: str) -> None:
    more = missing(archived, page, heard)
    assert len(more) <= len(page) + len(heard) + 1


@given(*(st.text("ab\n") for _ in range(3)))
@example("a\n\nb", "a\n", "")
def test_texts_that_meet_in_every_way_give_an_answer(archived: str, page: str, heard: str) -> None:
    assert len(missing(archived, page, heard)) <= len(page) + len(heard) + 1


def test_where_nothing_overlaps_all_is_appended() -> None:
    assert missing("one\ntwo\n", "three\nfour\n", "five\n") == "three\nfour\nfive\n"


def test_with_an_empty_archive_all_is_appended() -> None:
    assert missing("", "one\ntwo", "two\nthree") == "one\ntwo\nthree"


def test_a_page_that_begins_amid_a_line_is_known() -> None:
    assert missing("one\ntwo and\nthree\n", "and\nthree\nfour\n", "") == "four\n"


def test_of_many_like_lines_the_longest_run_counts() -> None:
    assert missing("1\nok\nok\nok\n", "ok\nok\nok\nok\n2\n", "2\n3\n") == "ok\n2\n3\n"


def test_a_half_line_of_the_archive_comes_whole() -> None:
    assert missing("one\ntwo and", "one\ntwo and a half\nthree\n", "") == "two and a half\nthree\n"


def test_an_unfinished_line_that_was_whole_does_not_come_twice() -> None:
    assert missing("one\ntwo", "one\ntwo\nthree\n", "") == "three\n"


def test_a_line_that_was_torn_by_a_kill_comes_whole() -> None:
    assert missing("one\ntwo a\n", "one\ntwo and a half\nthree\n", "") == "two and a half\nthree\n"


def test_a_bar_is_caught_up_in_its_latest_state() -> None:
    heard = "\r 46%|##\r 52%|###"
    assert missing("epoch 1\n", "epoch 1\n 45%|##", heard) == " 52%|###"
    again = missing("epoch 1\n 30%|#", "epoch 1\n 45%|##", "\r100%|####\nepoch 2\n\r  1%|")
    assert again == "100%|####\nepoch 2\n  1%|"


def test_a_bar_goes_on_where_the_cursor_stood() -> None:
    assert missing("", "", " 45%|##\r") == " 45%|##\r"


def test_colours_that_the_wire_brings_are_no_difference() -> None:
    assert missing("one\n", "one\ntwo\n", "\x1b[32mtwo\x1b[0m\nthree\n") == "two\nthree\n"


def test_colours_that_the_archive_keeps_are_no_difference() -> None:
    red = [f"\x1b[31mstep {number}\x1b[0m\n" for number in range(12)]
    page = numbered_lines(0, 14)
    assert missing("".join(red), page, "") == numbered_lines(12, 14)
    apart = ["".join(red[:1]), "".join(red[2:])]
    assert missing("".join(apart), page, "", apart[1:]) == numbered_lines(12, 14)


def test_blanks_that_a_page_does_not_show_are_no_difference() -> None:
    assert missing("one  \ntwo \n", "one\ntwo\nthree\n", "") == "three\n"


def bar(number: int) -> str:
    drawn = f"{'#' * (number // 10):10}| {number}/100"
    return f"train: {number:3}%|{drawn} [00:{number:02}<00:50, 9.9it/s]"


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_beside_a_bar_on_stderr_every_line_comes_once(
    cleared_at: int, archived_to: int, heard_from: int, shown_to: int
) -> None:
    cleared_at, heard_from = sorted((cleared_at, heard_from))
    archived_to = max(cleared_at, min(archived_to, heard_from))
    shown_to = max(heard_from, shown_to)
    steps = [f"step {number} loss {100 - number}" for number in range(100)]
    archived = "".join(f"{step}\n" for step in steps[:archived_to]) + bar(archived_to)
    page = "".join(f"{bar(number)}\n{steps[number]}\n" for number in range(cleared_at, shown_to))
    heard = [
        piece
        for number in range(heard_from, 100)
        for piece in (("stderr", f"\r{bar(number)}"), ("stdout", f"{steps[number]}\n"))
    ]
    (_stdout, text), (_stderr, unfinished) = following(archived, page, heard)
    assert text.splitlines() == steps[archived_to:]
    assert unfinished == bar(99)


def test_a_bar_that_came_to_its_end_is_kept_and_one_under_way_in_its_last_state() -> None:
    done = "epoch 1: 100%|##| 500/500 [00:10<00:00, 48.1it/s]"
    page = f"{bar(3)}\n{done}\nstep 1\n{bar(5)}\nstep 2\n{bar(7)}"
    assert following("", page, ()) == [("stdout", f"{done}\nstep 1\nstep 2\n{bar(7)}")]


def test_many_like_lines_are_compared_in_no_more_time_than_they_take_to_read() -> None:
    many = "ok\n" * 50_000
    assert missing(many, many + "new\n", "new\nok\n") == "new\nok\n"


def test_a_page_lags_until_it_shows_what_was_heard_first() -> None:
    heard = [("stderr", "\r 3%|#"), ("stdout", "line 7\nline 8\n")]
    assert lags("line 5\nline 6\n", heard)
    assert not lags("line 5\nline 6\nline 7\n", heard)
    assert not lags("", [("stderr", "\r 3%|#")])
    assert not lags("", [])


def test_a_page_that_has_what_the_archive_lacks_before_a_gap_brings_nothing_twice() -> None:
    before, after = numbered_lines(0, 20), numbered_lines(22, 40)
    page = numbered_lines(0, 45)
    assert missing(before + after, page, "", [after]) == numbered_lines(40, 45)
    cut = numbered_lines(30, 45)
    assert missing(before + after, cut, "", [after]) == numbered_lines(40, 45)


def test_a_line_after_a_gap_that_is_printed_once_more_comes_once_more() -> None:
    before, after = numbered_lines(0, 20), numbered_lines(22, 40) + "saved\n"
    page = numbered_lines(0, 40) + "saved\nsaved\nstep 40\n"
    assert missing(before + after, page, "", [after]) == "saved\nstep 40\n"


def test_a_few_lines_after_a_gap_prove_nothing() -> None:
    archived, page = "a\nb\nepoch done\n", "x\ny\nepoch done\nz\n"
    assert missing(archived, page, "", ["epoch done\n"]) == page


@given(splits())
def test_where_the_whole_tail_is_found_its_parts_after_gaps_change_nothing(
    split: tuple[str, str, str, str],
) -> None:
    _text, archived, page, heard = split
    parts = [archived[place:] for place in line_ends(archived)]
    assert missing(archived, page, heard, parts) == missing(archived, page, heard)


def numbered_lines(first: int, end: int) -> str:
    return "".join(f"step {number}\n" for number in range(first, end))
