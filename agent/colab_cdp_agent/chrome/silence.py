"""Why nothing listens on the debugging port: what is known of this computer → reason and remedy."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from colab_cdp_agent.chrome import user_data_folders
from colab_cdp_agent.chrome.absent import ChromeAbsentError, start_remedy
from colab_cdp_agent.chrome.managed import POLICY, forbidding_policy
from colab_cdp_agent.chrome.processes import RunningBrowser, running_browsers
from colab_cdp_agent.chrome.profile_folder import TICK

MANAGER = (
    "ask whoever manages this computer, or use a browser that is not managed, such as Chromium"
)


class Surroundings(msgspec.Struct, frozen=True):
    """The browsers that run here, and where a policy stands that forbids debugging them.

    `everyday` are the folders for which the port is ignored.
    """

    browsers: tuple[RunningBrowser, ...] = ()
    policy: str | None = None
    everyday: frozenset[Path] = frozenset()

    def is_everyday(self, browser: RunningBrowser) -> bool:
        """Whether a browser has its usual folder."""
        return browser.folder is None or Path(browser.folder) in self.everyday


async def look_around() -> Surroundings:
    """Look at this computer's processes and policies; no browser notices."""
    browsers = await asyncio.to_thread(running_browsers)
    everyday = frozenset(each.path for each in user_data_folders.here())
    return Surroundings(tuple(browsers), await asyncio.to_thread(forbidding_policy), everyday)


def explain(
    where: str, port: int, around: Surroundings, platform: str = sys.platform
) -> ChromeAbsentError:
    """Say why nothing listens at `where`, as far as the surroundings tell."""
    start = start_remedy(port, platform)
    why, remedy = next(_reasons(port, around, start), (", and no Chrome was found running", start))
    return ChromeAbsentError(f"nothing listens on {where}{why}", remedy)


def _reasons(port: int, around: Surroundings, start: str) -> Iterator[tuple[str, str]]:
    """Yield what may be the reason, and the remedy; the likeliest first."""
    if around.policy is not None:
        yield f": {around.policy} forbids it: {POLICY} is false", MANAGER
    for each in around.browsers:
        if each.port == port and around.is_everyday(each):
            why = f": {_named(each)} has that port, but its everyday profile, so ignores it"
            yield why, f"end it, and {start}"
        elif each.port == port:
            why = f": {_named(each)} has that port and the folder {each.folder}, but is not ready"
            yield why, f"wait until it has started; if it does not get ready, end it, and {start}"
    for each in around.browsers:
        if each.port:
            yield f": {_named(each)} has the port {each.port}", f"name it: --port {each.port}"
        elif each.port == 0 and each.folder is not None:
            remedy = f'name its folder: --profile-dir "{each.folder}"'
            yield f": {_named(each)} took a port of its own choice", remedy
    for each in around.browsers:
        yield f": {_named(each)} runs without a debugging port", f"{TICK}, or {start}"


def _named(browser: RunningBrowser) -> str:
    return f"{browser.product} (process {browser.pid})"
