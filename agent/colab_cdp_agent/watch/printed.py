"""What the running cell printed into the page, wherever the page holds it."""

import re

import msgspec

from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_protocols import cdp


class Measure(msgspec.Struct, frozen=True):
    """How much text of the running cell the page itself holds; `frames` are its frames' addresses.

    `length` counts characters. `text` is None where it was not asked for.
    """

    length: int
    lines: int
    last_line: str
    text: str | None
    frames: tuple[str, ...]


class Printed(msgspec.Struct, frozen=True):
    """The running cell's printed text, out of the page or out of its cross-site frames."""

    text: str
    readable: bool
    empty: bool
    framed: bool = False

    @property
    def length(self) -> int:
        """How many characters it has."""
        return len(self.text)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.rstrip().splitlines())


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
        return Printed(found.text or "", readable=True, empty=False)
    if not found.frames:
        return Printed("", readable=True, empty=True)
    return await _read_frames(page, found.frames)


async def _read_frames(page: PageWitness, addresses: tuple[str, ...]) -> Printed:
    """Read the text in the cell's cross-site frames, attached to for just that long."""
    output = page.profile.output
    wanted = re.compile(output.frames or "$^")
    await page.tab.call(cdp.auto_attach_frames(on=True))
    try:
        frames = [
            session
            for session, address in page.tab.frames.items()
            if address in addresses and wanted.search(address)
        ]
        options = {"paths": output.frame_text}
        texts = [
            await page.tab.run("frame_output", options, str, frame=session) for session in frames
        ]
    finally:
        await page.tab.call(cdp.auto_attach_frames(on=False))
    text = "\n".join(texts)
    return Printed(text, readable=bool(frames), empty=not text, framed=True)
