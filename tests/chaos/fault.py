"""What a fault is: how it is brought about and healed, what may be told, and its limit."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from chaos.oracle import Meanwhile
from chaos.theatre import Player, Theatre

Does: TypeAlias = Callable[[Theatre, Player, Random], AbstractContextManager[None]]
"""The fault stands for as long as the block runs; its end heals it."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: by which it is scheduled.
        does: brings it about, and heals it.
        meanwhile: what may be told as long as it stands.
        healed_s: how long after its end all may take to be told as it is.
        noticed_s: how long it may stand until the agent tells of it.
        weight: how often it comes, beside others.
        lacking: why it cannot be brought about here, None where it can.

    """

    name: str
    does: Does
    meanwhile: Meanwhile
    healed_s: float
    noticed_s: float = 0.0
    weight: int = 2
    lacking: Callable[[Theatre], str | None] = lambda _theatre: None
