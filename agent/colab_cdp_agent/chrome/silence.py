"""Why nothing listens on the debugging port: what is known of this computer → reason and remedy."""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from colab_cdp_agent.chrome import user_data_folders
from colab_cdp_agent.chrome.absent import ChromeAbsentError, start_remedy
from colab_cdp_agent.chrome.managed import POLICY, forbidding_policy
from colab_cdp_agent.chrome.processes import RunningBrowser, running_browsers
from colab_cdp_agent.chrome.profile_folder import TICK
from colab_cdp_agent.chrome.version_page import NothingListensError
from colab_cdp_agent.retry import delay
from colab_cdp_agent.settings.broker_url import is_loopback

LOOK_AGAIN_S, LONGEST_S = 5.0, 300.0
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


class Silence:
    """What is known of why nothing listens; looked for anew, and less and less often."""

    def __init__(self, host: str, port: int, profile_dir: Path | None) -> None:
        self._host, self._port = host, port
        self._seen = profile_dir is None and is_loopback(host)
        self._looks = 0
        self._due = 0.0
        self._around: Surroundings | None = None

    async def explain(self, error: ChromeAbsentError) -> ChromeAbsentError:
        """Say more of it where the port is this computer's, whose processes are seen."""
        causes = (error, error.__cause__)
        if not self._seen or not any(isinstance(each, NothingListensError) for each in causes):
            return error
        if self._around is None or time.monotonic() >= self._due:
            self._around = await look_around()
            self._looks += 1
            self._due = time.monotonic() + delay(self._looks, LOOK_AGAIN_S, LONGEST_S)
        return explain(f"{self._host}:{self._port}", self._port, self._around)

    def over(self) -> None:
        """Take note that a browser listens: the next silence has a reason of its own."""
        self._around, self._looks = None, 0


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
