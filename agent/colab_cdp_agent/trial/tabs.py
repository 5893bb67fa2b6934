"""A profile on each open tab of a running Chrome that it names."""

from collections.abc import AsyncIterator

from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.config import Chrome
from colab_cdp_agent.doctor.browser import Targets, connected, notebooks_of
from colab_cdp_agent.tell.screen import printable
from colab_cdp_agent.trial.page import Trial, try_on
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_protocols import cdp


async def trials(where: Chrome, profile: Profile) -> AsyncIterator[Trial]:
    """Yield what comes of it, tab by tab; nothing in a tab is touched.

    Raises:
        ChromeAbsentError, ChromeError: the Chrome cannot be reached.

    """
    targets = Targets()
    address = await locate(where.host, where.port, where.profile_dir)
    async with connected(address, targets) as browser:
        await browser.call(cdp.discover_targets())
        for info, _ in notebooks_of(targets.pages, (profile,)):
            yield await try_on(Tab(browser, info), printable(profile.title(info.title)), profile)
