"""`colab-cdp-agent profile`: a site profile, tried on captures or on the open tabs of a Chrome."""

import argparse
import sys
from collections.abc import AsyncIterator

from rich.console import Console

from colab_cdp_agent import config, log
from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.chrome.installed import NoChromiumError
from colab_cdp_agent.doctor.finding import Finding, exit_code, show
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.stopping import run_until_stopped
from colab_cdp_agent.trial import captures, tabs
from colab_cdp_agent.trial.page import Trial
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.sites import open_site

NO_PAGE = "open a notebook in that Chrome, or name a capture with --against"


def test(options: argparse.Namespace) -> int:
    """Try a profile on each page, print what came of it, and return the exit code."""
    log.configure("text", verbose=False)
    site = open_site(options.file)
    console = Console(highlight=False, markup=False, emoji=False)
    show(console, Finding(ok=True, what=f"profile {site}: {site.path}"))
    try:
        return run_until_stopped(_test(console, options, site.profile))
    except NoChromiumError as error:
        return _unreachable(console, f"captures: {error}", error.remedy)
    except ChromeAbsentError as error:
        return _unreachable(console, f"Chrome: {error}", error.remedy)
    except ChromeError as error:
        return _unreachable(console, f"Chrome: {error}", "look whether it is frozen, or restart it")


def show_text(options: argparse.Namespace) -> int:
    """Print the files that a profile in force is read from."""
    site = open_site(options.name)
    for path in site.files:
        sys.stdout.write(f"# {path}\n{path.read_text(encoding='utf-8')}")
    return ExitCode.ENDED_AS_ASKED


async def _test(console: Console, options: argparse.Namespace, profile: Profile) -> int:
    findings = []
    async for trial in _trials(options, profile):
        findings.append(trial.finding)
        show(console, trial.finding)
        for line in trial.lines:
            console.print(f"    {line}", soft_wrap=True)
    if not findings:
        nothing = f"no page: no open tab is one of {profile.site}"
        findings.append(Finding(ok=False, what=nothing, remedy=NO_PAGE))
        show(console, findings[0])
    return exit_code(findings)


def _trials(options: argparse.Namespace, profile: Profile) -> AsyncIterator[Trial]:
    if options.against:
        return captures.trials(options.against, profile)
    settings = config.override(
        config.read(config.find_config(options.config)),
        ports=options.port,
        profile_dirs=options.profile_dir,
    )
    for browser in settings.browsers:
        config.check_chrome_host(browser.host, allowed=False)
    return tabs.trials(settings.browsers, profile)


def _unreachable(console: Console, what: str, remedy: str) -> int:
    show(console, Finding(ok=False, what=what, remedy=remedy))
    return ExitCode.UNREACHABLE
