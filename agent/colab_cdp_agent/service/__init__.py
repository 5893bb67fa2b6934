"""`colab-cdp-agent service`: the agent started at each login, and again after a crash."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from colab_cdp_agent import config
from colab_cdp_agent.children import this_user
from colab_cdp_agent.config import ConfigError
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.replies import fail, say
from colab_cdp_agent.service.job import make_job
from colab_cdp_agent.service.launchctl import Launchd
from colab_cdp_agent.service.schtasks import TaskScheduler
from colab_cdp_agent.service.supervisor import ServiceError, Supervisor, meaning
from colab_cdp_agent.service.systemd_user import SystemdUser

__all__ = ["manage"]


def manage(options: argparse.Namespace) -> int:
    """Install it, uninstall it or tell how it stands, and return the exit code.

    Raises:
        ConfigError: an option or the configuration cannot be used.

    """
    if options.passed_on and options.what != "install":
        raise ConfigError(f"`service {options.what}` takes no options of `run`")
    supervisor = _supervisor(sys.platform)
    try:
        if options.what == "install":
            return _install(supervisor, options)
        return _uninstall(supervisor) if options.what == "uninstall" else _status(supervisor)
    except ServiceError as error:
        return fail(error)


def _supervisor(platform: str) -> Supervisor:
    """Return what this system starts services with; where it is unknown, systemd is asked."""
    file = config.config_dir() / config.FILE_NAME
    if platform == "win32":
        return TaskScheduler(config.state_dir(), file, os.environ)
    if platform == "darwin":
        return Launchd(Path.home(), this_user(), file)
    return SystemdUser(config.config_dir())


def _install(supervisor: Supervisor, options: argparse.Namespace) -> int:
    from colab_cdp_agent.running import configure  # noqa: PLC0415 - the agent, which is much
    from colab_cdp_agent.watch.sites import load_site  # noqa: PLC0415

    for site in configure(options.run_options).sites:
        load_site(site)
    job = make_job(options.passed_on, Path.cwd(), os.environ)
    done = "updated" if supervisor.standing().installed else "installed"
    notes = list(supervisor.install(job))
    say(
        f"The service is {done} and started: {supervisor.place}",
        "It starts at each login, and again after a crash.",
        f"Its log: {supervisor.log}",
        *notes,
        f"No password stands in it. {supervisor.secrets}.",
        *_unseen(),
        "How it stands: colab-cdp-agent service status",
    )
    return ExitCode.ENDED_AS_ASKED


def _unseen() -> Iterator[str]:
    """Yield what of this shell the service does not have."""
    for variable in config.VARIABLES:
        if os.environ.get(variable):
            yield f"{variable} is set in this shell, and not for the service."


def _uninstall(supervisor: Supervisor) -> int:
    if not supervisor.standing().installed:
        say("There is no service to uninstall.")
        return ExitCode.ENDED_AS_ASKED
    supervisor.uninstall()
    say("The service is ended and uninstalled. What the agent has kept stays.")
    return ExitCode.ENDED_AS_ASKED


def _status(supervisor: Supervisor) -> int:
    standing = supervisor.standing()
    if not standing.installed:
        say("The service is not installed: colab-cdp-agent service install")
        return ExitCode.FAILED
    say(f"The service is installed: {supervisor.place}")
    if standing.pid is not None:
        say("It runs." if standing.pid == 0 else f"It runs (pid {standing.pid}).")
    else:
        say("It does not run.")
    if standing.last_exit is not None:
        say(f"How it ended: {meaning(standing.last_exit)}.")
    say(f"Its log: {supervisor.log}")
    return ExitCode.FAILED if standing.pid is None else ExitCode.ENDED_AS_ASKED
