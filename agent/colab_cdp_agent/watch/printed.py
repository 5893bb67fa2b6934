"""What the running cell printed into the page, wherever the page holds it."""

import hashlib
import re

import msgspec

from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_protocols import cdp


class Measure(msgspec.Struct, frozen=True):
    """How much text of the running cell the page itself holds.

    `frames` are the places of the cell's frames among the page's.

    `length` counts characters. `text` is None where it was not asked for.
    """

    length: int
    lines: int
    last_line: str
    text: str | None
    frames: tuple[int, ...]


class Printed(msgspec.Struct, frozen=True):
    """The running cell's printed text, out of the page or out of its cross-site frames."""

    text: str
    readable: bool
    framed: bool = False

    @property
    def length(self) -> int:
        """How many characters it has."""
        return len(self.text)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.rstrip().splitlines())


class Kept:
    """How much of the running cell's text stands in the archive already.

    A clear that had no effect leaves the text in the page: what was kept is not kept again.
    """

    def __init__(self) -> None:
        self.length = 0
        self._units = 0
        self._digest = b""

    def new_in(self, text: str) -> str:
        """Return the part of a text that is not kept yet: all of it, if it is another's."""
        if self.length and _digest(text[: self.length]) == self._digest:
            return text[self.length :]
        return text

    def take(self, text: str) -> None:
        """Take note that all of a text is kept."""
        self.length, self._digest = len(text), _digest(text)
        self._units = len(text.encode("utf-16-le", errors="surrogatepass")) // 2

    @property
    def page_length(self) -> int:
        """The kept length as a page counts it: in UTF-16 code units."""
        return self._units

    def forget(self) -> None:
        """Take note that the page's text begins anew."""
        self.length, self._units, self._digest = 0, 0, b""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


async def measure(page: PageWitness) -> Measure | None:
    """Measure the running cell's text in the page; None where no cell runs.

    Raises:
        ChromeError: the tab does not answer.

    """
    return await page.tab.run("output", {"after": None}, Measure | None)  # type: ignore[arg-type]  # a union is a type to msgspec


async def read_printed(page: PageWitness) -> Printed | None:
    """Read the running cell's whole text; None where no cell runs.

    Raises:
        ChromeError: the tab does not answer.

    """
    found: Measure | None = await page.tab.run(
        "output",
        {"after": 0},
        Measure | None,  # type: ignore[arg-type]  # a union is a type to msgspec
    )
    if found is None:
        return None
    if found.length > 0:
        return Printed(found.text or "", readable=True)
    if not found.frames:
        return Printed("", readable=True)
    return await _read_frames(page, found.frames)


class _FrameText(msgspec.Struct, frozen=True):
    place: int
    text: str


async def _read_frames(page: PageWitness, places: tuple[int, ...]) -> Printed:
    """Read the text in the cell's cross-site frames, attached to for just that long."""
    output = page.profile.output
    wanted = re.compile(output.frames or "$^")
    options = {"paths": output.frame_text}
    await page.tab.call(cdp.auto_attach_frames(on=True))
    try:
        frames = [
            await page.tab.run("frame_output", options, _FrameText, frame=session)
            for session, address in page.tab.frames.items()
            if wanted.search(address)
        ]
    finally:
        await page.tab.call(cdp.auto_attach_frames(on=False))
    mine = sorted((each.place, each.text) for each in frames if each.place in places)
    text = "\n".join(text for _place, text in mine)
    return Printed(text, readable=bool(mine), framed=True)
