"""The systemd of this user: puts the unit in, takes it out, asks about it."""

import getpass
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from colab_cdp_agent.service.job import Job
from colab_cdp_agent.service.supervisor import ServiceError, Standing
from colab_cdp_agent.service.systemd import UNIT, unit
from colab_cdp_agent.service.tool import ask, demand, put, remove

ASKED = ("ActiveState", "MainPID", "ExecMainCode", "ExecMainStatus")
RUNS = {"active", "reloading", "deactivating"}
EXITED = "1"
NEVER_RAN = "0"
"""`ExecMainCode` is the code of SIGCHLD: 1 exited, 2 killed, 3 dumped core; 0 before the first."""
OTHERS = 0o077
NOT_REACHED = (
    "the systemd of this user cannot be reached: {said}. Log in at the desktop or over SSH: su and"
    " sudo open no session of one's own. Where systemd does not run at all, the system's own way"
    " or an @reboot line of crontab can start `colab-cdp-agent run`"
)
LINGER = (
    "It starts with your first login, and ends with your last logout. Where nobody logs in:"
    " loginctl enable-linger {user}"
)


class SystemdUser:
    """See `Supervisor`; `config` is the agent's own configuration folder."""

    def __init__(self, config: Path, environ: Mapping[str, str] = os.environ) -> None:
        folder = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self._file = folder / "systemd" / "user" / UNIT
        self._secrets = config / "service.env"
        self.place = str(self._file)
        self.log = f"journalctl --user --unit={UNIT} --pager-end"
        self.secrets = (
            f"A password goes into {self._secrets}, which nobody else may read (chmod 600), as a"
            " line COLAB_CDP_AGENT_MQTT_PASSWORD=…"
        )

    def install(self, job: Job) -> Iterator[str]:
        """Write the unit, have it read, and start it."""
        self._reach()
        put(self._file, unit(job, self._secrets))
        demand(_systemctl("daemon-reload"))
        demand(_systemctl("enable", UNIT))
        demand(_systemctl("restart", UNIT))
        if self._secrets.exists() and self._secrets.stat().st_mode & OTHERS:
            yield f"Others can read your passwords: chmod 600 {self._secrets}"
        user = getpass.getuser()
        lingers = ask(("loginctl", "show-user", user, "--property=Linger", "--value"))
        if lingers.said != "yes":
            yield LINGER.format(user=user)

    def uninstall(self) -> None:
        """End the service, and remove the unit."""
        self._reach()
        demand(_systemctl("disable", "--now", UNIT))
        remove(self._file)
        demand(_systemctl("daemon-reload"))
        # A failure is remembered otherwise; where there was none, this fails, which is as well.
        ask(_systemctl("reset-failed", UNIT))

    def standing(self) -> Standing:
        """Ask systemd how it stands."""
        if not self._file.exists():
            return Standing(installed=False)
        self._reach()
        return read_standing(
            demand(_systemctl("show", UNIT, *(f"--property={name}" for name in ASKED)))
        )

    def _reach(self) -> None:
        try:
            answer = ask(_systemctl("show-environment"))
        except ServiceError as error:
            raise ServiceError(NOT_REACHED.format(said=error)) from error
        if answer.code != 0:
            raise ServiceError(NOT_REACHED.format(said=answer.said.partition("\n")[0]))


def read_standing(said: str) -> Standing:
    """Read what `systemctl show` said of the unit."""
    told = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    if told.get("ActiveState") in RUNS:
        return Standing(installed=True, pid=int(told.get("MainPID", "0")))
    code, status = told.get("ExecMainCode", NEVER_RAN), int(told.get("ExecMainStatus", "0"))
    if code == NEVER_RAN:
        return Standing(installed=True)
    return Standing(installed=True, last_exit=status if code == EXITED else -status)


def _systemctl(*arguments: str) -> tuple[str, ...]:
    return ("systemctl", "--user", *arguments)
