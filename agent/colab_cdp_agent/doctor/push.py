"""The push channels: whether Apprise can read their addresses, and where it is asked, a ring."""

import asyncio

from colab_cdp_agent.config import Alerts
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.tell.alerts.order import Outcome
from colab_cdp_agent.tell.alerts.push import Push
from colab_cdp_agent.tell.alerts.ringing import names
from colab_cdp_agent.tell.alerts.trial import CODES, trial_message

RING = "`colab-cdp-agent test-alert` rings it"
READ = "compare the address in alerts.apprise with https://appriseit.com/services/"
REACH = "the service's own app or page says more; docs/alerts.md lists what an answer means"


async def examine(settings: Alerts, *, ring: bool) -> list[Finding]:
    """Look at every address; what it leads to is asked only with `ring`, which wakes whoever."""
    urls = settings.apprise
    if not urls:
        what = "push: no channel in alerts.apprise: no phone rings"
        return [Finding(ok=None, what=what, brief="no phone rings")]
    tried = (_ring(name, url) if ring else _look(name, url) for name, url in _named(urls))
    return [*await asyncio.gather(*tried)]


def _named(urls: tuple[PushUrl, ...]) -> list[tuple[str, PushUrl]]:
    return [*zip(names(urls), urls, strict=True)]


async def _look(name: str, url: PushUrl) -> Finding:
    outcome = await Push(url).check()
    if outcome.how == "sent":
        return Finding(ok=True, what=f"push {name}: its address can be read; {RING}")
    return _failed(name, outcome)


async def _ring(name: str, url: PushUrl) -> Finding:
    outcome = await Push(url).send(trial_message())
    if outcome.how == "sent":
        return Finding(ok=True, what=f"push {name}: it rang", brief=f"{name} rings")
    return _failed(name, outcome)


def _failed(name: str, outcome: Outcome) -> Finding:
    return Finding(
        ok=False,
        what=f"push {name}: {outcome.reason}",
        remedy=READ if outcome.how == "unknown_url" else REACH,
        code=CODES[outcome.how],
        brief=f"{name} does not ring",
    )
