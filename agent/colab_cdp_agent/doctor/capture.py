"""`doctor --capture`: the redacted structure of each open notebook, in a file of its own.

What is left out is decided in the page, by `redaction.js`: nothing else leaves it.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

from colab_cdp_agent.chrome.browser import Browser, ChromeError
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.doctor.headline import headline
from colab_cdp_agent.doctor.known import known
from colab_cdp_agent.doctor.page import World, judge, observed, unanswered
from colab_cdp_agent.printable import printable
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading, Seen
from colab_cdp_agent.watch.verdict import LOADING_GRACE_S, verdict
from colab_cdp_protocols import cdp

LIMITS = {"nodes": 20_000, "depth": 200, "children": 300, "characters": 2_000_000}
CAPTURE_LIMIT_S = 20.0
MOST_PARTS = 64
MOST_FILES = 1_000


class _Written(msgspec.Struct, frozen=True):
    """What `capture.js` returns: how many parts and elements there are, and how many were left."""

    parts: int
    nodes: int
    cut: int


class Captures:
    """The captures of one visit; the file of the second notebook bears a 2."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def examine(
        self, browser: Browser, info: cdp.TargetInfo, profile: Profile, _frames: Counter[str]
    ) -> Finding:
        """Read a tab, say what the agent would make of it, and write its capture."""
        title = printable(profile.title(info.title))
        try:
            product = (await browser.call(cdp.get_version())).product
            async with observed(Tab(browser, info), profile) as (world, reading):
                found = judge(title, reading, profile)
                text = "".join([part async for part in capture(world, product, profile, reading)])
            path = _write(self._file, text)
        except ChromeError as error:
            return unanswered(title, error)
        except OSError as error:
            said = f"{found.what}; {self._file} cannot be written: {error.strerror}"
            return Finding(ok=False, what=said, remedy="name another file")
        said = (
            f"{found.what.removesuffix('.')}; its structure is in {path}, {len(text):,} characters"
        )
        return msgspec.structs.replace(found, what=said)


async def capture(
    world: World, product: str, profile: Profile, reading: PageReading
) -> AsyncIterator[str]:
    """Yield the capture of a page that was read, in parts.

    Raises:
        ChromeError: the tab, or the browser, does not answer.

    """
    allowed = msgspec.to_builtins(known(profile))
    await world.call("redaction", allowed, bool, CAPTURE_LIMIT_S)
    written = await world.call("capture", LIMITS, _Written, CAPTURE_LIMIT_S)
    now = verdict(Seen("attached", reading, loaded_s=LOADING_GRACE_S), profile)
    limits = [f"left out for its size: {written.cut} elements"] if written.cut else []
    yield headline(product, profile, reading, now, [f"elements: {written.nodes}", *limits])
    for part in range(min(written.parts, MOST_PARTS)):
        yield await world.call("capture_part", {"part": part}, str)


def _write(file: Path, text: str) -> Path:
    """Write a file that was not there, under that name or one with a number, and return it.

    Raises:
        OSError: it cannot be written.

    """
    for path in _names(file):
        try:
            with path.open("x", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(17, "so many of that name are there already")


def _names(file: Path) -> Iterator[Path]:
    yield file
    for number in range(2, MOST_FILES):
        yield file.with_stem(f"{file.stem}-{number}")
