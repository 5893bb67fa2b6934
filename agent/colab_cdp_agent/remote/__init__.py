"""`colab-cdp-agent watch` and `send`: the agents on a broker, from any machine that reaches it."""

import argparse
import asyncio
import sys
from functools import partial

from rich.console import Console

from colab_cdp_agent import config, log
from colab_cdp_agent.config import Config, ConfigError
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.remote.broker_address import find_broker
from colab_cdp_agent.remote.lines import PlainLines, json_line
from colab_cdp_agent.remote.station import Station
from colab_cdp_agent.remote.watching import show_lines, show_table
from colab_cdp_agent.running import run_until_stopped
from colab_cdp_agent.tell.link import BrokerRefusedError

__all__ = ["watch"]


def watch(options: argparse.Namespace) -> int:
    """Show every agent on a broker until Ctrl+C, and return the exit code.

    Raises:
        ConfigError: an option or the configuration cannot be used.

    """
    settings = _configure(options)
    log.configure("text", verbose=False)
    station = Station(settings.mqtt.root)
    find = partial(find_broker, settings.mqtt, config.state_dir() / "broker")
    console = Console(highlight=False, markup=False, emoji=False)
    if options.json:
        work = show_lines(station, find, json_line)
    elif console.is_terminal:
        work = show_table(station, find, console)
    else:
        work = show_lines(station, find, PlainLines())

    async def until_stopped() -> int:
        try:
            await work
        except asyncio.CancelledError:  # that is how it ends; a word of it would be no JSON
            return ExitCode.ENDED_AS_ASKED
        except BrokerRefusedError as error:
            return _failed(str(error), ExitCode.UNREACHABLE)
        return ExitCode.ENDED_AS_ASKED

    return run_until_stopped(until_stopped())


def _configure(options: argparse.Namespace) -> Config:
    settings = config.override(
        config.read(config.find_config(options.config)), mqtt=options.mqtt, root=options.root
    )
    url = settings.mqtt.url
    config.check_plaintext(url, allowed=options.insecure_plaintext)
    if url.none:
        raise ConfigError(
            "there is no broker to look at: name one with --mqtt", key=("mqtt", "url")
        )
    return settings


def _failed(sentence: str, code: ExitCode) -> int:
    print(f"colab-cdp-agent: {sentence}", file=sys.stderr)  # noqa: T201 - a person reads it
    return code
