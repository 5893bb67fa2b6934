"""A job as an agent of launchd on macOS; pure. The keys stand in launchd.plist(5)."""

import plistlib
from pathlib import PurePath

from colab_cdp_agent.service.job import NAME, Job

LABEL = f"io.github.{NAME}"
THROTTLE_S = 30
FOR_THE_OWNER = 0o077


def agent(job: Job, log: PurePath) -> str:
    """Return the text of the property list.

    Whenever it ended otherwise than as asked it is started again, at most every 30 s.
    """
    keys = {
        "Label": LABEL,
        "ProgramArguments": list(job.command),
        "EnvironmentVariables": dict(job.environment),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": THROTTLE_S,
        "ExitTimeOut": THROTTLE_S,
        # Titles of notebooks stand in the log.
        "Umask": FOR_THE_OWNER,
        "StandardOutPath": str(log),
        "StandardErrorPath": str(log),
    }
    return plistlib.dumps(keys, sort_keys=False).decode()
