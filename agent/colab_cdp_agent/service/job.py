"""What a service runs: the agent with its options, wherever the system starts it from."""

import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from colab_cdp_agent.config import STATE_DIR_VARIABLE, ConfigError
from colab_cdp_agent.settings.names import Site

NAME = "colab-cdp-agent"
DESCRIPTION = "Night watch for the notebooks in Chrome"
MODULE = ("-P", "-m")
"""`-P`: a file in the folder from which a service starts must not be taken for a module."""
PATHS = ("--config", "--profile-dir")
SITE = "--site"
NO_XML = "\ufffe\uffff"
WIDE = {"COLUMNS": "240", "PYTHONUNBUFFERED": "1"}
"""What is said goes into a log: each line at once, and none of it wrapped."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run, as every system needs it.

    Attributes:
        python: the interpreter, an absolute path.
        arguments: the agent's: `run` and its options.
        environment: variables without any secret.

    """

    python: Path
    arguments: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def command(self) -> tuple[str, ...]:
        """The whole command line."""
        return (str(self.python), *MODULE, "colab_cdp_agent", *self.arguments)


def make_job(options: Sequence[str], here: Path, environ: Mapping[str, str]) -> Job:
    """Return the job that runs the agent with these options of `run`, given in this folder.

    Raises:
        ConfigError: an option holds what no service's file can.

    """
    environment = dict(WIDE)
    if state := environ.get(STATE_DIR_VARIABLE):
        environment[STATE_DIR_VARIABLE] = str(here / state)
    arguments = ("run", *from_anywhere(options, here))
    job = Job(Path(sys.executable), arguments, environment)
    for text in (*job.command, *environment.values()):
        _check_plain(text)
    return job


def from_anywhere(options: Sequence[str], here: Path) -> Iterator[str]:
    """Yield the options of `run` with absolute paths: a service starts in another folder."""
    name = ""
    for option in options:
        if name:
            yield _absolute(name, option, here)
            name = ""
            continue
        before, equals, value = option.partition("=")
        if before in {*PATHS, SITE} and equals:
            yield f"{before}={_absolute(before, value, here)}"
        else:
            yield option
            name = option if option in {*PATHS, SITE} else ""


def _absolute(name: str, value: str, here: Path) -> str:
    if name == SITE and not Site(value).is_path:
        return value
    return str(here / value)


def _check_plain(text: str) -> None:
    if any(unicodedata.category(each) in {"Cc", "Cs"} or each in NO_XML for each in text):
        raise ConfigError(
            f"{text!r} cannot stand in a service's file: it holds a control character, or bytes"
            " that are no text"
        )
