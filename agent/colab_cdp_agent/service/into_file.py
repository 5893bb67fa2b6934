"""The agent where there is no console: what it says goes into a file.

`pythonw -m colab_cdp_agent.service.into_file FILE [NAME=VALUE …] run [options]`
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

COMMAND = "run"
OUTPUTS = (1, 2)
EARLIER = ".1"


def main() -> int:
    """Send all output to the file, set the variables, and be the agent."""
    file, *rest = sys.argv[1:]
    command = rest.index(COMMAND)
    for variable in rest[:command]:
        name, _, value = variable.partition("=")
        os.environ[name] = value
    _send_output_to(Path(file))
    sys.argv[1:] = rest[command:]
    from colab_cdp_agent.__main__ import main as agent  # noqa: PLC0415 - what it says is kept too

    return agent()


def _send_output_to(file: Path) -> None:
    """Make a file the standard output and error; that of the run before is kept beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # Windows moves no file that is open: then an agent that is about to end still writes into it.
    with suppress(FileNotFoundError, PermissionError):
        file.replace(file.with_name(file.name + EARLIER))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for output in OUTPUTS:
        os.dup2(descriptor, output)
    sys.stdout, sys.stderr = (
        os.fdopen(output, "w", encoding="utf-8", buffering=1) for output in OUTPUTS
    )


if __name__ == "__main__":
    sys.exit(main())
