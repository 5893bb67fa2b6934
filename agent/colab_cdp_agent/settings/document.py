"""Plain values that know the lines they stand on, and the one error about what is wrong there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from colab_cdp_agent.spoken import shortened

KeyPath = tuple[str | int, ...]

LONGEST_SHOWN: Final = 60


class ConfigError(Exception):
    """What the person wrote cannot be used; the message names the place and what was expected."""

    def __init__(
        self,
        problem: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
        key: KeyPath = (),
    ) -> None:
        self.problem = problem
        self.source = source
        self.line = line
        self.column = column
        self.key = key
        place = ":".join(str(part) for part in (source, line, column) if part is not None)
        super().__init__(": ".join(part for part in (place, dotted(key), problem) if part))


@dataclass(frozen=True, slots=True)
class Document:
    """Texts, numbers, true/false, null, lists and mappings, and the line on which each stands."""

    source: str
    value: object
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def line(self, key: KeyPath) -> int | None:
        """Return the line of a key, or of the nearest key above it."""
        for length in range(len(key), -1, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return None

    def at(self, key: KeyPath) -> object:
        """Return the value under a key path, or null where nothing stands there."""
        value = self.value
        for step in key:
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value


def dotted(key: KeyPath) -> str:
    """Write a key path as a person would: `sites[0]`, `mqtt.port`."""
    text = ""
    for step in key:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def found(value: object, *, hidden: bool = False) -> str:
    """Name a value in a sentence; of a hidden one, only its kind."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, Mapping):
        return "keys with values"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if hidden:
        return "text" if isinstance(value, str) else "a value that is not text"
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return shortened(shown, LONGEST_SHOWN)
