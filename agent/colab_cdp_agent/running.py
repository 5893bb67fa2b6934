"""A run in the foreground: from options to an agent, until a signal or an error ends it."""

import argparse
import asyncio
import platform

import structlog

from colab_cdp_agent import config, log, loop
from colab_cdp_agent.agent import Agent, Options
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.keep import state_folder
from colab_cdp_agent.replies import fail
from colab_cdp_agent.retry import first_leaf
from colab_cdp_agent.stopping import stop_on_signals
from colab_cdp_agent.tell.claim import NameTakenError
from colab_cdp_agent.tell.connection import told_already
from colab_cdp_agent.tell.link import BrokerRefusedError, check_broker
from colab_cdp_agent.watch.sites import open_site

logger = structlog.get_logger()


def configure(options: argparse.Namespace) -> config.Config:
    """Return the configuration of a file, the environment and the options, checked.

    Raises:
        ConfigError: something in it cannot be used.

    """
    settings = config.override(
        config.read(config.find_config(options.config)),
        ports=options.port,
        profile_dirs=options.profile_dir,
        sites=options.site,
        mqtt=options.mqtt,
        name=options.name,
        lan=getattr(options, "lan", False),  # of `run` only
    )
    for browser in settings.browsers:
        config.check_chrome_host(browser.host, allowed=options.remote_chrome)
    check_broker(settings.mqtt, plaintext=options.insecure_plaintext)
    return settings


def run(options: argparse.Namespace) -> int:
    """Run the agent until it is told to stop, and return the exit code."""
    settings = configure(options)
    sites = tuple(open_site(site) for site in settings.sites)
    profiles = tuple(site.profile for site in sites)
    log.configure(options.log_format, verbose=options.verbose)
    for site in sites:
        if site.over is not None:
            logger.info("a site profile of your own is in force", file=str(site.path))
    _warn_of_folders(settings)
    name = config.agent_name(settings.name, platform.node())
    agent_options = Options(
        observe=options.observe, form=options.log_format, sites=tuple(map(str, sites))
    )

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(told_already)
        await Agent(name, settings, profiles, agent_options).run(stop_on_signals())

    try:
        loop.run(main())
    except ExceptionGroup as group:
        expected, unforeseen = group.split((NameTakenError, BrokerRefusedError))
        if unforeseen is not None or expected is None:
            raise
        error = first_leaf(expected)
        taken = isinstance(error, NameTakenError)
        return fail(error, ExitCode.BAD_INPUT if taken else ExitCode.UNREACHABLE)
    return ExitCode.ENDED_AS_ASKED


def _warn_of_folders(settings: config.Config) -> None:
    """Say what will be missing where nothing can be kept: the watch itself needs no disk."""
    folder, archive = config.state_dir(), settings.archive.dir
    why = state_folder.trouble(folder)
    if why is not None:
        missing = ["memory of published topics", "journal: the report lacks this night"]
        if settings.mqtt.url.embedded:
            missing.append("embedded broker: nothing is told over MQTT")
        if archive is None:
            missing.append("archive: nothing that is printed is kept, and no output is cleared")
        logger.warning(
            "the state folder cannot be written; the tabs are watched all the same",
            folder=str(folder),
            reason=why,
            without=missing,
            remedy=f"make it writable, or name another in {config.STATE_DIR_VARIABLE}",
        )
    if archive is not None and (why := state_folder.trouble(archive)) is not None:
        logger.warning(
            "the archive cannot be written; nothing that is printed is kept, no output is cleared",
            folder=str(archive),
            reason=why,
            remedy="make it writable, or name another in archive.dir",
        )
