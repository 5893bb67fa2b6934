"""The command `service`: what the system's own tools refuse, and what is no service."""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from colab_cdp_agent.service import launchctl
from colab_cdp_agent.service.job import make_job
from colab_cdp_agent.service.launchctl import Launchd
from colab_cdp_agent.service.supervisor import ServiceError
from colab_cdp_agent.service.systemd import UNIT
from command import COMMAND, run
from system_tools import SystemTools
from troubles.register import Place, begun_with, error_of, says

UNITS = Path("config", "systemd", "user")
"""Where the unit lies, below the folder of the test."""


def service(
    place: Place,
    *arguments: str,
    answers: Mapping[str, tuple[object, ...]] | None = None,
    command: Sequence[str] = COMMAND,
) -> str:
    """Return what the command complains of, where systemd's tools answer so."""
    tools = SystemTools(place.folder / "bin", "systemctl", "loginctl")
    tools.answer(answers or {})
    return complaint(place, tools.path, *arguments, command=command)


def complaint(place: Place, path: str, *arguments: str, command: Sequence[str] = COMMAND) -> str:
    """Return what the command complains of, with this PATH."""
    ended = run(place.folder, "service", *arguments, command=command, env={"PATH": path})
    assert ended.returncode != 0, ended.stdout
    return ended.stderr


@says(
    "the systemd of this user cannot be reached: …. Log in at the desktop or over SSH: su and sudo"
    " open no session of one's own. Where systemd does not run at all, the system's own way or an"
    " @reboot line of crontab can start `colab-cdp-agent run`"
)
def no_systemd_of_the_user(place: Place) -> str:
    refusal = (1, "Failed to connect to bus: No medium found")
    return service(place, "install", answers={"show-environment": refusal})


def launchd(place: Place, answers: Mapping[str, tuple[object, ...]]) -> str:
    """Return why launchd, which answers so, is not given the agent."""
    tools = SystemTools(place.folder / "bin", "launchctl")
    tools.answer(answers)
    place.patch.setenv("PATH", tools.path)
    supervisor = Launchd(place.folder, 501, place.folder / "colab-cdp-agent.yaml")
    job = make_job((), place.folder, {})
    return error_of(lambda: list(supervisor.install(job)), ServiceError)


@says(
    "launchd does not take it: …. Over SSH there may be no session of the screen: log in at the Mac"
    " itself, and run this again in its Terminal"
)
def no_session_of_the_screen(place: Place) -> str:
    refusal = (125, "Bootstrap failed: 125: Domain does not support specified action")
    return launchd(place, {"print": (113, "Could not find service"), "bootstrap": refusal})


@says("launchd has not ended … in … s")
def never_unloaded(place: Place) -> str:
    place.patch.setattr(launchctl, "END_LIMIT_S", 0.0)
    return launchd(place, {"print": (0, "state = running")})


@says("… failed: …")
def tool_fails(place: Place) -> str:
    return service(
        place, "install", answers={"enable": (1, "Failed to enable unit: Access denied")}
    )


@says("… cannot be run: …")
def no_tool(place: Place) -> str:
    return complaint(place, str(place.folder), "install")


@says("… has not ended in … s")
def tool_hangs(place: Place) -> str:
    tool = place.folder / "systemctl"
    tool.write_text("#!/bin/sh\nexec sleep 60\n", encoding="ascii")
    tool.chmod(stat.S_IRWXU)
    hurried = begun_with("from colab_cdp_agent.service import tool; tool.LIMIT_S = 1.0")
    path = f"{place.folder}{os.pathsep}{os.environ['PATH']}"
    return complaint(place, path, "install", command=hurried)


@says("… cannot be written: …")
def no_folder_of_units(place: Place) -> str:
    in_the_way = place.folder / UNITS.parent
    in_the_way.parent.mkdir()
    in_the_way.write_text("in the way", encoding="ascii")
    return service(place, "install")


@says("… cannot be removed: …")
def unit_is_a_folder(place: Place) -> str:
    (place.folder / UNITS / UNIT).mkdir(parents=True)
    return service(place, "uninstall")


@says("… cannot stand in a service's file: it holds a control character, or bytes that are no text")
def line_break_in_an_option(place: Place) -> str:
    name = "two\nlines.yaml"
    (place.folder / name).write_text("name: mine\n", encoding="ascii")
    return service(place, "install", "--", "--config", name)


@says("`service …` takes no options of `run`")
def options_of_another_verb(place: Place) -> str:
    return service(place, "status", "--", "--lan")
