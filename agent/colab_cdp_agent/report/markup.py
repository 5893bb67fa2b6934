"""HTML that is escaped by the way it is made: whatever is not markup is text."""

import base64
import hashlib
from html import escape
from typing import Final

from colab_cdp_agent.printable import printable

VOID: Final = frozenset({"meta", "br"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | None) -> Markup:
    """Return an element: children that are no markup are escaped, and so is every attribute.

    A trailing `_` of an attribute's name falls off, the others become `-`; one that is null is
    left out. What could steer a terminal or turn the direction of text is left out of it too.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(printable(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Return several pieces one after the other."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else escape(printable(child)) for child in children
        )
    )


def lines(text: str) -> Markup:
    """Return a text of several lines, each of them escaped."""
    return Markup("\n".join(joined(line.expandtabs()) for line in text.splitlines()))


def document(title: str, style: str, body: Markup) -> str:
    """Return a page that loads nothing, and runs nothing: its policy allows its own style only."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"
