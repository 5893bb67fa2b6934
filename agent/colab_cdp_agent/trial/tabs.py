"""A profile on each open tab of a running Chrome that it names."""

from collections.abc import AsyncIterator, Sequence

from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.config import Chrome
from colab_cdp_agent.doctor.browser import Targets, connected, notebooks_of
from colab_cdp_agent.printable import printable
from colab_cdp_agent.trial.page import Trial, try_on
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_protocols import cdp


async def trials(browsers: Sequence[Chrome], profile: Profile) -> AsyncIterator[Trial]:
    """Yield what comes of it, browser by browser and tab by tab; nothing in a tab is touched.

    Raises:
        ChromeAbsentError, ChromeError: a browser cannot be reached.

    """
    for browser in browsers:
        async for trial in _trials_in(browser, profile):
            yield trial


async def _trials_in(where: Chrome, profile: Profile) -> AsyncIterator[Trial]:
    targets = Targets()
    endpoint = await locate(where.host, where.port, where.profile_dir)
    if endpoint.asks:
        raise ChromeAbsentError(
            f"{endpoint.browser} would ask for consent, and a trial is no reason to",
            "write a capture of another Chrome's tab, or run it with --against",
        )
    async with connected(endpoint.address, targets) as browser:
        await browser.call(cdp.discover_targets())
        for info, _ in notebooks_of(targets.pages, (profile,)):
            yield await try_on(Tab(browser, info), printable(profile.title(info.title)), profile)
