"""What one notebook printed: the lines that may still change, and those that wait for the disk.

Nothing here waits for anything. Lines are taken as the kernel sends them, and handed over as
batches; what a batch could not be written of is taken back.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import chain, islice

from colab_cdp_agent.keep import fold
from colab_cdp_agent.keep.backlog import Backlog, Load, Room, encode
from colab_cdp_agent.keep.fold import Ansi, Screen
from colab_cdp_agent.keep.mark import guarded, mark
from colab_cdp_agent.keep.row import Row

RECENT_LINES = 200
RECENT_CHARACTERS = 65_536
HURRY_BYTES = 1_048_576
LONGEST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to stand in the file after what is settled there.

    `load` is final. `recent` may still be drawn over, and `unfinished` goes on; both are handed
    over again with the next batch.
    """

    title: str
    load: Load
    recent: list[str]
    unfinished: list[str]

    def settled(self) -> bytes:
        """Return the final lines as they stand in a file."""
        return encode(
            mark(self.title, f"{line} lines lost: the archive could not be written")
            if isinstance(line, int)
            else line
            for line in self.load.lines
        )

    def passing(self) -> bytes:
        """Return the other lines as they stand in a file; the last one may be unfinished."""
        whole = encode([*self.recent, *self.unfinished])
        return whole[:-1] if self.unfinished else whole


@dataclass(frozen=True, slots=True)
class Desk:
    """The archive, as far as a log needs it."""

    room: Room
    news: Callable[[], None]
    hurry: Callable[[], None]
    kept: Callable[[], Awaitable[None]]


class _Mark(Row):
    __slots__ = ()


