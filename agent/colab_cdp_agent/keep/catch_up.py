"""What was printed while nobody listened, out of the page's text and of what is heard since. Pure.

Three texts show one and the same stream: the archive up to some moment, the page over a window of
it, and the wire from some moment on. Lines repeat in training logs, so the longest run of lines
decides where two of them meet.
"""

import re
from collections.abc import Sequence

from colab_cdp_agent.keep.fold import Screen, folded, unescaped

TAIL_BYTES = 256_000
"""How much of the archive is compared; a page that shows more is known by its end alone."""
FEWEST_LINES_INSIDE = 3
FEWEST_CHARACTERS = 4
_NOTICE = re.compile(r"Streaming output truncated to the last \d+ lines\.\n")
# tqdm's meter: `450/1000 [00:45<00:55, 10.02it/s`
_METER = re.compile(r"\d\S*(?:/\S+|it) \[\d+:\d\d(?::\d\d)?(?:<[\d:?]+)?, {1,2}[\d.?]+\S*/")
_AT_ITS_END = "100%|"

Piece = tuple[str, str]
"""A stream, and what came of it."""


def following(archived_tail: str, page_text: str, heard: Sequence[Piece]) -> list[Piece]:
    """Return what is to be appended in the place of what was heard; see `missing`.

    A bar on stderr stands in the page between the lines of stdout, once for each of them, and in
    the archive once, after them: of a bar that is under way only the latest state counts.
    """
    streams = {stream for stream, _text in heard}
    tail = _without_passing_bars(archived_tail)
    page = _without_passing_bars(page_text, keep_last=not heard)
    if len(streams) < 2:  # noqa: PLR2004 - nothing to be put in order
        stream = "stderr" if "stderr" in streams else "stdout"
        return [(stream, missing(tail, page, "".join(text for _stream, text in heard)))]
    text, passing = _in_order(heard)
    return [("stdout", missing(tail, page, text)), ("stderr", passing)]


def _without_passing_bars(text: str, *, keep_last: bool = False) -> str:
    """Return a text without the lines that are states of a bar under way."""
    *lines, last = text.split("\n")
    kept = [line for line in lines if _AT_ITS_END in line or not _METER.search(line)]
    return "\n".join([*kept, last if keep_last or not _METER.search(last) else ""])


def _in_order(heard: Sequence[Piece]) -> tuple[str, str]:
    """Return lines in the order in which they were finished, and what is unfinished on stderr."""
    out, err = Screen(), Screen()
    rows = []
    for stream, text in heard:
        if stream in {"result", "traceback"}:
            rows += [*out.end(), *err.end(), *out.write(text), *out.end()]
        else:
            rows += (err if stream == "stderr" else out).write(text)
    lines = "".join(f"{row.shown()}\n" for row in rows)
    last = next((text for stream, text in reversed(heard) if stream != "stderr"), "")
    return lines + out.open_line + ("\r" if last.endswith("\r") else ""), err.open_line


def missing(archived_tail: str, page_text: str, heard: str) -> str:
    """Return the text to append, so that nothing is lost and nothing stands there twice.

    An unfinished line of the archive is whole in the answer, which begins with a line.

    Args:
        archived_tail: the archive's last lines, without marks.
        page_text: the text that the page shows now; it may have been cleared or truncated.
        heard: what the wire brought since listening began; it may begin within the page's text.

    """
    page = _NOTICE.sub("", page_text, count=1) if _NOTICE.match(page_text) else page_text
    *archived, unfinished = (line.rstrip() for line in archived_tail.split("\n"))
    if _lags_behind(_compared(page)[:-1], archived):
        page = ""
    joined = _joined(page, heard)
    lines = _compared(joined)
    start = _known(lines, archived)
    if start == 0 and archived and not unfinished:
        # The last line of a run that was killed amid it may be a part of a line.
        unfinished = archived.pop()
        start = _known(lines, archived)
    if unfinished and lines[start] == unfinished and start + 1 < len(lines):
        start += 1
    return "\n".join(joined.split("\n")[start:]) + ("\r" if heard.endswith("\r") else "")


def _compared(text: str) -> list[str]:
    """Return lines as they are compared: a page may show blanks at an end, or not."""
    return [line.rstrip() for line in text.split("\n")]


def _lags_behind(page: list[str], archived: list[str]) -> bool:
    """Return whether a page shows nothing but what the archive has, and not even all of that."""
    size = len(page)
    if size < FEWEST_LINES_INSIDE or archived[-size:] == page:
        return False
    return any(
        archived[start : start + size] == page
        for start in range(len(archived) - size)
        if archived[start] == page[0]
    )


def _known(lines: list[str], archived: list[str]) -> int:
    """Return how many lines, from the first on, end with the archive's last lines.

    As many of the archive's lines as there are before that place must stand there. Of several
    places the one with the longest run counts, then the first: twice is better than lost.
    """
    best, longest = 0, 0
    for count, line in enumerate(lines, start=1):
        run = min(count, len(archived))
        if run <= longest or line != archived[-1]:
            continue
        shown, kept = lines[count - run : count], archived[-run:]
        if run == count and any(shown[1:]) and shown[0] and kept[0].endswith(shown[0]):
            shown[0] = kept[0]  # a page may begin amid a line
        if shown == kept and any(shown):
            best, longest = count, run
    return best


def _joined(page: str, heard: str) -> str:
    """Return the page's text continued by what was heard and does not stand in it yet."""
    whole, end, unfinished = page.rpartition("\n")
    whole += end
    text = folded(heard)
    shown = _overlap(page, text)
    if shown >= min(FEWEST_CHARACTERS, len(unfinished) or 1) and text[:shown].strip():
        return page + text[shown:]
    shown = _overlap(whole, text)
    if text[:shown].strip() and unfinished in re.split(r"[\r\n]", unescaped(heard)):
        # A bar, of which the page shows an earlier state.
        return whole + text[shown:]
    return whole + folded(unfinished + heard)


def _overlap(before: str, after: str) -> int:
    """Return the length of the longest end of a text that another one begins with.

    https://en.wikipedia.org/wiki/Knuth-Morris-Pratt_algorithm
    """
    borders = [0]
    for character in after[1:]:
        borders.append(_longer(after, borders, borders[-1], character))
    length = 0
    for character in before[max(0, len(before) - len(after)) :]:
        length = _longer(after, borders, length, character)
    return length


def _longer(text: str, borders: list[int], length: int, character: str) -> int:
    """Return how much of the text's beginning stands, once a character has followed so much."""
    while length and text[length] != character:
        length = borders[length - 1]
    return length + (text[length : length + 1] == character)
