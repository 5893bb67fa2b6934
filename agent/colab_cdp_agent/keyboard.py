"""The key by which a person in front of the agent's terminal says: once more."""

import asyncio
import os
import select
import sys
from typing import Final

LOOK_EVERY_S: Final = 0.5
READ_BYTES: Final = 4096


def has_terminal() -> bool:
    """Say whether somebody can press a key at all."""
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:  # it is closed
        return False


async def enter() -> None:
    """Wait until Enter is pressed in the agent's terminal.

    It is looked for a few times a second, by the task that waits: a thread in a read that never
    ends would hold up the agent's end, and a loop on Windows cannot wait for a console.
    """
    while not _pressed():  # noqa: ASYNC110 - nobody tells that a key was pressed
        await asyncio.sleep(LOOK_EVERY_S)


if sys.platform == "win32":
    import msvcrt

    def _pressed() -> bool:
        keys = ""
        while msvcrt.kbhit():
            keys += msvcrt.getwch()
        return "\r" in keys

else:

    def _pressed() -> bool:
        try:
            terminal = sys.stdin.fileno()
            if os.tcgetpgrp(terminal) != os.getpgrp():
                return False  # what is typed is for the shell, and to read it would stop us
            readable, _, _ = select.select([terminal], [], [], 0)
            return bool(readable) and b"\n" in os.read(terminal, READ_BYTES)
        except OSError:  # the terminal was closed, and the agent goes on under `nohup`
            return False
