"""Text that others wrote, made fit for a terminal: it is read there, and steers nothing.

Titles, printed lines, answers of a broker: whoever wrote them may have put in escape sequences
that write the clipboard or forge a line, or signs that turn the direction of text.
"""

import re

# A terminal's control sequences (CSI and the string kinds) and its two-character ones. A string
# ends where the next begins: else many beginnings would each be read to the end of the text.
ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)


def printable(text: str) -> str:
    """Return a text in one line, without what could steer a terminal."""
    plain = ESCAPE_SEQUENCE.sub("", text)
    return "".join(character if character.isprintable() else " " for character in plain)


def printable_lines(text: str) -> str:
    """Return a text of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    """Return the same JSON with an escape for each character that could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else _json_escape(each) for each in text
    )


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex(" ", 2)
    return "".join(f"\\u{unit}" for unit in units.split())
