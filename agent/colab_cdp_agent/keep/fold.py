"""What a terminal leaves of a stream: carriage returns, backspaces, cursor movements folded.

A progress bar that is redrawn ten thousand times is one line, in its last state. Pure.
Control sequences: https://ecma-international.org/publications-and-standards/standards/ecma-48/
"""

import re
from typing import Literal

from colab_cdp_agent.keep.row import RESET, Row, Style

Ansi = Literal["strip", "keep"]

HEIGHT_LINES = 100
"""How far up a cursor can go: bars that stand higher have left the screen."""
WIDEST_MOVE = 1_000
LONGEST_LINE = 262_144
"""A longer line is broken here, as a terminal does at its edge. Characters."""
LONGEST_STYLE = 8
LONGEST_COLOUR = 64
"""A sequence that sets more than all there is to set is none."""
LONGEST_BEGUN = 4_096
"""A sequence is waited for as long as so much of it has come; longer, it is text."""

_ANY_ESCAPE = (
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: movements, erasing, colours
    r"|[\]PX^_][^\x07\x1b\r\n]*(?:\x07|\x1b\\)"  # OSC and its like: titles, links; in one line
    r"|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"  # all others
)
_SOME = f"{{0,{LONGEST_BEGUN}}}"
_BEGUN = re.compile(
    rf"\x1b(?:\[[0-?]{_SOME}[ -/]{_SOME}|[\]PX^_][^\x07\x1b\r\n]{_SOME}\x1b?|[ -/]{_SOME})?\Z"
)
_TOKEN = re.compile(rf"[^\x08\n\r\x1b]+|[\x08\n\r]|{_ANY_ESCAPE}|\x1b")
COLOUR = r"\x1b\[[0-9;:]*m"
_COLOUR = re.compile(COLOUR)
_COLOUR_OR_NOTHING = re.compile(rf"{_COLOUR.pattern}|\x1b(?=\x1b)")
_ESCAPE = re.compile(rf"{_ANY_ESCAPE}|\x1b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NO_COLOUR = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;:]*m)")
_ACT = re.compile(r"\x1b\[[0-9;]*[A-Z]")
_RESETS = ("\x1b[m", RESET)


