"""A run in the foreground: from options to an agent, until a signal or an error ends it."""

import argparse
import asyncio
import platform
import signal
import sys
from types import FrameType

from colab_cdp_agent import cli, config, log
from colab_cdp_agent.agent import Agent, Options
from colab_cdp_agent.retry import first_leaf
from colab_cdp_agent.tell.publisher import BrokerRefusedError, NameTakenError
from colab_cdp_agent.watch.sites import load_site


def configure(options: argparse.Namespace) -> config.Config:
    """Return the configuration of a file, the environment and the options, checked.

    Raises:
        ConfigError: something in it cannot be used.

    """
    settings = config.override(
        config.read(config.find_config(options.config)),
        port=options.port,
        profile_dir=options.profile_dir,
        sites=options.site,
        mqtt=options.mqtt,
        name=options.name,
    )
    config.check_chrome_host(settings.chrome.host, allowed=options.remote_chrome)
    config.check_plaintext(settings.mqtt.url, allowed=options.insecure_plaintext)
    return settings


def run(options: argparse.Namespace) -> int:
    """Run the agent until it is told to stop, and return the exit code."""
    settings = configure(options)
    profiles = tuple(load_site(site) for site in settings.sites)
    log.configure(options.log_format, verbose=options.verbose)
    name = config.agent_name(settings.name, platform.node())
    agent_options = Options(observe=options.observe, form=options.log_format)

    async def main() -> None:
        stop = asyncio.Event()
        on_signals(stop)
        await Agent(name, settings, profiles, agent_options).run(stop)

    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(main())
    except ExceptionGroup as group:
        expected, unforeseen = group.split((NameTakenError, BrokerRefusedError))
        if unforeseen is not None or expected is None:
            raise
        error = first_leaf(expected)
        print(f"colab-cdp-agent: {error}", file=sys.stderr)  # noqa: T201 - a person reads it
        return cli.BAD_INPUT if isinstance(error, NameTakenError) else cli.UNREACHABLE
    return cli.ENDED_AS_ASKED


def on_signals(stop: asyncio.Event) -> None:
    """Set the event on Ctrl+C and on a request to terminate, on every system."""
    loop = asyncio.get_running_loop()

    def stop_soon(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, stop_soon)
