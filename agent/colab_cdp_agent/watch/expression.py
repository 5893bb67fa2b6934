"""A site profile's regular expressions on what a page says of itself: its address, its title.

They run under a deadline: nobody sees of an expression such as `(a|aa)+$` that it takes for ever on
some texts, and any page of the browser may have such an address.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import regex
import structlog

T = TypeVar("T")

LIMIT_S = 0.1
"""How long an expression may take for one text. One that takes longer finds nothing in it."""

TEXTS_KNOWN = 64
"""A tab's title is asked for at every look, and is mostly the same."""

log = structlog.get_logger()


def match(pattern: str, text: str) -> "regex.Match[str] | None":
    """Return what an expression finds at the beginning of a text."""
    return _in_time(pattern, lambda it: it.match(text, timeout=LIMIT_S), None)


def search(pattern: str, text: str) -> "regex.Match[str] | None":
    """Return what an expression finds anywhere in a text."""
    return _in_time(pattern, lambda it: it.search(text, timeout=LIMIT_S), None)


@lru_cache(maxsize=TEXTS_KNOWN)
def without(pattern: str, text: str) -> str:
    """Return a text without what an expression finds in it."""
    return _in_time(pattern, lambda it: it.sub("", text, timeout=LIMIT_S), text)


def _in_time(pattern: str, look: "Callable[[regex.Pattern[str]], T]", otherwise: T) -> T:
    try:
        return look(regex.compile(pattern, regex.VERSION0))
    except TimeoutError:
        _tell(pattern)
        return otherwise


@lru_cache
def _tell(pattern: str) -> None:
    """Say it once of each expression."""
    log.warning("an expression of a site profile is too slow, and finds nothing", pattern=pattern)
