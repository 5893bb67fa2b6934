"""`colab-cdp-agent test-alert`: rings every channel once, and says how that went."""

import argparse
import asyncio
import platform
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from colab_cdp_agent import config
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.replies import fail, say
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.stopping import run_until_stopped
from colab_cdp_agent.tell.alerts.order import How, Message, Outcome
from colab_cdp_agent.tell.alerts.push import Push
from colab_cdp_agent.tell.alerts.ringing import names

NO_CHANNEL: Final = """\
alerts.apprise names no channel; such as, in the configuration file:
alerts:
  apprise: ["ntfy://a-topic-that-nobody-guesses"]"""
CODES: Final[dict[How, ExitCode]] = {
    "sent": ExitCode.ENDED_AS_ASKED,
    "unreachable": ExitCode.UNREACHABLE,
    "refused": ExitCode.FAILED,
    "unknown_url": ExitCode.BAD_INPUT,
}


def ring(options: argparse.Namespace) -> int:
    """Ring every channel that is configured, and return the exit code of the worst answer.

    Raises:
        ConfigError: the configuration cannot be used.

    """
    file = config.find_config(options.config)
    urls = config.read(file).alerts.apprise
    if not urls:
        return fail(NO_CHANNEL, ExitCode.BAD_INPUT)
    return run_until_stopped(_ring(urls))


async def _ring(urls: tuple[PushUrl, ...]) -> int:
    message = trial_message()
    rings = (_try(name, url, message) for name, url in zip(names(urls), urls, strict=True))
    return worst(await asyncio.gather(*rings))


def trial_message() -> Message:
    """Return what a test says: of which computer it is, and from when."""
    return Message(
        "colab-cdp-agent: a test",
        f"This is how it rings. From {platform.node()}, at {datetime.now().astimezone():%H:%M}.",
    )


async def _try(name: str, url: PushUrl, message: Message) -> Outcome:
    outcome = await Push(url).send(message)
    says = "sent" if outcome.how == "sent" else f"not sent: {outcome.reason}"
    say(f"{name}: {says}")
    return outcome


def worst(outcomes: Iterable[Outcome]) -> ExitCode:
    """Return the exit code: an address that cannot be read before a refusal before no answer."""
    order = (ExitCode.BAD_INPUT, ExitCode.FAILED, ExitCode.UNREACHABLE, ExitCode.ENDED_AS_ASKED)
    return min((CODES[outcome.how] for outcome in outcomes), key=order.index)
