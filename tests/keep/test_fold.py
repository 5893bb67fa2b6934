"""Folding: what stands at the end is what a terminal shows, however the stream came in pieces."""

import io
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress

from colab_cdp_agent.keep.fold import LONGEST_LINE, Ansi, Screen, folded, plain

UP, DOWN, ERASE = "\x1b[A", "\x1b[B", "\x1b[K"
WORDS = st.text("ab 가", min_size=1, max_size=6)
MOVES = st.sampled_from(["\n", "\r", "\b", "\r\n", UP, "\x1b[2A", DOWN, "\x1b[2E", "\x1b[F"])
SIDEWAYS = st.sampled_from(["\x1b[3C", "\x1b[2D", "\x1b[4G", ERASE, "\x1b[1K", "\x1b[2K", "\x1b[J"])
UNSEEN = st.sampled_from(
    ["\x1b[31m", "\x1b[0m", "\x1b[?25l", "\x1b]0;title\x07", "\x1b]8;;u:\x1b\\", "\x1b(B"]
)
STREAMS = st.lists(WORDS | MOVES | SIDEWAYS | UNSEEN, max_size=40)
ANYTHING = st.text(st.sampled_from("ab \n\r\b\t\x1b[]();?0123456789ABCDEFGHJKmh\x07\\가\ud800"))


