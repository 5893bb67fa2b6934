"""A topic: the pattern of its levels, filled in and read back, and what it carries.

A level is `[a-z0-9_-]{1,32}`: some brokers refuse more.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

PLAIN = "plain"
PICTURE = "picture"

_LEVEL = re.compile(r"[a-z0-9_-]{1,32}")


class Topic(msgspec.Struct, frozen=True):
    """One row of the contract: `{…}` stand for levels.

    `payload` is a type, `PLAIN` text, or a `PICTURE`: a JPEG as it is.
    """

    pattern: str
    payload: Any
    says: str
    retained: bool = True
    qos: Literal[0, 1] = 1

    def at(self, **levels: str) -> str:
        """Return the topic with its levels filled in; the root may be several levels.

        Raises:
            ValueError: a level holds more than `[a-z0-9_-]{1,32}`.

        """
        for name, level in levels.items():
            parts = level.split("/") if name == "root" else [level]
            if not all(map(is_level, parts)):
                raise ValueError(f"{name} {level!r} cannot be a topic level: [a-z0-9_-]{{1,32}}")
        return self.pattern.format(**levels)

    def filter(self, **levels: str) -> str:
        """Return the filter of every topic of this row with those levels."""
        return re.sub(r"\{\w+\}", "+", self._with(levels))

    def read(self, topic: str, **levels: str) -> dict[str, str] | None:
        """Return the other levels of a topic of this row, None where it is none with those."""
        names, found = self._with(levels).split("/"), topic.split("/")
        if len(names) != len(found):
            return None
        read: dict[str, str] = {}
        for name, level in zip(names, found, strict=True):
            if name.startswith("{"):
                read[name[1:-1]] = level
            elif name != level:
                return None
        return read

    def _with(self, levels: Mapping[str, str]) -> str:
        pattern = self.pattern
        for name, level in levels.items():
            pattern = pattern.replace(f"{{{name}}}", level)
        return pattern


def is_level(text: str) -> bool:
    """Return whether a text can stand as one level of a topic."""
    return _LEVEL.fullmatch(text) is not None


def is_topic(text: str) -> bool:
    """Return whether a text can be a topic of ours: no wildcard, and legal levels only."""
    return all(map(is_level, text.split("/")))
