"""What of a page's words may stand in a capture: those of the profile, and those of all pages.

Pure. The profile is no secret of the page's, so its selectors and the fixed parts of its
expressions are known; `ui_words.txt` is what classes, ids and roles are usually called by.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from colab_cdp_agent.watch.profile import Profile

SHORTEST_TEXT: Final = 3
SHORTEST_FOREIGN_TEXT: Final = 2
"""A syllable of Korean says as much as a word of English."""

PATTERNS: Final = ("matches", "dialog")
NO_PATHS: Final = (
    "extends", "flags", "frames", "kind", "lang", "languages", "name", "note", "notebooks",
    "replaces", "seen", "site", "source", "title_suffix", "trust",
)  # fmt: skip
PIECE: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
ATTRIBUTE_VALUE: Final = re.compile(r"""\[[\w-]+[~|^$*]?=\s*["']?([^\]"']+)""")
ATTRIBUTE_NAME: Final = re.compile(r"\[([\w-]+)")
TOKEN: Final = re.compile(
    r"""
    \\(?P<escaped>[^A-Za-z0-9])         # a character that would be a sign
    | \\. | \[\^?\]?(?:\\.|[^\]\\])*\]  # a class of characters
    | \((?:\?(?:P?<\w+>|<?[=!:]))?      # the beginning of a group
    | (?P<repeat>[?*+]|\{[0-9,]*\})\??
    | [|)^$.]
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Known(msgspec.Struct, frozen=True):
    """What may stand in a capture.

    `runs` are the fixed parts of each regular expression; `texts` those that may be spelled
    wherever they are read; `words` are what names may be made of, in lower case.
    """

    runs: dict[str, tuple[str, ...]]
    texts: tuple[str, ...]
    words: tuple[str, ...]


def known(profile: Profile) -> Known:
    """Return what may stand in a capture of a page that is read by this profile."""
    found = list(_strings(msgspec.to_builtins(profile)))
    runs = {text: fixed_parts(text) for key, text in found if key in PATTERNS}
    paths = [text for key, text in found if key not in (*PATTERNS, *NO_PATHS)]
    names = [text for key, text in found if key in {"name", "attributes"}]
    values = [value for path in paths for value in ATTRIBUTE_VALUE.findall(path)]
    texts = {text for parts in runs.values() for text in parts if _says_something(text)}
    texts |= {value for value in values if _says_something(value)}
    words = {word.lower() for text in (*paths, *names) for word in PIECE.findall(text)}
    return Known(runs, tuple(sorted(texts)), tuple(sorted(words | ui_words())))


@cache
def ui_words() -> frozenset[str]:
    """Return the words of which names in any page are made."""
    text = (files("colab_cdp_agent.doctor") / "ui_words.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def fixed_parts(pattern: str) -> tuple[str, ...]:
    """Return the texts that a regular expression spells, each as long as nothing varies in it.

    A character that may be missing or come again is none of them.
    """
    parts = [""]
    for token in TOKEN.finditer(pattern):
        character = token["escaped"] or token["plain"]
        if character:
            parts[-1] += character
            continue
        if token["repeat"] and parts[-1]:
            parts[-1] = parts[-1][:-1]
        parts.append("")
    return tuple(dict.fromkeys(filter(None, parts)))


def _says_something(text: str) -> bool:
    bare = text.strip()
    shortest = SHORTEST_TEXT if bare.isascii() else SHORTEST_FOREIGN_TEXT
    return len(bare) >= shortest


def _strings(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of plain values with the nearest key above it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _strings(each, name)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each, key)
