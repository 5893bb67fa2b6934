"""Turns msgspec's errors into sentences: the place, what was expected and what was found."""

import re
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from colab_cdp_agent.settings.document import ConfigError, Document, KeyPath, found
from colab_cdp_agent.settings.shaped import parse_value
from colab_cdp_agent.settings.type_tree import Place

WORDS: Final = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "null",
    "object": "keys with values",
    "str": "text",
}
BOUNDS: Final = (
    ("of length >=", "with a length of at least"),
    ("of length <=", "with a length of at most"),
    (">=", "of at least"),
    ("<=", "of at most"),
)
WHERE: Final = re.compile(r" - at (?:`key` in )?`\$(?P<steps>[^`]*)`$")
STEP: Final = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>[0-9]+)\]|(?P<any>\[\.\.\.\])")
FIELD: Final = re.compile(
    r"Object (?P<fault>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL
)
EXPECTED: Final = re.compile(
    r"Expected `(?P<kinds>[^`]+)`(?P<bound>.*?)(?:, got `\w+`)?", re.DOTALL
)
ANY: Final = "..."


def explained(document: Document, kind: Any, error: msgspec.ValidationError) -> ConfigError:
    """Return our error for msgspec's."""
    text, steps = _split(str(error))
    key = _pinned(document, kind, steps, str(error))
    place = Place(kind, key)
    if match := FIELD.fullmatch(text):
        return _field_fault(document, key, match, place.keys())
    ours = isinstance(error.__cause__, ValueError)
    problem = text if ours else _sentence(text, document.at(key), place)
    return ConfigError(problem, source=document.source, line=document.line(key), key=key)


def _split(message: str) -> tuple[str, list[str | int]]:
    """Part msgspec's message into its words and the steps to the place it means."""
    match = WHERE.search(message)
    if match is None:
        return message, []
    steps: list[str | int] = [
        int(step["index"]) if step["index"] else step["name"] or ANY
        for step in STEP.finditer(match["steps"])
    ]
    return message[: match.start()], steps


def _pinned(document: Document, kind: Any, steps: list[str | int], message: str) -> KeyPath:
    """Replace each `...` by the mapping's key that brings the same error when it stands alone."""
    key: KeyPath = ()
    for step in steps:
        mapping = document.at(key)
        if step != ANY or not isinstance(mapping, dict):
            key = (*key, step)
            continue
        for name in mapping:
            alone = _with(document.value, key, {name: mapping[name]})
            if _message(alone, kind) == message:
                key = (*key, name)
                break
        else:
            return key
    return key


def _with(value: Any, key: KeyPath, leaf: object) -> Any:
    """Return a copy of plain values with another one in one place."""
    if not key:
        return leaf
    copy = value.copy()
    copy[key[0]] = _with(value[key[0]], key[1:], leaf)
    return copy


def _message(value: object, kind: Any) -> str:
    try:
        msgspec.convert(value, kind, dec_hook=parse_value)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _field_fault(
    document: Document, key: KeyPath, match: re.Match[str], known: list[str]
) -> ConfigError:
    """Name an unknown key and the nearest known one, or a key that is missing."""
    name = match["name"]
    if match["fault"] == "missing required":
        problem, place = f"the key '{name}' is missing", key
    else:
        near = _nearest(name, known)
        hint = f"; did you mean '{near}'?" if near else "."
        problem, place = f"unknown key{hint} Known: {', '.join(known)}", (*key, name)
    return ConfigError(problem, source=document.source, line=document.line(place), key=place)


def _sentence(text: str, value: object, place: Place) -> str:
    """Say what was expected and what was found, in a person's words."""
    if choices := place.choices():
        near = _nearest(value, choices)
        hint = f"; did you mean '{near}'?" if near else ""
        return f"expected one of {', '.join(choices)}, found {found(value)}{hint}"
    match = EXPECTED.fullmatch(text)
    if match is None:
        return text[:1].lower() + text[1:]
    kinds = " or ".join(WORDS.get(kind, kind) for kind in match["kinds"].split(" | "))
    bound = match["bound"]
    for sign, words in BOUNDS:
        bound = bound.replace(sign, words)
    return f"expected {kinds}{bound}, found {found(value, hidden=place.hides())}"


def _nearest(name: object, known: list[str]) -> str | None:
    return next(iter(get_close_matches(str(name), known, n=1)), None)
