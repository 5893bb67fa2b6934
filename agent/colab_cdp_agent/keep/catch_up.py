"""What was printed while nobody listened, out of the page's text and of what is heard since. Pure.

Three texts show one and the same stream: the archive up to some moment, the page over a window of
it, and the wire from some moment on. Lines repeat in training logs, so the longest run of lines
decides where two of them meet.
"""

import re
from collections.abc import Iterator, Sequence

from colab_cdp_agent.keep.fold import Screen, folded, inert, unescaped

TAIL_BYTES = 256_000
"""How much of the archive is compared; a page that shows more is known by its end alone."""
FEWEST_LINES_INSIDE = 3
FEWEST_CHARACTERS = 4
FEWEST_LINES_AFTER_A_GAP = 8
"""So many must be found in a page that shows what the archive itself lacks."""
_NOTICE = re.compile(r"Streaming output truncated to the last \d+ lines\.\n")
# tqdm's meter: `450/1000 [00:45<00:55, 10.02it/s`
_METER = re.compile(r"\d\S*(?:/\S+|it) \[\d+:\d\d(?::\d\d)?(?:<[\d:?]+)?, {1,2}[\d.?]+\S*/")
_AT_ITS_END = "100%|"

Piece = tuple[str, str]
"""A stream, and what came of it."""


def following(
    archived_tail: str, page_text: str, heard: Sequence[Piece], after_gaps: Sequence[str] = ()
) -> list[Piece]:
    """Return what is to be appended in the place of what was heard; see `missing`.

    A bar on stderr stands in the page between the lines of stdout, once for each of them, and in
    the archive once, after them: of a bar that is under way only the latest state counts.
    """
    streams = {stream for stream, _text in heard}
    tail = _without_passing_bars(archived_tail)
    page = _without_passing_bars(page_text, keep_last=not heard)
    later = [_without_passing_bars(each) for each in after_gaps]
    if len(streams) < 2:  # noqa: PLR2004 - nothing to be put in order
        stream = "stderr" if "stderr" in streams else "stdout"
        text = "".join(text for _stream, text in heard)
        return [(stream, missing(tail, page, text, later))]
    text, passing = _in_order(heard)
    return [("stdout", missing(tail, page, text, later)), ("stderr", passing)]


def lags(page_text: str, heard: Sequence[Piece]) -> bool:
    """Return whether a page does not show yet what was heard first.

    It draws later than it hears: what lies between what it shows and what was heard is on its way.
    """
    lines = (
        line for stream, text in heard if stream != "stderr" for line in folded(text).split("\n")
    )
    first = next((line.strip() for line in lines if line.strip()), None)
    return first is not None and first not in page_text


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


def missing(archived_tail: str, page_text: str, heard: str, after_gaps: Sequence[str] = ()) -> str:
    """Return the text to append, so that nothing is lost and nothing stands there twice.

    An unfinished line of the archive is whole in the answer, which begins with a line.

    Args:
        archived_tail: the archive's last lines, without marks.
        page_text: the text that the page shows now; it may have been cleared or truncated.
        heard: what the wire brought since listening began; it may begin within the page's text.
        after_gaps: the part of the archive's last lines after each gap, the longest first. A page
            that shows what is missing there has the lines of the archive apart.

    """
    page = _NOTICE.sub("", page_text, count=1) if _NOTICE.match(page_text) else page_text
    *archived, unfinished = _compared(archived_tail)
    if _lags_behind(_compared(page)[:-1], archived):
        page = ""
    joined = _joined(page, heard)
    lines = _compared(joined)
    start = _known(lines, archived)
    if start == 0 and archived and not unfinished:
        # The last line of a run that was killed amid it may be a part of a line.
        start = _known(lines, archived[:-1])
        unfinished = archived[-1] if start else ""
    parts = (_compared(each)[:-1] for each in after_gaps)
    while start == 0 and (part := next(parts, None)) is not None:
        known = _known(lines, part)
        start = known if min(known, len(part)) >= FEWEST_LINES_AFTER_A_GAP else 0
    if unfinished and start + 1 < len(lines) and lines[start] == unfinished:
        start += 1
    return "\n".join(joined.split("\n")[start:]) + ("\r" if heard.endswith("\r") else "")


def _compared(text: str) -> list[str]:
    """Return lines as they are compared: a page may show blanks at an end, and has no colours."""
    return [line.rstrip() for line in unescaped(inert(text)).split("\n")]


def _lags_behind(page: list[str], archived: list[str]) -> bool:
    """Return whether a page shows nothing but what the archive has, and not even all of that."""
    if len(page) < FEWEST_LINES_INSIDE or archived[-len(page) :] == page:
        return False
    return _end_of(page, archived) is not None


def _known(lines: list[str], archived: list[str]) -> int:
    """Return how many lines, from the first on, end with the archive's last lines.

    As many of the archive's lines as there are before that place must stand there. Of several
    places the one with the longest run counts, then the first: twice is better than lost.
    """
    if any(archived) and (whole := _end_of(archived, lines)) is not None:
        return whole
    told = next((place for place, line in enumerate(lines) if line), len(lines))
    exact = next((size for size in _overlaps(archived, lines) if size > told), 0)
    # The first line of a page may have lost its beginning.
    first, *rest = lines
    told = next((place for place, line in enumerate(rest) if line), len(rest))
    cut = (
        size + 1
        for size in _overlaps(archived, rest)
        if told < size < len(archived) and archived[-size - 1].endswith(first)
    )
    return max(exact, next(cut, 0))


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
    """Return the length of the longest end of a text that another one begins with."""
    return next(_overlaps(before, after), 0)


# https://en.wikipedia.org/wiki/Knuth-Morris-Pratt_algorithm, for texts and for lists of lines.


def _overlaps(before: Sequence[str], after: Sequence[str]) -> Iterator[int]:
    """Yield the lengths of all ends of one sequence that another begins with, longest first."""
    borders = _borders(after)
    length = 0
    for each in before[max(0, len(before) - len(after)) :]:
        length = _longer(after, borders, length, each)
    while length:
        yield length
        length = borders[length - 1]


def _end_of(part: Sequence[str], whole: Sequence[str]) -> int | None:
    """Return where the first occurrence of one sequence in another ends, None where none is."""
    borders = _borders(part)
    length = 0
    for end, each in enumerate(whole, start=1):
        length = _longer(part, borders, length, each)
        if length == len(part):
            return end
    return None


def _borders(text: Sequence[str]) -> list[int]:
    """Return, for each beginning of a sequence, how much of its end the sequence begins with."""
    borders = [0]
    for each in text[1:]:
        borders.append(_longer(text, borders, borders[-1], each))
    return borders


def _longer(text: Sequence[str], borders: list[int], length: int, each: str) -> int:
    """Return how much of a beginning stands, once another element has followed so much."""
    while length and text[length] != each:
        length = borders[length - 1]
    return length + (length < len(text) and text[length] == each)
