"""`colab-cdp-agent doctor`: what the agent needs, looked at one by one, each with its remedy."""

import argparse
import platform
import sys

import msgspec
from rich.console import Console

from colab_cdp_agent import config, log
from colab_cdp_agent.config import ConfigError
from colab_cdp_agent.doctor import (
    broker,
    browser,
    clock,
    machine,
    night,
    page,
    phone_page,
    power,
    push,
)
from colab_cdp_agent.doctor.capture import Captures
from colab_cdp_agent.doctor.finding import Finding, exit_code, show
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.printable import printable, printable_json
from colab_cdp_agent.running import configure
from colab_cdp_agent.stopping import run_until_stopped
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.sites import open_site

__all__ = ["Finding", "examine"]


def examine(options: argparse.Namespace) -> int:
    """Print each finding as it comes, and return the exit code of the severest.

    With `tonight` the channels ring, and one line at the end says whether the night is safe.
    """
    log.configure("text", verbose=options.verbose)
    return run_until_stopped(_Examination(options).run())


class _Examination:
    """The findings so far, in the order in which they are shown."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._console = Console(highlight=False)
        self._findings: list[Finding] = []

    async def run(self) -> int:
        """Look at everything that can be looked at."""
        options = self._options
        self._tell(machine.python())
        settings = self._configuration()
        if settings is not None:
            folder = config.state_dir()
            name = config.agent_name(settings.name, platform.node())
            self._tell(*machine.folders(folder, settings.archive))
            self._tell(await clock.examine(), *await power.examine(awake=settings.awake))
            profiles = self._profiles(settings)
            look = page.examine if options.capture is None else Captures(options.capture).examine
            async for finding in browser.examine_all(settings.browsers, profiles, look):
                self._tell(finding)
            self._tell(*await broker.examine(settings, name, folder / "broker"))
            self._tell(await phone_page.examine(settings))
            self._tell(*await push.examine(settings.alerts, ring=options.ring or options.tonight))
        self._conclude()
        return exit_code(self._findings)

    def _tell(self, *findings: Finding) -> None:
        for finding in findings:
            seen = night.by_night(finding) if self._options.tonight else finding
            self._findings.append(seen)
            if not self._options.json:
                show(self._console, seen)

    def _conclude(self) -> None:
        verdict = night.verdict(self._findings) if self._options.tonight else None
        if self._options.json:
            found = {"findings": self._findings, "tonight": verdict}
            told = msgspec.json.format(msgspec.json.encode(found)).decode()
            sys.stdout.write(printable_json(told) + "\n")
        elif verdict is not None:
            self._console.print(printable(verdict), style="bold", markup=False, soft_wrap=True)

    def _configuration(self) -> config.Config | None:
        try:
            settings = configure(self._options)
            config.state_dir()
        except ConfigError as error:
            rest = "everything else: not looked at, without a configuration"
            self._tell(_wrong("configuration", error), Finding(ok=None, what=rest))
            return None
        file = config.find_config(self._options.config)
        self._tell(Finding(ok=True, what=f"configuration: {file or 'the defaults; no file'}"))
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
    brief = f"the {what} cannot be used"
    return Finding(ok=False, what=f"{what}: {error}", code=ExitCode.BAD_INPUT, brief=brief)
