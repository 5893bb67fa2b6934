"""What starts the agent at a login and after a crash, whichever system it belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.service.job import Job

MEANS = {
    ExitCode.ENDED_AS_ASKED: "it ended as asked",
    ExitCode.BAD_INPUT: "a mistake in its options or in the configuration",
    ExitCode.UNREACHABLE: "the broker refused it",
}


class ServiceError(Exception):
    """The supervisor could not do it; `str` says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the service.

    Attributes:
        installed: whether the system knows it.
        pid: its process while it runs, 0 where the system does not tell which.
        last_exit: its last exit code, or the negative number of the signal that ended it.

    """

    installed: bool
    pid: int | None = None
    last_exit: int | None = None


class Supervisor(Protocol):
    """Puts a job in, takes it out, and tells how it stands.

    Attributes:
        place: where the service is written down.
        log: the command that shows what it said.
        secrets: a sentence on how it is given a password.

    """

    place: str
    log: str
    secrets: str

    def install(self, job: Job) -> Iterator[str]:
        """Put a job in, or in the place of an older one, start it, and yield what is to be known.

        Raises:
            ServiceError: it cannot be done.

        """

    def uninstall(self) -> None:
        """End the job, and take it out.

        Raises:
            ServiceError: it cannot be done.

        """

    def standing(self) -> Standing:
        """Return how it stands.

        Raises:
            ServiceError: it cannot be asked.

        """


def meaning(last_exit: int) -> str:
    """Return what the agent's last exit means."""
    if last_exit < 0:
        return f"ended by signal {-last_exit}"
    said = MEANS.get(ExitCode(last_exit)) if last_exit in set(ExitCode) else None
    return f"exit code {last_exit}" + (f", {said}" if said else "")
