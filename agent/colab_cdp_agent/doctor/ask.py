"""A question to the operating system: one of its own programs, and what it prints."""

import asyncio
import os
import subprocess
import sys
from typing import Final

LIMIT_S: Final = 5.0
CREATE_NO_WINDOW: Final = 0x08000000


async def ask(*command: str, within: float = LIMIT_S) -> str | None:
    """Return what a program prints, or None: it is not there, failed, or took too long."""
    return await asyncio.to_thread(_output, command, within)


def _output(command: tuple[str, ...], within: float) -> str | None:
    try:
        ended = subprocess.run(  # noqa: S603 - a program of the system, with fixed arguments
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=within,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
            creationflags=CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout if ended.returncode == 0 else None
