"""Which browser an agent watched first: its sessions' ids bear no name of a browser.

It is kept in the state folder, so that neither the order of the browsers nor a further one changes
the id of any session.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from colab_cdp_agent.settings.tree import Chrome

log = structlog.get_logger()


class Remembered(msgspec.Struct, frozen=True):
    """The first browser, known again by its name, or else by its place."""

    name: str
    place: str


def first_browser(file: Path, browsers: Sequence[Chrome]) -> str | None:
    """Return the name of the browser that was watched first, None where it is none of several.

    Where nothing is known of an earlier one, it is the first of these, and that is kept.
    """
    before = _read(file)
    first = browsers[0] if before is None else known_again(before, browsers)
    if first is not None:
        _write(file, Remembered(first.called, first.place), before)
    # A browser that is alone bears no name, whichever it is.
    alone = browsers[0] if len(browsers) == 1 else first
    return alone.called if alone is not None else None


def known_again(before: Remembered, browsers: Sequence[Chrome]) -> Chrome | None:
    """Return which of the browsers was the first one."""
    by_name = {browser.called: browser for browser in browsers}
    by_place = {browser.place: browser for browser in browsers}
    return by_name.get(before.name) or by_place.get(before.place)


def _read(file: Path) -> Remembered | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Remembered)
    except (OSError, msgspec.DecodeError):
        return None


def _write(file: Path, first: Remembered, before: Remembered | None) -> None:
    if first == before:
        return
    beside = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(msgspec.json.encode(first))
        os.replace(beside, file)  # noqa: PTH105 - Path.replace is the same, and hides it
    except OSError as error:
        log.warning("it cannot be kept which browser is the first one", error=str(error))
