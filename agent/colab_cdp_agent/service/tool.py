"""The system's own tools, each with a deadline, and the file that they read."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from colab_cdp_agent.keep.whole_file import write_whole
from colab_cdp_agent.service.supervisor import ServiceError

LIMIT_S = 90.0
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answered."""

    code: int
    said: str


def ask(command: Sequence[str]) -> Answer:
    """Run a tool, and return its exit code and what it said.

    Raises:
        ServiceError: there is no such tool, or it does not end.

    """
    try:
        ended = subprocess.run(  # noqa: S603 - a fixed command of the system
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
    except OSError as error:
        raise ServiceError(f"{command[0]} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ServiceError(f"{command[0]} has not ended in {LIMIT_S:.0f} s") from error
    return Answer(ended.returncode, ended.stdout.strip())


def demand(command: Sequence[str]) -> str:
    """Run a tool that has to succeed, and return what it said.

    Raises:
        ServiceError: it failed, or could not be run.

    """
    answer = ask(command)
    if answer.code != 0:
        said = " ".join(answer.said.split())[:LONGEST] or f"exit code {answer.code}"
        raise ServiceError(f"`{' '.join(command)}` failed: {said}")
    return answer.said


def put(file: Path, text: str) -> None:
    """Write a file whole, with the folders above it.

    Raises:
        ServiceError: it cannot be written.

    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text.encode())
    except OSError as error:
        raise ServiceError(f"{file} cannot be written: {error.strerror}") from error


def remove(file: Path) -> None:
    """Remove a file, where it is there.

    Raises:
        ServiceError: it cannot be removed.

    """
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ServiceError(f"{file} cannot be removed: {error.strerror}") from error
