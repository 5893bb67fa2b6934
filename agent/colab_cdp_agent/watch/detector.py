"""A detector: one way to see something in a page, with the evidence for it."""

import re
from typing import Literal

import cssselect
import msgspec
import regex

Trust = Literal["high", "med", "low"]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a profile: immutable, and without keys of its own invention."""


class AttributeTest(Strict, frozen=True):
    """An element's attribute matches a JavaScript regular expression."""

    path: str
    name: str
    matches: str
    flags: str = ""

    def __post_init__(self) -> None:
        check_path(self.path)
        check_regex(self.matches)


class TextTest(Strict, frozen=True):
    """An element's text matches; `deep` reads through its open shadow roots too."""

    path: str
    matches: str
    flags: str = ""
    deep: bool = False

    def __post_init__(self) -> None:
        check_path(self.path)
        check_regex(self.matches)


class Detector(Strict, frozen=True):
    """One way to see something in a page: exactly one of css, none, attr, text, dialog, all.

    `dialog` is a regular expression on the text of an open dialog; the rest of the keys is the
    evidence: when and in which language it was seen, and how far it is to be trusted.
    """

    css: str | None = None
    none: str | None = None
    attr: AttributeTest | None = None
    text: TextTest | None = None
    dialog: str | None = None
    all: "tuple[Detector, ...] | None" = None
    seen: str | int | None = None
    trust: Trust = "med"
    lang: str | None = None
    source: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        tests = (self.css, self.none, self.attr, self.text, self.dialog, self.all)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("expected exactly one of css, none, attr, text, dialog, all")
        for path in filter(None, (self.css, self.none)):
            check_path(path)
        if self.dialog is not None:
            check_regex(self.dialog)

    def __str__(self) -> str:
        """Return the detector in a few words, as the status names it."""
        if self.css is not None:
            return self.css
        if self.none is not None:
            return f"no {self.none}"
        if self.attr is not None:
            return f"{self.attr.path}[{self.attr.name}] ~ {self.attr.matches}"
        if self.text is not None:
            return f"{self.text.path} says {self.text.matches}"
        if self.dialog is not None:
            return f"a dialog says {self.dialog}"
        return " and ".join(map(str, self.all or ()))


def check_path(path: str) -> None:
    """Make sure that each part of a path is a CSS selector.

    Raises:
        ValueError: it is not; the message says where.

    """
    for part in path.split(" >>> "):
        try:
            cssselect.parse(part)
        except cssselect.SelectorError as error:
            raise ValueError(f"{part!r} is no CSS selector: {error}") from error


def check_regex(pattern: str) -> None:
    """Make sure that a regular expression parses.

    Raises:
        ValueError: it does not; the message says where.

    """
    try:
        re.compile(pattern)
        regex.compile(pattern, regex.VERSION0)
    except (re.error, regex.error) as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
