"""What happens to the agent itself: it is killed, stopped for a while, or started anew."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from chaos.fault import Fault
from chaos.oracle import Meanwhile
from chaos.theatre import Player, Theatre

BEGINS: Final = Meanwhile(
    frozenset({"connecting", "gone"}),
    everyone=True,
    twice=True,  # what was not acknowledged in time is told again
)


@contextmanager
def killed(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Kill -9 the agent, and start it again."""
    theatre.night.kill()
    yield
    theatre.night.start()


@contextmanager
def ended(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Ask the agent to end, and start it again."""
    theatre.night.stop()
    yield
    theatre.night.start()


@contextmanager
def stopped(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Stop the agent, and let it go on."""
    theatre.night.agent.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        theatre.night.agent.send_signal(signal.SIGCONT)


AGENT: Final = (
    Fault("agent killed", killed, BEGINS, healed_s=20),
    Fault("agent ended", ended, BEGINS, healed_s=20, weight=1),
    Fault("agent stopped", stopped, Meanwhile(everyone=True), healed_s=10),
)