class Screen:
    """The last lines of one stream, and the cursor in them."""

    def __init__(self, ansi: Ansi = "strip") -> None:
        self._strips = ansi == "strip"
        self._rows = [Row("")]
        self._at = 0
        self._column = 0
        self._style: Style = ()
        self._held = ""

    @property
    def open_line(self) -> str:
        """The line that is not finished."""
        return self._rows[-1].shown()

    @property
    def drawn_last(self) -> str:
        """The line that the cursor is in."""
        return self._rows[self._at].shown()

    def write(self, text: str) -> list[Row]:
        """Take any piece of the stream, and return the lines that it finished.

        They may be drawn over by a later piece, as long as they are not fixed.
        """
        self._forget_fixed()
        if self._held:
            text, self._held = self._held + text, ""
        if "\x1b" in text:
            begun = _BEGUN.search(text)
            if begun is not None:
                text, self._held = text[: begun.start()], begun[0]
            if self._strips:
                text = _COLOUR_OR_NOTHING.sub("", text)
        if "\r\n" in text:
            text = text.replace("\r\n", "\n")
        if "\r" in text or "\b" in text or "\x1b" in text or not self._appends(len(text)):
            return self._draw(text)
        return self._append(text)

    def end(self) -> list[Row]:
        """Finish the unfinished line; nothing of what stands is drawn over any more.

        A sequence that never ended is none, and its text is text.
        """
        self._style = ()
        held, self._held = self._held, ""
        return [*self._draw(held), *self._leave()]

    def holds(self, row: Row) -> bool:
        """Return whether a finished line is one of a block that is being drawn: at the cursor."""
        return row in self._rows[self._at : -1]

    def _forget_fixed(self) -> None:
        fixed = 0
        while self._rows[fixed].fixed:
            fixed += 1
        if fixed:
            del self._rows[:fixed]
            self._at = max(0, self._at - fixed)
        while self._rows[self._at].fixed:
            self._at += 1

    def _appends(self, length: int) -> bool:
        """Return whether so many characters simply go to the end."""
        last = self._rows[-1]
        return (
            self._column == len(last.text)
            and self._at == len(self._rows) - 1
            and self._column + length <= LONGEST_LINE
            and not self._style
            and last.styles is None
        )

    def _append(self, text: str) -> list[Row]:
        first, *lines = text.split("\n")
        rows = self._rows
        rows[-1].extend(first)
        finished = rows[-1:]
        new = [Row(line) for line in lines]
        finished += new
        rows += new
        del rows[:-HEIGHT_LINES]
        self._at = len(rows) - 1
        self._column = len(rows[-1].text)
        finished.pop()
        return finished

    def _draw(self, text: str) -> list[Row]:
        finished: list[Row] = []
        for piece in _TOKEN.findall(text):
            if piece == "\n":
                self._feed(finished)
            elif piece == "\r":
                self._column = 0
            elif piece == "\b":
                self._column = max(0, self._column - 1)
            elif piece[0] == "\x1b":
                self._control(piece, finished)
            else:
                self._put(piece, finished)
        return finished

    def _put(self, text: str, finished: list[Row]) -> None:
        room = LONGEST_LINE - self._column
        while len(text) > room:
            self._rows[self._at].put(self._column, text[:room], self._style)
            self._feed(finished)
            text, room = text[room:], LONGEST_LINE
        self._rows[self._at].put(self._column, text, self._style)
        self._column += len(text)

    def _feed(self, finished: list[Row]) -> None:
        self._column = 0
        if self._at == len(self._rows) - 1:
            finished.append(self._rows[-1])
            self._rows.append(Row(""))
            del self._rows[:-HEIGHT_LINES]
            self._at = len(self._rows) - 1
        else:
            self._at += 1

    def _control(self, sequence: str, finished: list[Row]) -> None:
        if _COLOUR.fullmatch(sequence):
            if not self._strips and len(sequence) <= LONGEST_COLOUR:
                reset = sequence in _RESETS
                self._style = () if reset else (*self._style, sequence)[-LONGEST_STYLE:]
            return
        if not _ACT.fullmatch(sequence):
            return
        digits = sequence[2:-1].partition(";")[0][:4]
        number = int(digits or 0)
        self._move(sequence[-1], max(1, number))
        if sequence[-1] == "K":
            self._erase_in_line(number)
        elif sequence[-1] == "J" and number == 0:
            self._rows[self._at].cut(self._column)
            for row in self._rows[self._at + 1 :]:
                row.cut(0)
        elif sequence[-1] == "H" or (sequence[-1] == "J" and number > 1):
            finished += self._leave()

    def _move(self, direction: str, count: int) -> None:
        if direction in "AF":
            while count and self._at and not self._rows[self._at - 1].fixed:
                self._at -= 1
                count -= 1
        elif direction in "BE":
            self._at = min(self._at + count, len(self._rows) - 1)
        elif direction == "C":
            self._column = max(self._column, min(self._column + count, WIDEST_MOVE))
        elif direction == "D":
            self._column = max(0, self._column - count)
        elif direction == "G":
            self._column = min(count - 1, WIDEST_MOVE)
        if direction in "EF":
            self._column = 0

    def _erase_in_line(self, part: int) -> None:
        row = self._rows[self._at]
        if part == 0:
            row.cut(self._column)
        elif part == 1:
            row.put(0, " " * min(self._column + 1, len(row.text)), ())
        else:
            row.cut(0)

    def _leave(self) -> list[Row]:
        """Go to an empty screen; what stands on this one stays as it is."""
        last = self._rows[-1]
        self._rows, self._at, self._column = [Row("")], 0, 0
        return [last] if last.shown() else []


def folded(text: str) -> str:
    """Return a whole text as a terminal leaves it, without colours."""
    screen = Screen()
    rows = screen.write(text)
    return "\n".join([*(row.shown() for row in rows), screen.open_line])


def unescaped(text: str) -> str:
    """Return a text without escape sequences."""
    return _ESCAPE.sub("", text)


def plain(text: str) -> str:
    """Return a text without escape sequences, and with a blank for each control character."""
    return _CONTROL.sub(" ", unescaped(text))


def inert(text: str) -> str:
    """Return a text that steers no terminal which it is copied to; colours are all that it does."""
    return _NO_COLOUR.sub("", text) if _STEERS.search(text) else text
