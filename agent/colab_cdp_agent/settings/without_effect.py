"""The keys that are checked and do nothing yet: the one list of them.

A key that is given its effect is taken out here. The commented file, the schema, the table of the
docs and the warning at the start follow; a test holds README.md and the code against it.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, structs

from colab_cdp_agent.settings.tree import Config

WITHOUT_EFFECT: Final[tuple[str, ...]] = ()
"""Keys, or groups of keys with all that is in them."""


def has_effect(path: tuple[str, ...]) -> bool:
    """Say whether a key does anything in this version."""
    return not any(".".join(path[:depth]) in WITHOUT_EFFECT for depth in range(1, len(path) + 1))


def set_in_vain(config: Config) -> tuple[str, ...]:
    """Return the keys without effect that differ from their defaults, in the order of the file."""
    return tuple(".".join(path) for path in _changed(config, Config()) if not has_effect(path))


def _changed(
    given: Struct, default: Struct, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    for name, value in structs.asdict(given).items():
        usual = getattr(default, name)
        if isinstance(value, Struct):
            yield from _changed(value, usual, (*above, name))
        elif value != usual:
            yield (*above, name)
