"""`colab-cdp-agent watch` and `send`: the agents on a broker, from any machine that reaches it."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from colab_cdp_agent import config, log
from colab_cdp_agent.config import Config, ConfigError
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.keep.whole_file import write_whole
from colab_cdp_agent.printable import printable_json
from colab_cdp_agent.remote import sending
from colab_cdp_agent.remote.answer import words
from colab_cdp_agent.remote.broker_address import Brokers
from colab_cdp_agent.remote.lines import PlainLines, json_line
from colab_cdp_agent.remote.request import (
    Ask,
    BadRequestError,
    find_verb,
    parse_arguments,
    parse_target,
)
from colab_cdp_agent.remote.sending import SCREENSHOT, Answered, NobodyAnswersError
from colab_cdp_agent.remote.station import Station
from colab_cdp_agent.remote.watching import show_lines, show_table
from colab_cdp_agent.replies import fail, say
from colab_cdp_agent.stopping import run_until_stopped
from colab_cdp_agent.tell.link import BrokerLostError, BrokerRefusedError, check_broker
from colab_cdp_protocols import mqtt

__all__ = ["send", "watch"]

INTERRUPTED = "interrupted: whether it was done is not known"
UNANSWERED = (BrokerLostError, BrokerRefusedError, NobodyAnswersError)
JPEG = b"\xff\xd8\xff"


def watch(options: argparse.Namespace) -> int:
    """Show every agent on a broker until Ctrl+C, and return the exit code.

    Raises:
        ConfigError: an option or the configuration cannot be used.

    """
    settings = _configure(options)
    log.configure("text", verbose=False)
    station = Station(settings.mqtt.root)
    find = Brokers(settings.mqtt, config.state_dir() / "broker").find
    console = Console(highlight=False, markup=False, emoji=False)
    if options.json:
        work = show_lines(station, find, json_line)
    elif console.is_terminal:
        work = show_table(station, find, console)
    else:
        work = show_lines(station, find, PlainLines().line)

    async def until_stopped() -> int:
        try:
            await work
        except asyncio.CancelledError:  # that is how it ends; a word of it would be no JSON
            return ExitCode.ENDED_AS_ASKED
        except BrokerRefusedError as error:
            return fail(error, ExitCode.UNREACHABLE)
        return ExitCode.ENDED_AS_ASKED

    return run_until_stopped(until_stopped())


def send(options: argparse.Namespace) -> int:
    """Send one request, print its answer, and return the exit code: 0 only when it was done.

    Raises:
        ConfigError: an option or the configuration cannot be used.

    """
    settings = _configure(options)
    log.configure("text", verbose=False)
    try:
        ask = _ask(options, settings)
    except BadRequestError as error:
        return fail(error, ExitCode.BAD_INPUT)

    brokers = Brokers(settings.mqtt, config.state_dir() / "broker")

    async def answered() -> int:
        try:
            return _show(await sending.send(brokers, ask), options)
        except BadRequestError as error:
            return fail(error, ExitCode.BAD_INPUT)
        except UNANSWERED as error:
            return fail(error, ExitCode.UNREACHABLE)
        except asyncio.CancelledError:
            return fail(INTERRUPTED)

    return run_until_stopped(answered())


def _ask(options: argparse.Namespace, settings: Config) -> Ask:
    """Return what is asked for; BadRequestError where it is nothing that there is."""
    target = parse_target(options.target)
    verb = find_verb(target, options.verb)
    args = parse_arguments(verb, options.arguments, datetime.now(UTC))
    if (verb.name == SCREENSHOT) != (options.save is not None):
        raise BadRequestError(f"{SCREENSHOT} goes with --save FILE, and nothing else does")
    key = settings.commands.key
    return Ask(settings.mqtt.root, target, verb, args, key.reveal() if key else None, options.wait)


def _show(answered: Answered, options: argparse.Namespace) -> int:
    """Print an answer, keep the picture of one, and return the exit code."""
    response = answered.response
    if options.json:
        say(printable_json(mqtt.encode(response).decode()))
    else:
        say(*words(response))
    if response.status != "ok":
        return ExitCode.FAILED
    return _save(answered.picture, options.save) if options.save else ExitCode.ENDED_AS_ASKED


def _save(picture: bytes | None, file: Path) -> int:
    if picture is None or not picture.startswith(JPEG):
        return fail("no picture came")
    try:
        write_whole(file, picture)
    except OSError as error:
        return fail(f"{file} cannot be written: {error.strerror}")
    print(f"The picture is in {file}.", file=sys.stderr)  # noqa: T201 - a person reads it
    return ExitCode.ENDED_AS_ASKED


def _configure(options: argparse.Namespace) -> Config:
    settings = config.override(
        config.read(config.find_config(options.config)), mqtt=options.mqtt, root=options.root
    )
    check_broker(settings.mqtt, plaintext=options.insecure_plaintext)
    if settings.mqtt.url.none:
        raise ConfigError(
            "there is no broker to look at: name one with --mqtt", key=("mqtt", "url")
        )
    return settings
