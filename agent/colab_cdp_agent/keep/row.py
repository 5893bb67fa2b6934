"""One line of a terminal, and the styles of its characters. Pure."""

from itertools import groupby

Style = tuple[str, ...]
"""The sequences that are in force, in their order."""
RESET = "\x1b[0m"


class Row:
    """One line, which can be redrawn as long as it is not `fixed`.

    Attributes:
        kept: the line as a file holds it, for whoever keeps it; None from each change on.

    """

    __slots__ = ("fixed", "kept", "redrawn", "styles", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.styles: list[Style] | None = None
        self.redrawn = False
        self.fixed = False
        self.kept: str | None = None

    def extend(self, text: str) -> None:
        """Write a text in no style at the end of a line that has none."""
        self.text += text
        self.kept = None

    def put(self, column: int, text: str, style: Style) -> None:
        """Write over what stands from a column on."""
        self.kept = None
        missing = column - len(self.text)
        self.redrawn = self.redrawn or missing < 0
        if style and self.styles is None:
            self.styles = [()] * len(self.text)
        if self.styles is not None:
            self.styles += [()] * missing
            self.styles[column : column + len(text)] = [style] * len(text)
        before = self.text + " " * missing if missing > 0 else self.text[:column]
        self.text = before + text + self.text[column + len(text) :]

    def cut(self, column: int) -> None:
        """Erase from a column to the end."""
        self.kept = None
        self.redrawn = True
        self.text = self.text[:column]
        if self.styles is not None:
            del self.styles[column:]

    def shown(self) -> str:
        """Return the line: what a redrawn bar was blanked out with is not part of it."""
        text = self.text.rstrip(" ") if self.redrawn else self.text
        if self.styles is None:
            return text
        parts = []
        for style, cells in groupby(zip(self.styles, text, strict=False), lambda cell: cell[0]):
            words = "".join(character for _style, character in cells)
            parts.append(f"{''.join(style)}{words}{RESET}" if style else words)
        return "".join(parts)
