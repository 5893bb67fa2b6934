"""The faults of a night, drawn out of a seed. Pure: the same seed is the same night."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LONGEST_BLINK_S = 0.8
NOTICED_ONE_IN = 5


@dataclass(frozen=True)
class Step:
    """One fault of a night.

    Attributes:
        number: which of the night it is, from 1 on.
        fault: its name.
        target: which notebook it meets, where it meets one alone.
        held_s: how long it stands before it is healed.
        noticed: whether it stands until the agent tells of it, however long that takes.
        seed: for whatever else is drawn.

    """

    number: int
    fault: str
    target: int
    held_s: float
    noticed: bool
    seed: str


def night(seed: int, count: int, weights: Mapping[str, int], notebooks: int) -> Iterator[Step]:
    """Yield the faults of a night; each step rests on the seed and its number alone."""
    names = sorted(weights)
    for number in range(1, count + 1):
        drawn = _drawn(seed, number)
        (name,) = drawn.choices(names, [weights[name] for name in names])
        yield _step(
            seed, number, name, notebooks, drawn, noticed=drawn.randrange(NOTICED_ONE_IN) == 0
        )


def each_once(seed: int, names: Sequence[str], notebooks: int) -> Iterator[Step]:
    """Yield every fault once, in an order out of the seed."""
    order = sorted(names)
    random.Random(seed).shuffle(order)
    for number, name in enumerate(order, 1):
        yield _step(seed, number, name, notebooks, _drawn(seed, number), noticed=False)


def _drawn(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed}/{number}")


def _step(
    seed: int, number: int, name: str, notebooks: int, drawn: random.Random, *, noticed: bool
) -> Step:
    target, held_s = drawn.randrange(notebooks), drawn.uniform(0, LONGEST_BLINK_S)
    return Step(number, name, target, held_s, noticed, f"{seed}/{number}")
