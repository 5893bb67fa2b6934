"""What happens to the computer: a disk is full or read-only, a clock jumps, it slept."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from chaos.fault import Fault
from chaos.oracle import Meanwhile
from chaos.theatre import Player, Theatre
from person import eventually

HOURS_8: Final = 8 * 3600
SLEPT: Final = frozenset({"host_slept"})


@contextmanager
def full_disk(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Fill the disk that the state folder is on."""
    with theatre.disk.full():
        yield


@contextmanager
def full_archive(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Fill the disk that the archive is on."""
    with theatre.archive_disk.full():
        yield


@contextmanager
def read_only_archive(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Let nothing be written where the archive is."""
    eventually(theatre.archive_disk.read_only, every=0.001)
    try:
        yield
    finally:
        theatre.archive_disk.writable()


@contextmanager
def clock_set(theatre: Theatre, _player: Player, random: Random) -> Iterator[None]:
    """Set the clock by eight hours, ahead or back, and set it right again."""
    seconds = random.choice((HOURS_8, -HOURS_8))
    theatre.clock.set(seconds)
    yield
    theatre.clock.set(-seconds)


@contextmanager
def slept(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Let eight hours pass in sleep; afterwards the clock is set back to where it was."""
    theatre.clock.sleep(HOURS_8)
    yield
    theatre.clock.set(-HOURS_8)


COMPUTER: Final = (
    Fault("disk full", full_disk, Meanwhile(), healed_s=20, lacking=lambda each: each.disk.lacking),
    Fault(
        "archive's disk full",
        full_archive,
        Meanwhile(everyone=True),
        healed_s=20,
        lacking=lambda each: each.archive_disk.lacking,
    ),
    Fault(
        "archive's disk read-only",
        read_only_archive,
        Meanwhile(everyone=True),
        healed_s=20,
        lacking=lambda each: each.archive_disk.lacking,
    ),
    Fault(
        "clock set by 8 h",
        clock_set,
        Meanwhile(events=SLEPT, everyone=True),
        healed_s=10,
        lacking=lambda each: each.clock.lacking,
    ),
    Fault(
        "slept for 8 h",
        slept,
        Meanwhile(owed=SLEPT, everyone=True),
        healed_s=10,
        lacking=lambda each: each.clock.lacking,
    ),
)
