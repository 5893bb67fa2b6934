"""A socket that listens, and the moment in which somebody comes to it for the first time."""

import asyncio
import socket
import sys

BACKLOG = 16
"""How many connections wait to be taken; beyond the bound of all there may be as many more."""
EXCLUSIVE = -5
"""`SO_EXCLUSIVEADDRUSE`, which Python names on Windows only."""


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; 0 leaves the port to the system.

    Raises:
        OSError: the port is not to be had.

    """
    listener = socket.socket()
    try:
        for option, value in own_port():
            listener.setsockopt(socket.SOL_SOCKET, option, value)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.settimeout(0)  # the event loop waits for it
    return listener


def own_port(platform: str = sys.platform) -> list[tuple[int, int]]:
    """Return the socket options by which a port is ours alone, and had at once after a restart.

    What that takes on POSIX lets another program take the port over on Windows.
    https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
    """
    if platform == "win32":
        return [(EXCLUSIVE, 1)]
    return [(socket.SO_REUSEADDR, 1)]


async def visited(listener: socket.socket) -> None:
    """Wait until somebody connects, who is left waiting."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(listener, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(listener)
