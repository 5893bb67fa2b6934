"""What was printed, on its way to the log: held back where the page may know what came before.

Whenever nobody listened for a while, the page may still show what was printed meanwhile. The first
text after such a gap waits until the page was read; then both are put together.
"""

from datetime import UTC, datetime

from colab_cdp_agent.keep.catch_up import missing
from colab_cdp_agent.keep.session_log import Log

HELD_LIMIT = 1_000_000
"""How many characters are held back until the page's own text was read."""


class Intake:
    """Takes one notebook's printed text as it is heard.

    Args:
        log: where it is kept.

    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._deaf = True  # what was printed before is not known
        self._deaf_since: datetime | None = None
        self._held: list[tuple[str, str]] | None = None
        self._held_size = 0
        self._ends_later = False

    @property
    def holding(self) -> bool:
        """Whether text waits for the page's own to be read."""
        return self._held is not None

    @property
    def whole(self) -> bool:
        """Whether all that the run printed was heard, or read from the page."""
        return not self._deaf and self._held is None

    def write(self, stream: str, text: str) -> None:
        """Take a piece of text."""
        if self._deaf:
            self._deaf, self._held = False, []
        if self._held is None:
            self._log.write(stream, text)
            return
        self._held.append((stream, text))
        self._held_size += len(text)
        if self._held_size > HELD_LIMIT:
            self.release()

    def began(self, *, seen: bool) -> None:
        """Take note of a run; where its beginning was heard nothing of it is missing."""
        if seen and self._held is None:
            self._deaf, self._deaf_since = False, None

    def ended(self) -> None:
        """Take note that the run is over: its open lines are whole."""
        if self._held is None:
            self._log.end_run()
        else:
            self._ends_later = True

    def deafened(self) -> None:
        """Take note that nothing is heard from now on."""
        self._deaf, self._deaf_since = True, self._deaf_since or datetime.now(UTC)

    def release(self) -> None:
        """Let go of what is held back: nobody will read the page."""
        if self._held is not None:
            self.caught_up(None, "", None)

    def caught_up(self, shown: str | None, archived: str, since: datetime | None) -> None:
        """Go on with what was held back, after what the page shows and the archive lacks.

        Args:
            shown: the page's text of the running cell, None where it cannot be read.
            archived: the end of what is archived.
            since: when something was last archived, None where nothing ever was.

        """
        held, self._held, self._held_size = self._held or [], None, 0
        away, self._deaf_since = self._deaf_since or since, None
        if away is not None:
            local = away.astimezone().isoformat(timespec="seconds")
            follows = "what the page still shows of it follows" if shown else "the page shows none"
            self._log.gap(f"gap: nothing was heard since {local}; {follows}")
        elif shown:
            self._log.mark("this run was met on its way; what the page shows of it comes first")
        if shown:
            heard = "".join(text for _stream, text in held)
            held = [("stdout", missing(archived, shown, heard))]
        for stream, text in held:
            self._log.write(stream, text)
        if self._ends_later:
            self._ends_later = False
            self._log.end_run()
