"""The launchd of this user on macOS: puts the agent in, takes it out, asks about it."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from colab_cdp_agent.service.job import NAME, Job
from colab_cdp_agent.service.launchd import LABEL, agent
from colab_cdp_agent.service.supervisor import ServiceError, Standing
from colab_cdp_agent.service.tool import ask, demand, put, remove

END_LIMIT_S = 60.0
POLL_S = 0.2
NOT_TAKEN = (
    "launchd does not take it: {said}. Over SSH there may be no session of the screen: log in at"
    " the Mac itself, and run this again in its Terminal"
)


class Launchd:
    """See `Supervisor`; `uid` is the number of the user, who has a session on the screen."""

    def __init__(self, home: Path, uid: int, config: Path) -> None:
        self._file = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self._log = home / "Library" / "Logs" / f"{NAME}.log"
        self._domain = f"gui/{uid}"
        self._target = f"{self._domain}/{LABEL}"
        self.place = str(self._file)
        self.log = f'tail -f "{self._log}"'
        self.secrets = (
            f"A password goes into {config}, which nobody else may read (chmod 600), as"
            " mqtt.password"
        )

    def install(self, job: Job) -> Iterator[str]:
        """Write the property list, and have it loaded, which starts it."""
        put(self._file, agent(job, self._log))
        self._unload()
        demand(("launchctl", "enable", self._target))
        loaded = ask(("launchctl", "bootstrap", self._domain, str(self._file)))
        if loaded.code != 0:
            raise ServiceError(NOT_TAKEN.format(said=loaded.said or f"error {loaded.code}"))
        yield from ()

    def uninstall(self) -> None:
        """Have it ended and unloaded, and remove the property list."""
        self._unload()
        remove(self._file)

    def standing(self) -> Standing:
        """Ask launchd how it stands."""
        if not self._file.exists():
            return Standing(installed=False)
        answer = ask(("launchctl", "print", self._target))
        return read_standing(answer.said) if answer.code == 0 else Standing(installed=True)

    def _unload(self) -> None:
        """Unload it, and wait until it has ended: before that it cannot be loaded again."""
        # It fails where nothing is loaded, and also while what was loaded takes its time to end.
        ask(("launchctl", "bootout", self._target))
        deadline = time.monotonic() + END_LIMIT_S
        while ask(("launchctl", "print", self._target)).code == 0:
            if time.monotonic() > deadline:
                raise ServiceError(f"launchd has not ended {LABEL} in {END_LIMIT_S:.0f} s")
            time.sleep(POLL_S)


def read_standing(said: str) -> Standing:
    """Read what `launchctl print` said of the agent."""
    if pid := re.search(r"^\s*pid = (\d+)", said, re.MULTILINE):
        return Standing(installed=True, pid=int(pid[1]))
    if number := re.search(r"^\s*last terminating signal = .*?(\d+)\s*$", said, re.MULTILINE):
        return Standing(installed=True, last_exit=-int(number[1]))
    code = re.search(r"^\s*last exit code = (\d+)", said, re.MULTILINE)
    return Standing(installed=True, last_exit=int(code[1]) if code else None)