class Terminal:
    """A tiny terminal of its own: a grid of characters, and the cursor in it."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], str] = {}
        self.row = self.column = self.lowest = 0

    def obey(self, order: str) -> None:
        match re.fullmatch(r"\x1b\[(\d*)([A-K])", order):
            case None if order[0] == "\x1b":
                return
            case None:
                for character in order:
                    self.type(character)
            case found:
                self.move(found[2], found[1])

    def type(self, character: str) -> None:
        match character:
            case "\n":
                self.row, self.column = self.row + 1, 0
                self.lowest = max(self.lowest, self.row)
            case "\r":
                self.column = 0
            case "\b":
                self.column = max(0, self.column - 1)
            case _:
                self.cells[self.row, self.column] = character
                self.column += 1

    def move(self, letter: str, digits: str) -> None:
        count = int(digits or 1)
        match letter:
            case "A" | "F":
                self.row = max(0, self.row - count)
            case "B" | "E":
                self.row = min(self.lowest, self.row + count)
            case "C":
                self.column += count
            case "D":
                self.column = max(0, self.column - count)
            case "G":
                self.column = count - 1
            case "K":
                self.erase(lambda row, column: row == self.row and self.in_part(column, digits))
            case "J":
                self.erase(lambda row, column: (row, column) >= (self.row, self.column))
        if letter in "EF":
            self.column = 0

    def in_part(self, column: int, digits: str) -> bool:
        return {"": column >= self.column, "1": column <= self.column, "2": True}[digits]

    def erase(self, gone) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        self.cells = {place: cell for place, cell in self.cells.items() if not gone(*place)}

    def shown(self) -> list[str]:
        rows = [""] * (self.lowest + 1)
        for (row, column), cell in sorted(self.cells.items()):
            rows[row] = rows[row].ljust(column) + cell
        return [row.rstrip(" ") for row in rows]


def lines(screen: Screen, pieces: list[str]) -> list[str]:
    """Return what stands after all pieces: finished lines, and the unfinished one."""
    rows = [row for piece in pieces for row in screen.write(piece)]
    return [*(row.shown() for row in rows), screen.open_line]


def cut(text: str, at: list[int]) -> list[str]:
    """Cut a text at places anywhere in it."""
    places = [0, *sorted(place % (len(text) + 1) for place in at), len(text)]
    return [text[first:second] for first, second in pairwise(places)]


@given(STREAMS)
def test_what_stands_is_what_a_terminal_shows(stream: list[str]) -> None:
    terminal = Terminal()
    for order in stream:
        terminal.obey(order)
    assert [row.rstrip(" ") for row in folded("".join(stream)).split("\n")] == terminal.shown()


@pytest.mark.parametrize("ansi", ["strip", "keep"])
@given(text=STREAMS.map("".join) | ANYTHING, at=st.lists(st.integers(0, 400), max_size=8))
def test_pieces_make_no_difference(ansi: Ansi, text: str, at: list[int]) -> None:
    assert lines(Screen(ansi), cut(text, at)) == lines(Screen(ansi), [text])


@given(st.text(st.characters(exclude_characters="\r\b\x1b", exclude_categories=())))
def test_text_without_controls_stays_as_it_is(text: str) -> None:
    assert folded(text) == text


@given(text=STREAMS.map("".join))
def test_kept_colours_change_no_character(text: str) -> None:
    kept = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines(Screen("keep"), [text])]
    assert kept == lines(Screen("strip"), [text])


@given(ANYTHING)
def test_plain_text_has_no_control_characters(text: str) -> None:
    assert re.search(r"[\x00-\x1f\x7f-\x9f]", plain(text)) is None


def test_a_bar_of_ten_thousand_states_is_one_line() -> None:
    states = "".join(f"\r{percent:3d}%|{'#' * (percent // 5)}" for percent in range(101))
    assert folded(f"{states * 100}\ndone\n").split("\n") == [f"100%|{'#' * 20}", "done", ""]


def test_a_bar_that_is_wiped_away_leaves_no_blanks() -> None:
    assert folded("\r 50%|##  |\r          \rdone\n") == "done\n"


def test_nested_bars_leave_their_last_state_each() -> None:
    screen = Screen()
    pieces = ["\router:   0%"]
    for outer in (50, 100):
        for inner in range(0, 101, 10):
            pieces += ["\n", f"\rinner: {inner:3d}%", UP]
        pieces.append(f"\router: {outer:3d}%")
    pieces.append("\n")
    rows = [row for piece in pieces for row in screen.write(piece)]
    assert [row.shown() for row in rows] == ["outer: 100%"]
    assert [row.shown() for row in screen.end()] == ["inner: 100%"]


def test_what_rich_draws_leaves_each_bar_once() -> None:
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, force_jupyter=False, width=60)
    with Progress(console=console, auto_refresh=False) as progress:
        bars = [progress.add_task(name, total=20) for name in ("train", "valid")]
        for step in range(20):
            for bar in bars:
                progress.update(bar, advance=1)
                progress.refresh()
            if step % 10 == 0:
                progress.console.print(f"step {step}")
    *printed, train, valid = folded(drawn.getvalue()).strip("\n").split("\n")
    assert printed == ["step 0", "step 10"]
    assert (train[:6], valid[:6]) == ("train ", "valid ")
    assert "100%" in train
    assert "100%" in valid


def test_a_table_that_is_redrawn_below_printed_lines_stands_once() -> None:
    table = "loss  {0}\nacc   {0}\n"
    stream = "start\n" + table.format(0) + "".join(f"\r{UP * 2}{table.format(n)}" for n in (1, 2))
    assert folded(stream) == "start\nloss  2\nacc   2\n"


def test_a_cleared_screen_takes_nothing_away() -> None:
    assert folded("one\ntwo\x1b[2J\x1b[Hthree\x1b[H\x1b[Jfour\n").split() == [
        *("one", "two", "three", "four")
    ]


def test_a_line_that_is_fixed_is_never_drawn_over() -> None:
    screen = Screen()
    (first,) = screen.write("first\nsec")
    first.fixed = True
    (second,) = screen.write(f"{UP}{UP}\rsecond\n")
    assert (first.shown(), second.shown()) == ("first", "second")


def test_the_cursor_in_a_line_that_was_fixed_meanwhile_goes_to_the_next() -> None:
    screen = Screen()
    (outer,) = screen.write(f"\router\n\rinner{UP}")
    outer.fixed = True
    screen.write("\rlater")
    assert (outer.shown(), screen.open_line) == ("outer", "later")


def test_kept_colours_stay_with_their_characters() -> None:
    screen = Screen("keep")
    screen.write("\x1b[31mred\x1b[0m plain \x1b[1m\x1b[32mgreen\x1b[m\r\x1b[34mB")
    assert screen.open_line == (
        "\x1b[34mB\x1b[0m\x1b[31med\x1b[0m plain \x1b[1m\x1b[32mgreen\x1b[0m"
    )


@pytest.mark.parametrize("pieces", [1, 7, 100_000])
def test_a_line_without_end_is_broken(pieces: int) -> None:
    text = "x" * (2 * LONGEST_LINE + 5)
    places = range(0, len(text), -(-len(text) // pieces))
    parts = [text[at : at + len(text) // pieces + 1] for at in places]
    assert "".join(parts).startswith(text[:10])
    longest = [len(line) for line in lines(Screen(), cut(text, list(places)))]
    assert longest == [LONGEST_LINE, LONGEST_LINE, 5]


@pytest.mark.parametrize(
    ("opening", "more"), [("\x1b]1337;File=", "x"), ("\x1b[", "1"), ("\x1b[1", "."), ("\x1b", "-")]
)
def test_a_sequence_that_never_ends_is_not_held_for_ever(opening: str, more: str) -> None:
    screen = Screen()
    screen.write(opening)
    for _ in range(10):
        screen.write(more * 1_000)
    assert len(screen.open_line) > 5_000


@pytest.mark.parametrize("opening", ["\x1b]0;", "\x1bP", "\x1b^", "\x1b_", "\x1bX"])
@pytest.mark.parametrize("later", ["", "\x07", "\x1b\\"])
def test_a_sequence_that_never_ends_takes_no_line_with_it(opening: str, later: str) -> None:
    """A program that forgot its end, or was made to, must hide nothing of what comes after."""
    printed = [f"before {opening}", "loss 0.5\n", f"loss 0.4{later}\n", "loss 0.3"]
    for pieces in (printed, ["".join(printed)]):
        shown = "\n".join(lines(Screen(), pieces))
        assert all(f"loss 0.{digit}" in shown for digit in (5, 4, 3)), shown
        assert "\x1b" not in shown


def test_a_sequence_that_is_unfinished_at_the_end_of_a_run_is_text() -> None:
    screen = Screen()
    screen.write("step 1\n\x1b]0;step 2")
    assert [row.shown() for row in screen.end()] == ["]0;step 2"]
    assert screen.write("step 3\n")[0].shown() == "step 3"


def test_a_colour_longer_than_any_is_none() -> None:
    """It would be written again before each piece of text that has it."""
    screen = Screen("keep")
    rows = screen.write(f"a\x1b[{'0;' * 1_000}1mb\x1b[38;2;1;2;3;48;2;4;5;6;1;3;4;9mc\n")
    assert rows[0].shown() == "ab\x1b[38;2;1;2;3;48;2;4;5;6;1;3;4;9mc\x1b[0m"
