"""A person's profile over the one that comes along: what is added goes first, the rest stays."""

from collections.abc import Mapping
from typing import Any

from colab_cdp_agent.settings.document import ConfigError, Document, KeyPath


def extended(own: Document, base: Document) -> Document:
    """Return a document that says what `own` says, and where it says nothing, what `base` does.

    Keys are merged with keys; in a list what is `own` stands before what was there, so that it is
    tried first; anything else takes the other's place. What `own` names under `replaces` is taken
    out of `base` before. Everything `own` keeps its place in the lists, and so its line.

    Raises:
        ConfigError: `replaces` names what `base` does not have.

    """
    below = base.value
    replaces = own.at(("replaces",))
    if isinstance(replaces, list):
        for index, name in enumerate(replaces):
            below = _without(below, str(name), own, ("replaces", index))
    return Document(own.source, _merged(own.value, below), own.lines)


def _merged(own: object, below: object) -> object:
    if isinstance(own, Mapping) and isinstance(below, Mapping):
        both = {key: _merged(own[key], below[key]) for key in own if key in below}
        return {**below, **own, **both}
    if isinstance(own, list) and isinstance(below, list):
        return [*own, *below]
    return own


def _without(value: Any, name: str, own: Document, key: KeyPath) -> Any:
    """Return a copy of plain values that lacks the one at a dotted name."""
    step, _, rest = name.partition(".")
    if not isinstance(value, Mapping) or step not in value:
        known = f"; known here: {', '.join(value)}" if isinstance(value, Mapping) else ""
        problem = f"the profile that is extended has no {step!r} to replace{known}"
        raise ConfigError(problem, source=own.source, line=own.line(key), key=key)
    if rest:
        return {**value, step: _without(value[step], rest, own, key)}
    return {each: kept for each, kept in value.items() if each != step}
