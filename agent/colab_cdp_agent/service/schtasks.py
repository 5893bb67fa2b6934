"""The Task Scheduler of Windows: puts the task in, takes it out, asks about it."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from colab_cdp_agent.service.job import NAME, Job
from colab_cdp_agent.service.supervisor import ServiceError, Standing
from colab_cdp_agent.service.tool import ask, demand
from colab_cdp_agent.service.windows_task import task

RUNNING = 4
"""`TASK_STATE_RUNNING`; what schtasks prints of a state is in the language of the system."""
NOT_OURS = {0x41301, 0x41303, 0x8004131F, 0x800710E0}
"""Last results of no agent: it runs, has not run yet, runs already, was not let to start."""
QUERY = (
    f"$task = Get-ScheduledTask -TaskName '{NAME}' -ErrorAction SilentlyContinue;"
    " if ($task) { [int]$task.State; ($task | Get-ScheduledTaskInfo).LastTaskResult }"
)


class TaskScheduler:
    """See `Supervisor`; `state` is the agent's state folder, `config` its configuration file."""

    def __init__(self, state: Path, config: Path, environ: Mapping[str, str]) -> None:
        self._user = f"{environ.get('USERDOMAIN', '.')}\\{environ.get('USERNAME', '')}"
        self._log = state / f"{NAME}.log"
        self.place = f"the task {NAME} of the Task Scheduler"
        self.log = f'type "{self._log}"'
        self.secrets = f"A password goes into {config}, as mqtt.password"

    def install(self, job: Job) -> Iterator[str]:
        """Create the task, or put it in the place of the older one, and start it."""
        ask(("schtasks", "/End", "/TN", NAME))  # where there is one
        try:
            with tempfile.TemporaryDirectory(prefix=f"{NAME}-") as folder:
                file = Path(folder) / "task.xml"
                file.write_text(task(job, self._log, self._user), encoding="utf-16")
                demand(("schtasks", "/Create", "/TN", NAME, "/XML", str(file), "/F"))
        except OSError as error:
            raise ServiceError(f"{error.filename}: {error.strerror}") from error
        demand(("schtasks", "/Run", "/TN", NAME))
        yield from ()

    def uninstall(self) -> None:
        """End the task, and delete it."""
        ask(("schtasks", "/End", "/TN", NAME))  # where it runs
        demand(("schtasks", "/Delete", "/TN", NAME, "/F"))

    def standing(self) -> Standing:
        """Ask the Task Scheduler how it stands."""
        powershell = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", QUERY)
        return read_standing(demand(powershell))


def read_standing(said: str) -> Standing:
    """Read the state and the last result, a number each; nothing where there is no task."""
    numbers = [int(word) for word in said.split() if word.lstrip("-").isdecimal()]
    if not numbers:
        return Standing(installed=False)
    state, *results = numbers
    if state == RUNNING:
        return Standing(installed=True, pid=0)
    ended = [result for result in results if result % 2**32 not in NOT_OURS]
    return Standing(installed=True, last_exit=ended[0] if ended else None)
