"""What was printed, on its way to the log: held back where the page may know what came before.

Whenever nobody listened for a while, the page may still show what was printed meanwhile. The first
text after such a gap waits until the page was read; then both are put together.
"""

from datetime import UTC, datetime
from itertools import chain

from colab_cdp_agent.keep.catch_up import Piece
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
        self._runs = False
        self._deaf = True  # what was printed before is not known
        self._deaf_since: datetime | None = None  # of a run that was heard before
        self._resumed = False  # that was by an earlier run of the agent
        self._held: list[Piece] | None = None
        self._cut_off: list[list[Piece]] = []  # held back too; after each something is missing
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

    @property
    def missing(self) -> bool:
        """Whether a run that was heard went on unheard, and nobody has read the page since."""
        return self._deaf_since is not None and not self._resumed

    def write(self, stream: str, text: str) -> None:
        """Take a piece of text."""
        if self._deaf:
            self._deaf = False
            self._hold()
        if self._held is None:
            self._log.write(stream, text)
            return
        self._held.append((stream, text))
        self._held_size += len(text)
        if self._held_size > HELD_LIMIT:
            self.release()

    def began(self, *, seen: bool) -> None:
        """Take note of a run; where its beginning was heard nothing of it is missing."""
        self._runs = True
        self._hold_if_missed()
        if seen:
            self._deaf = False

    def resume(self, since: datetime) -> None:
        """Take note that a run went on when an earlier run of the agent last heard it."""
        self._runs, self._deaf_since, self._resumed = True, since, True

    def ended(self) -> None:
        """Take note that the run is over: its open lines are whole, and its end may be missing."""
        self._runs = False
        self._hold_if_missed()
        if self._held is None:
            self._log.end_run()
        else:
            self._ends_later = True

    def deafened(self) -> None:
        """Take note that nothing is heard from now on."""
        self._deaf = True
        if self._runs and self._deaf_since is None:
            self._deaf_since = datetime.now(UTC)
        if self._held:
            self._cut_off.append(self._held)
            self._held = []

    def release(self) -> None:
        """Let go of what is held back: nobody will read the page."""
        if self._held or self._cut_off:
            self.caught_up(None, None)
        elif self._held is not None:
            self._go_on([])  # whoever hears the run again says what is missing

    @property
    def held(self) -> tuple[Piece, ...]:
        """What is held back, as far as it goes on without a gap."""
        return tuple(self._held or ())

    def caught_up(
        self,
        since: datetime | None,
        joined: list[Piece] | None,
        heard: tuple[Piece, ...] = (),
        shown: str = "",
    ) -> None:
        """Go on with what was held back, after what the page shows and the archive lacks.

        Args:
            since: when something was last archived, None where nothing ever was.
            joined: what is to be archived in the place of what was heard, None where the page
                could not be read.
            heard: what was held back when it was joined with the page.
            shown: what the page shows of the run.

        """
        if self._held is None or self._held[: len(heard)] != list(heard):
            return  # it was too much to wait, or there was another gap meanwhile
        held = self._held if joined is None else [*joined, *self._held[len(heard) :]]
        cut_off = [each for each in self._cut_off if _text(each) not in shown]
        held = [*chain.from_iterable(cut_off), *held]
        away, self._deaf_since, self._resumed = self._deaf_since or since, None, False
        if away is not None:
            local = away.astimezone().isoformat(timespec="seconds")
            follows = "what the page still shows of it follows" if shown else "the page shows none"
            self._log.gap(f"gap: nothing was heard since {local}; {follows}")
        elif joined is None:
            self._log.gap("gap: this run was met on its way, and the page does not show it")
        elif shown:
            self._log.mark("this run was met on its way; what the page shows of it comes first")
        self._go_on(held)

    def _hold(self) -> None:
        if self._held is None:
            self._held = []

    def _hold_if_missed(self) -> None:
        """Have the page read where a run that was heard went on unheard: it may show the rest."""
        if self._deaf_since is not None:
            self._hold()

    def _go_on(self, held: list[Piece]) -> None:
        self._held, self._held_size, self._cut_off = None, 0, []
        for stream, text in held:
            self._log.write(stream, text)
        if self._ends_later:
            self._ends_later = False
            self._log.end_run()


def _text(pieces: list[Piece]) -> str:
    return "".join(text for _stream, text in pieces)
