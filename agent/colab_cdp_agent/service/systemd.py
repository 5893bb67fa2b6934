r"""A job as a user unit of systemd; pure.

The rules of its quoting stand in systemd.syntax(7), systemd.unit(5) and systemd.service(5): words
in double quotes with C escapes, `%%` for `%`, and in a command line `$$` for `$`.
"""

import re
from pathlib import Path

from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.service.job import DESCRIPTION, NAME, Job

UNIT = f"{NAME}.service"
PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)


def unit(job: Job, secrets: Path) -> str:
    """Return the text of the unit file, which names a file of `NAME=value` lines for the secrets.

    A crash is followed by a start after 5 s, later ones by longer waits up to 5 min where systemd
    is 254 or newer; a mistake in the options is not tried again.
    """
    program, *arguments = (_word(word) for word in job.command)
    command = " ".join((program, *(argument.replace("$", "$$") for argument in arguments)))
    variables = (_word(f"{name}={value}") for name, value in job.environment.items())
    return "\n".join(
        (
            "[Unit]",
            f"Description={DESCRIPTION} ({NAME})",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            "Type=exec",
            f"ExecStart={command}",
            f"Environment={' '.join(variables)}",
            f"EnvironmentFile=-{_percent(str(secrets))}",
            "Restart=on-failure",
            "RestartSec=5",
            "RestartSteps=6",
            "RestartMaxDelaySec=5min",
            f"RestartPreventExitStatus={int(ExitCode.BAD_INPUT)}",
            # The agent ends its broker itself, or leaves it to another agent that uses it too.
            "KillMode=mixed",
            "TimeoutStopSec=30",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        )
    )


def _word(text: str) -> str:
    """Return a text as one word."""
    if PLAIN.fullmatch(text):
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_percent(quoted)}"'


def _percent(text: str) -> str:
    return text.replace("%", "%%")
