"""The browsers: whether each can be reached, and which of its tabs a site profile names."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager, suppress

from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.browser import Browser, BrowserLostError, ChromeError, connect_browser
from colab_cdp_agent.chrome.endpoint import Endpoint, locate
from colab_cdp_agent.chrome.silence import Silence
from colab_cdp_agent.config import Chrome
from colab_cdp_agent.doctor import page
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_protocols import cdp

HANDSHAKE_LIMIT_S = 10.0
FRAMES = frozenset({"Network.webSocketFrameReceived", "Network.webSocketFrameSent"})
FROZEN = "look whether Chrome is frozen or shows a question, and restart it if so"
UNASKED = "a person would have to click Allow for it; the agent asks once and stays"

Look = Callable[[Browser, cdp.TargetInfo, Profile, Counter[str]], Awaitable[Finding]]
"""Examines one tab; the last counts, by session, the WebSocket frames that the browser tells of."""


class Targets:
    """The page targets that a browser tells of, and their sockets; `take` is its event sink.

    Attributes:
        pages: the page targets.
        frames: of which sessions a WebSocket's frame was told.
        malformed: what was told in another way than this version knows.

    """

    def __init__(self) -> None:
        self.pages: list[cdp.TargetInfo] = []
        self.frames: Counter[str] = Counter()
        self.malformed: list[str] = []

    def take(self, event: cdp.Event) -> None:
        """Take one event."""
        if event.method in FRAMES and event.session is not None:
            self.frames[event.session] += 1
        if event.method != "Target.targetCreated":
            return
        try:
            info = cdp.params(event, cdp.TargetEvent).target_info
        except cdp.MalformedFrameError as error:
            self.malformed.append(str(error))
            return
        if info.type == "page":
            self.pages.append(info)


async def examine_all(
    browsers: Sequence[Chrome], profiles: tuple[Profile, ...], look: Look = page.examine
) -> AsyncIterator[Finding]:
    """Yield what is found of each browser; where there are several, by their names.

    `look` examines one tab.
    """
    for browser in browsers:
        named = "Chrome" if len(browsers) == 1 else f"Chrome '{browser.called}'"
        for finding in await examine(browser, profiles, look, named):
            yield finding


async def examine(
    where: Chrome, profiles: tuple[Profile, ...], look: Look = page.examine, named: str = "Chrome"
) -> list[Finding]:
    """Check a browser and every open notebook in it; nothing in a tab is touched."""
    try:
        endpoint = await locate(where.host, where.port, where.profile_dir)
        if endpoint.asks:
            return [*_asking(endpoint, named)]
        return await _examine_running(endpoint.address, profiles, look, named)
    except ChromeAbsentError as error:
        silence = Silence(where.host, where.port, where.profile_dir)
        lost = _absent(await silence.explain(error), named)
    except ChromeError as error:
        lost = _absent(ChromeAbsentError(str(error), FROZEN), named)
    return [lost, Finding(ok=None, what=f"open notebooks: not looked at, without {named}")]


def _absent(error: ChromeAbsentError, named: str) -> Finding:
    return Finding(
        ok=False,
        what=f"{named}: {error}",
        remedy=error.remedy,
        code=ExitCode.UNREACHABLE,
        brief=str(error),
    )


def _asking(endpoint: Endpoint, named: str) -> Iterator[Finding]:
    """Say of a browser what can be said without a question in it."""
    yield Finding(
        ok=True,
        what=f"{named}: {endpoint.browser} listens, and asks for consent",
        brief=f"{endpoint.browser} listens",
    )
    yield Finding(
        ok=None,
        what=f"open notebooks: not looked at: {UNASKED}",
        brief=f"{endpoint.browser} must be allowed once when the agent starts",
    )


async def _examine_running(
    address: str, profiles: tuple[Profile, ...], look: Look, named: str
) -> list[Finding]:
    targets = Targets()
    async with connected(address, targets) as browser:
        product = (await browser.call(cdp.get_version())).product
        await browser.call(cdp.discover_targets())  # answered after an event for each open tab
        notebooks = notebooks_of(targets.pages, profiles)
        count = len(targets.pages)
        what = f"{named}: {product}, {count} tabs, of which {len(notebooks)} are notebooks"
        if targets.malformed:
            newer = "update colab-cdp-agent: this Chrome speaks of tabs in another way"
            return [Finding(ok=False, what=f"{what}; {targets.malformed[0]}", remedy=newer)]
        if not notebooks:
            return [Finding(ok=True, what=what), _none_open(profiles)]
        reads = (look(browser, info, profile, targets.frames) for info, profile in notebooks)
        brief = f"{len(notebooks)} notebook{'s' if len(notebooks) > 1 else ''} open in {named}"
        return [Finding(ok=True, what=what, brief=brief), *await asyncio.gather(*reads)]


def _none_open(profiles: tuple[Profile, ...]) -> Finding:
    names = ", ".join(profile.site for profile in profiles)
    return Finding(
        ok=None,
        what=f"open notebooks: none of {names} in this Chrome, so no page was read",
        remedy="open one there; for another site, --site names its profile",
        brief="no notebook is open",
        spoils=True,
    )


def notebooks_of(
    pages: list[cdp.TargetInfo], profiles: tuple[Profile, ...]
) -> list[tuple[cdp.TargetInfo, Profile]]:
    """Return the tabs that hold a notebook, each with the first profile that names it."""
    found = []
    for info in pages:
        profile = next((each for each in profiles if each.notebook(info.url) is not None), None)
        if profile is not None:
            found.append((info, profile))
    return found


@asynccontextmanager
async def connected(address: str, targets: Targets) -> AsyncGenerator[Browser]:
    """Hold a connection that is read; where it ends, the calls on it say so."""
    async with connect_browser(address, targets.take, patience=HANDSHAKE_LIMIT_S) as browser:
        reading = asyncio.create_task(browser.read(), name="chrome read")
        try:
            yield browser
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, BrowserLostError):
                await reading
