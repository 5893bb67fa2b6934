"""The feed: hands a run's text to the reader line by line; of a flood of like lines only some."""

import re

from colab_cdp_agent.watch.progress.reader import ProgressReader

REST_LIMIT = 2_000
"""How much of a line that is not ended yet is remembered."""
LIKE_EVERY_S = 0.25
"""How often a line is read that looks like the one before: reading costs more than keeping."""
LOOK_LENGTH = 8

_ENDS = re.compile(r"[\r\n]+")
_DIGITS = str.maketrans("123456789", "000000000")


class Feed:
    """Takes pieces of text as they are printed.

    Lines of one look that follow each other are read four times a second at most; the last of
    them is read before anything else is, so that nothing comes in another order.

    Args:
        reader: who reads them.

    """

    def __init__(self, reader: ProgressReader) -> None:
        self._reader = reader
        self._rest: dict[str, str] = {}
        self._look = ""
        self._read_at = 0.0
        self._skipped: tuple[str, float] | None = None

    def begin(self) -> None:
        """Take note that a new run begins."""
        self._reader.begin()
        self._rest.clear()
        self._look, self._skipped = "", None

    def take(self, stream: str, text: str, at: float) -> None:
        """Take a piece of one of the run's streams, printed at a time in seconds."""
        *lines, rest = _ENDS.split(self._rest.get(stream, "") + text)
        self._rest[stream] = rest[-REST_LIMIT:]
        for line in (*lines, rest):
            if line:
                self._take_line(line, at)

    def flush(self) -> None:
        """Read the line that was skipped last."""
        if self._skipped is not None:
            (line, at), self._skipped = self._skipped, None
            self._reader.take(line, at)

    def _take_line(self, line: str, at: float) -> None:
        look = line[:LOOK_LENGTH].translate(_DIGITS)
        if look == self._look and at - self._read_at < LIKE_EVERY_S:
            self._skipped = line, at
            return
        if look != self._look:
            self.flush()
        self._look, self._read_at, self._skipped = look, at, None
        self._reader.take(line, at)
