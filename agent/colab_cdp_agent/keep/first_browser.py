"""Which browser an agent watched first: its sessions' ids bear no name of a browser.

It is kept in the state folder, so that neither the order of the browsers nor a further one changes
the id of any session.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from colab_cdp_agent.keep.small_file import SmallFile
from colab_cdp_agent.settings.tree import Chrome

log = structlog.get_logger()


class Remembered(msgspec.Struct, frozen=True):
    """The first browser, known again by its name, or else by its place."""

    name: str = ""
    place: str = ""


def first_browser(file: Path, browsers: Sequence[Chrome]) -> str | None:
    """Return the name of the browser that was watched first, None where it is none of several.

    Where nothing is known of an earlier one, it is the first of these, and that is kept.
    """
    kept = SmallFile(file, Remembered())
    before, readable = _read(kept)
    first = browsers[0] if before == Remembered() else known_again(before, browsers)
    if first is not None and readable:
        _keep(kept, Remembered(first.called, first.place))
    # A browser that is alone bears no name, whichever it is.
    alone = browsers[0] if len(browsers) == 1 else first
    return alone.called if alone is not None else None


def known_again(before: Remembered, browsers: Sequence[Chrome]) -> Chrome | None:
    """Return which of the browsers was the first one."""
    by_name = {browser.called: browser for browser in browsers}
    by_place = {browser.place: browser for browser in browsers}
    return by_name.get(before.name) or by_place.get(before.place)


def _read(kept: SmallFile[Remembered]) -> tuple[Remembered, bool]:
    """Return what is remembered, and whether it could be read: else nothing is written over it."""
    try:
        found, aside = kept.read(datetime.now(UTC))
    except OSError as error:
        log.warning("it cannot be kept which browser is the first one", error=str(error))
        return Remembered(), False
    if aside is not None:
        log.warning(
            "which browser is the first one was damaged; the first of the list counts",
            set_aside=str(aside),
        )
    return found, True


def _keep(kept: SmallFile[Remembered], first: Remembered) -> None:
    try:
        kept.write(first)
    except OSError as error:
        log.warning("it cannot be kept which browser is the first one", error=str(error))
