"""`colab-cdp-agent doctor`: what the agent needs, looked at one by one, each with its remedy."""

import argparse
import platform

from rich.console import Console

from colab_cdp_agent import config, log
from colab_cdp_agent.config import ConfigError
from colab_cdp_agent.doctor import broker, browser, machine, page, push
from colab_cdp_agent.doctor.capture import Captures
from colab_cdp_agent.doctor.finding import Finding, exit_code, show
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.running import configure
from colab_cdp_agent.settings.without_effect import set_in_vain
from colab_cdp_agent.stopping import run_until_stopped
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.sites import open_site

__all__ = ["Finding", "examine"]


def examine(options: argparse.Namespace) -> int:
    """Print each finding as it comes, and return the exit code of the severest."""
    log.configure("text", verbose=options.verbose)
    return run_until_stopped(_Examination(Console(highlight=False)).run(options))


class _Examination:
    """The findings so far, in the order in which they are shown."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._findings: list[Finding] = []

    async def run(self, options: argparse.Namespace) -> int:
        """Look at everything that can be looked at."""
        self._tell(machine.python())
        settings = self._configuration(options)
        if settings is not None:
            folder = config.state_dir()
            name = config.agent_name(settings.name, platform.node())
            self._tell(*machine.folders(folder, settings.archive))
            profiles = self._profiles(settings)
            look = page.examine if options.capture is None else Captures(options.capture).examine
            async for finding in browser.examine_all(settings.browsers, profiles, look):
                self._tell(finding)
            self._tell(await broker.examine(settings.mqtt, name, folder / "broker"))
            self._tell(*await push.examine(settings.alerts))
        return exit_code(self._findings)

    def _tell(self, *findings: Finding) -> None:
        for finding in findings:
            self._findings.append(finding)
            show(self._console, finding)

    def _configuration(self, options: argparse.Namespace) -> config.Config | None:
        try:
            settings = configure(options)
            config.state_dir()
        except ConfigError as error:
            rest = "everything else: not looked at, without a configuration"
            self._tell(_wrong("configuration", error), Finding(ok=None, what=rest))
            return None
        file = config.find_config(options.config)
        self._tell(Finding(ok=True, what=f"configuration: {file or 'the defaults; no file'}"))
        if in_vain := set_in_vain(settings):
            self._tell(Finding(ok=None, what=f"{', '.join(in_vain)}: no effect in this version"))
        return settings

    def _profiles(self, settings: config.Config) -> tuple[Profile, ...]:
        """Load each site profile; what cannot be loaded is told and left out."""
        loaded = []
        for site in settings.sites:
            try:
                found = open_site(site)
            except ConfigError as error:
                self._tell(_wrong("site profile", error))
            else:
                loaded.append(found.profile)
                self._tell(Finding(ok=True, what=f"site profile {found}: {found.path}"))
        return tuple(loaded)


def _wrong(what: str, error: ConfigError) -> Finding:
    return Finding(ok=False, what=f"{what}: {error}", code=ExitCode.BAD_INPUT)