class Log:
    """One notebook's printed lines, on their way to its files.

    Attributes:
        title: the notebook's, as it stands in the marks.
        lines: how many lines were finished since the start.
        bytes: how many bytes were printed since the start, bars with every state.
        changed: whether something is not handed over yet.

    """

    def __init__(self, ansi: Ansi, desk: Desk) -> None:
        self.title = ""
        self.lines = self.bytes = 0
        self.changed = False
        self._gaps_told = 0
        self._desk = desk
        self._stdout, self._stderr, self._block = (Screen(ansi) for _ in range(3))
        self._latest = self._stdout
        self._recent: deque[tuple[Row, int]] = deque()
        self._recent_characters = 0
        self._backlog = Backlog(desk.room)

    def write(self, stream: str, text: str) -> int:
        """Take any piece of a stream, and return how many lines it finished.

        Args:
            stream: `stdout` or `stderr`, which go on where they stopped; `result` or `traceback`,
                which begin and end with the piece.
            text: as the kernel sent it.

        """
        self.bytes += len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
        if stream in {"result", "traceback"}:
            self.end_run()
            screen = self._block
            rows = screen.write(text) + screen.end()
        else:
            screen = self._stderr if stream == "stderr" else self._stdout
            rows = screen.write(text)
        self._latest = screen
        self._take(rows)
        self.lines += len(rows)
        return len(rows)

    def clear_output(self, wait: bool) -> None:  # noqa: ARG002, FBT001 - the message's own word
        """Take note that the page's output is cleared, now or with the next text: nothing goes."""
        self.end_run()

    def end_run(self, note: str = "") -> None:
        """Make whole lines of the unfinished ones; a note becomes a mark."""
        rows = self._stdout.end() + self._stderr.end()
        self.lines += len(rows)
        self._take(rows)
        if note:
            self.mark(note)

    def mark(self, text: str) -> None:
        """Put a visible line of the archive's own between what was printed before and after."""
        self.end_run()
        self._take([_Mark(mark(self.title, text))])

    def gap(self, text: str) -> None:
        """Put a mark where something is missing, and count it."""
        self._gaps_told += 1
        self.mark(text)

    async def kept(self) -> None:
        """Return once everything that was written so far is safely on disk.

        What was dropped before is told by `dropped_lines`.

        Raises:
            ArchiveFailedError: it could not be written.

        """
        await self._desk.kept()

    @property
    def dropped_lines(self) -> int:
        """How many lines found no room while the archive could not be written."""
        return self._backlog.dropped_lines

    @property
    def gaps(self) -> int:
        """How often lines were lost: here, and as told by `gap`."""
        return self._gaps_told + self._backlog.drops

    @property
    def last_line(self) -> str | None:
        """The latest line or state of a bar, as plain text of at most 500 characters."""
        recent = (row for row, _length in reversed(self._recent) if not isinstance(row, _Mark))
        for text in chain([self._latest.drawn_last], (row.shown() for row in recent)):
            shown = fold.plain(text[: 4 * LONGEST_SHOWN]).rstrip()
            if shown:
                return shown[:LONGEST_SHOWN]
        return None

    def ended_lines(self, count: int) -> list[str]:
        """Return the last so many ended lines, as far as they are in memory, as plain text."""
        printed = (row for row, _length in reversed(self._recent) if not isinstance(row, _Mark))
        newest = [fold.plain(row.shown()) for row in islice(printed, max(count, 0))]
        return newest[::-1]

    def tail(self, lines: int) -> list[str]:
        """Return the last lines in memory, at most about 200, as plain text."""
        texts = [*(row.shown() for row, _length in self._recent), *self._unfinished()]
        return [fold.plain(text) for text in texts[-lines:]] if lines > 0 else []

    def take(self, *, closing: bool = False) -> Batch:
        """Hand over what is new.

        With `closing` no finished line can change any more, and the unfinished ones are left out.
        """
        if closing:
            for row, _length in self._recent:
                self._settle(row)
        recent = [_kept(row) for row, _length in self._recent if not row.fixed]
        unfinished = [] if closing else self._unfinished()
        self.changed = False
        return Batch(self.title, self._backlog.hand_over(), recent, unfinished)

    def written(self, batch: Batch) -> None:
        """Take note that a batch is safely on disk."""
        self._backlog.written(batch.load)

    def take_back(self, batch: Batch) -> None:
        """Keep what could not be written for another try."""
        self._backlog.take_back(batch.load)
        self._change()

    def add_kept(self, lines: list[str]) -> None:
        """Take note of lines that stand in the file already."""
        for line in lines[-RECENT_LINES:]:
            row = Row(line)
            row.fixed = True
            self._remember(row)
        self.lines += len(lines)

    def _take(self, rows: list[Row]) -> None:
        for row in rows:
            self._remember(row)
        self._change()
        if self._backlog.waiting_bytes > HURRY_BYTES and not self._backlog.failing:
            self._desk.hurry()

    def _change(self) -> None:
        if not self.changed:
            self.changed = True
            self._desk.news()

    def _unfinished(self) -> list[str]:
        lines = (self._stdout.open_line, self._stderr.open_line)
        return [guarded(line) for line in lines if line]

    def _remember(self, row: Row) -> None:
        recent = self._recent
        recent.append((row, len(row.text)))
        self._recent_characters += len(row.text)
        while len(recent) > RECENT_LINES or (
            self._recent_characters > RECENT_CHARACTERS and len(recent) > 1
        ):
            oldest, length = recent.popleft()
            if self._stdout.holds(oldest) or self._stderr.holds(oldest):
                recent.append((oldest, length))  # a bar goes along below what is printed
                break
            self._recent_characters -= length
            self._settle(oldest)

    def _settle(self, row: Row) -> None:
        """Let a line change no more; it waits for the disk if there is room for it."""
        if row.fixed:
            return
        row.fixed = True
        self._backlog.add(_kept(row))


def _kept(row: Row) -> str:
    # The last lines are handed over every second, and hardly one of them was drawn over.
    if row.kept is None:
        row.kept = row.text if isinstance(row, _Mark) else guarded(row.shown())
    return row.kept
