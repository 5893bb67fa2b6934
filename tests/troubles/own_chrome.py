"""The command `chrome`: what keeps a Chrome with a folder of its own from starting."""

import stat
import sys
from collections.abc import Sequence

from chromium import Chromium, free_port
from command import COMMAND, run
from stranger import stranger
from troubles.register import Place, begun_with, says

NO_SUCH_SCREEN = ":99"
"""Nothing is opened on it: each of these browsers is a script."""


def chrome(
    place: Place, *arguments: str, command: Sequence[str] = COMMAND, screen: str = ""
) -> str:
    """Return what the command complains of, in a home of its own."""
    home = {"HOME": str(place.folder), "DISPLAY": screen, "WAYLAND_DISPLAY": ""}
    ended = run(place.folder, "chrome", *arguments, command=command, env=home, limit=60)
    assert ended.returncode != 0, ended.stdout
    return ended.stderr


def browser(place: Place, script: str, command: Sequence[str] = COMMAND) -> str:
    """Return what is said of a script in a browser's place."""
    program = place.folder / "browser"
    program.write_text(script, encoding="ascii")
    program.chmod(stat.S_IRWXU)
    arguments = ("--port", str(free_port()), "--browser", str(program))
    return chrome(place, *arguments, command=command, screen=NO_SUCH_SCREEN)


@says(
    "there is no screen here, neither DISPLAY nor WAYLAND_DISPLAY is set: start it in a terminal of"
    " the desktop. Without a window nobody can sign in; where that is not needed: colab-cdp-agent"
    " chrome -- --headless=new"
)
def no_screen(place: Place) -> str:
    return chrome(place, "--port", str(free_port()), "--browser", sys.executable)


@says(
    "port … belongs to another Chrome, whose profile folder is not …; end that one, or name another"
    " port with --port"
)
def anothers_port(place: Place) -> str:
    with Chromium() as other:
        return chrome(place, "--port", str(other.port))


@says("…; free port …, or name another with --port")
def strangers_port(place: Place) -> str:
    with stranger(b"SSH-2.0-OpenSSH_9.9\r\n") as there:
        return chrome(place, "--port", str(there.port), "--browser", sys.executable)


@says(
    "a browser without port … runs already with the folder …: the new one has handed over to it,"
    " and ended; end that browser, and try again"
)
def handed_over(place: Place) -> str:
    """End as a browser does that has handed over: content, and without having listened."""
    return browser(place, "#!/bin/sh\nexit 0\n")


@says(
    "… ended at its start; it said: …; start it by hand to see what it lacks; what follows `--` is"
    " passed on to it"
)
def ended_at_its_start(place: Place) -> str:
    return browser(place, "#!/bin/sh\necho 'no such luck' >&2\nexit 7\n")


@says(
    "… did not listen in time; start it by hand to see what it lacks; what follows `--` is passed"
    " on to it"
)
def never_listens(place: Place) -> str:
    """Start one that goes on, as it is left to, until its mark is gone."""
    mark = place.folder / "goes on"
    mark.touch()
    hurried = begun_with("from colab_cdp_agent.chrome import lasting; lasting.START_LIMIT_S = 0.2")
    try:
        return browser(place, f'#!/bin/sh\nwhile [ -e "{mark}" ]; do sleep 0.1; done\n', hurried)
    finally:
        mark.unlink()


@says("…: …; name another program with --browser, or another folder with --profile-dir")
def cannot_be_run(place: Place) -> str:
    return browser(place, "#!/nowhere/at-all\n")


@says(
    "--profile-dir: … is the folder of the everyday …: its logins would be open to every program,"
    " and Chrome ignores the port there; name a folder of its own"
)
def everyday_folder(place: Place) -> str:
    profile = place.folder / "config" / "google-chrome" / "Default"
    return chrome(place, "--browser", sys.executable, "--profile-dir", str(profile))


@says("--browser: no program …; give its path, or its name on PATH")
def no_such_program(place: Place) -> str:
    return chrome(place, "--browser", "nowhere")


@says("expected an address such as https://colab.research.google.com/, found …")
def no_address(place: Place) -> str:
    return chrome(place, "--browser", sys.executable, "colab")


@says(
    "… is not passed on: the port is --port and the folder --profile-dir, and nothing else than"
    " this computer may reach the port"
)
def not_passed_on(place: Place) -> str:
    return chrome(place, "--browser", sys.executable, "--", "--remote-debugging-address=0.0.0.0")
