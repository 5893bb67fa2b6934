"""The push channels: whether Apprise can read their addresses; none of them rings."""

import asyncio

from colab_cdp_agent.config import Alerts
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.tell.alerts.push import Push
from colab_cdp_agent.tell.alerts.ringing import names

RING = "`colab-cdp-agent test-alert` rings it"
READ = "compare the address in alerts.apprise with https://appriseit.com/services/"


async def examine(settings: Alerts) -> list[Finding]:
    """Look at every address; what it leads to is not asked."""
    urls = settings.apprise
    if not urls:
        return [Finding(ok=None, what="push: no channel in alerts.apprise: no phone rings")]
    named = zip(names(urls), urls, strict=True)
    return [*await asyncio.gather(*(_look(name, url) for name, url in named))]


async def _look(name: str, url: PushUrl) -> Finding:
    outcome = await Push(url).check()
    if outcome.how == "sent":
        return Finding(ok=True, what=f"push {name}: its address can be read; {RING}")
    what = f"push {name}: {outcome.reason}"
    return Finding(ok=False, what=what, remedy=READ, code=ExitCode.BAD_INPUT)
