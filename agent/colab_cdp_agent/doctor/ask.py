"""A question to the operating system: one of its own programs, and what it prints."""

import asyncio
import os
from typing import Final

from colab_cdp_agent.children import output

LIMIT_S: Final = 5.0


async def ask(*command: str, within: float = LIMIT_S) -> str | None:
    """Return what a program prints, or None: it is not there, failed, or took too long."""
    environ = {**os.environ, "LC_ALL": "C"}
    ended = await asyncio.to_thread(output, *command, within=within, environ=environ)
    return None if ended is None or ended.returncode != 0 else ended.stdout
