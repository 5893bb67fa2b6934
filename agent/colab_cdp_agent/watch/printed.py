"""What the running cell printed into the page, wherever the page holds it."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from colab_cdp_agent.watch import expression
from colab_cdp_agent.watch.page import PageWitness


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


class Keeper(Protocol):
    """Sees to it that the running cell's text is on disk before it is cleared."""

    @property
    def page_length(self) -> int:
        """How much of the text is kept, as a page counts it: in UTF-16 code units."""

    @property
    def length(self) -> int:
        """How much of the text is kept, in characters."""

    async def keep(self, text: str) -> None:
        """Return once all of a text is safely on disk.

        Raises:
            ArchiveFailedError: it could not be written.

        """

    def forget(self) -> None:
        """Take note that the page's text begins anew."""


class Kept:
    """Keeps the page's own text, where the kernel is not heard.

    A clear that had no effect leaves the text in the page: what was kept is not kept again.
    """

    def __init__(self, save: Callable[[str], Awaitable[None]]) -> None:
        self.length = 0
        self._save = save
        self._units = 0
        self._digest = b""

    @property
    def page_length(self) -> int:
        """The kept length as a page counts it: in UTF-16 code units."""
        return self._units

    async def keep(self, text: str) -> None:
        """Save what is new in a text, and remember that it is kept.

        Raises:
            ArchiveFailedError: it could not be written.

        """
        new = self._new_in(text)
        if new:
            await self._save(new)
            self.length, self._digest = len(text), _digest(text)
            self._units = len(text.encode("utf-16-le", errors="surrogatepass")) // 2

    def forget(self) -> None:
        """Take note that the page's text begins anew."""
        self.length, self._units, self._digest = 0, 0, b""

    def _new_in(self, text: str) -> str:
        """Return the part of a text that is not kept yet: all of it, if it is another's."""
        if self.length and _digest(text[: self.length]) == self._digest:
            return text[self.length :]
        return text


class HeardText:
    """Keeps nothing of the page: the kernel's own text is on its way to the disk already.

    Chrome tells what a page hears before the page draws it, so what was read of the page was told.

    Args:
        log: where it is kept.
        hear: takes at once what was told and waits for its moment.

    """

    length = 0
    page_length = 2**31 - 1  # no text is wanted of the page

    def __init__(self, log: "OnDisk", hear: Callable[[], None]) -> None:
        self._log = log
        self._hear = hear

    async def keep(self, _text: str) -> None:
        """Wait until everything that was told is on disk.

        Raises:
            ArchiveFailedError: it could not be written.

        """
        self._hear()
        await self._log.kept()

    def forget(self) -> None:
        """Do nothing: the log does not depend on what the page holds."""


class OnDisk(Protocol):
    """What can be waited for to be on disk."""

    async def kept(self) -> None:
        """Return once everything written so far is safely on disk."""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


async def measure(page: PageWitness) -> Measure | None:
    """Measure the running cell's text in the page; None where no cell runs.

    Raises:
        ChromeError: the tab does not answer.

    """
    return await page.tab.run("output", {"after": None, "last": False}, Measure | None)  # type: ignore[arg-type]  # a union is a type to msgspec


async def read_printed(page: PageWitness, *, last: bool = False) -> Printed | None:
    """Read the running cell's whole text; None where no cell runs.

    With `last`, where none runs, of the cell that was last seen running.

    Raises:
        ChromeError: the tab does not answer.

    """
    found: Measure | None = await page.tab.run(
        "output",
        {"after": 0, "last": last},
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
    """Read the text in the cell's cross-site frames."""
    output = page.profile.output
    wanted = output.frames or "$^"
    options = {"paths": output.frame_text}
    frames = [
        await page.tab.run("frame_output", options, _FrameText, frame=session)
        for session, target in list(page.tab.children.items())
        if target.type == "iframe"
        and expression.search(wanted, target.url or await page.tab.address_of(session))
    ]
    mine = sorted((each.place, each.text) for each in frames if each.place in places)
    text = "\n".join(text for _place, text in mine)
    return Printed(text, readable=bool(mine), framed=True)
