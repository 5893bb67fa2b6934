"""A profile on captures, each loaded in a headless Chromium that runs no script and asks no one.

A capture may come from a stranger: whatever it holds, it is loaded under our own policy, in a
browser without a network, and without scripts of pages.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from colab_cdp_agent.chrome.browser import (
    Browser,
    CommandRefusedError,
    NavigatedError,
    NoAnswerError,
)
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.launch import headless
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.doctor.browser import Targets, connected
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.doctor.headline import HEAD, MARK
from colab_cdp_agent.doctor.page import observed
from colab_cdp_agent.settings.document import ConfigError
from colab_cdp_agent.trial.page import Trial, tried
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading
from colab_cdp_protocols import cdp

MOST_BYTES = 8_000_000
LOAD_LIMIT_S = 15.0
POLL_S = 0.05
FLAGS = (
    "--blink-settings=scriptEnabled=false",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
)
"""No page's script runs; no name is found; and whatever asks all the same is sent to no one."""


async def trials(files: Sequence[Path], profile: Profile) -> AsyncIterator[Trial]:
    """Yield what comes of it, capture by capture.

    Raises:
        ConfigError: a file cannot be read, or is no capture.
        NoChromiumError: none is installed, or it does not start.
        ChromeError: it does not answer.

    """
    texts = [_read(file) for file in files]
    with tempfile.TemporaryDirectory(prefix="captures-") as folder:
        pages = [Path(folder) / f"{number}.html" for number, _ in enumerate(texts)]
        for page, text in zip(pages, texts, strict=True):
            page.write_text(text, encoding="utf-8")
        urls = [page.as_uri() for page in pages]
        targets = Targets()
        async with (
            headless(FLAGS, urls) as port,
            connected((await locate("127.0.0.1", port, None)).address, targets) as browser,
        ):
            await browser.call(cdp.discover_targets())
            infos = {info.url: info for info in targets.pages}
            for file, url in zip(files, urls, strict=True):
                yield await _try_on(browser, infos.get(url), str(file), profile)


async def _try_on(
    browser: Browser, info: cdp.TargetInfo | None, name: str, profile: Profile
) -> Trial:
    """Try a profile on a capture as soon as it is loaded."""
    deadline = time.monotonic() + LOAD_LIMIT_S
    while info is not None and time.monotonic() < deadline:
        try:
            trial = await _once_loaded(Tab(browser, info), name, profile)
        except (NavigatedError, CommandRefusedError, NoAnswerError):
            trial = None  # an empty page that is about to become the capture
        if trial is not None:
            return trial
        await asyncio.sleep(POLL_S)
    return Trial(Finding(ok=False, what=f"{name}: Chromium did not load it", remedy="try again"))


async def _once_loaded(tab: Tab, name: str, profile: Profile) -> Trial | None:
    """Try a profile on a capture; None where it is not all there yet."""
    async with observed(tab, profile) as (world, _):
        if not await world.call("restore", {}, bool):
            return None
        return await tried(world, await world.call("now", {}, PageReading), name, profile)


def _read(file: Path) -> str:
    """Return a capture under our own policy, whatever it says of itself.

    Raises:
        ConfigError: the file cannot be read, or is none.

    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", source=str(file)) from error
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.startswith(MARK):
        problem = "no capture: expected a file that `colab-cdp-agent doctor --capture` wrote"
        raise ConfigError(problem, source=str(file))
    if len(content) > MOST_BYTES:
        raise ConfigError(f"larger than {MOST_BYTES:,} bytes", source=str(file))
    return f"<!doctype html>\n{HEAD}{text}"
