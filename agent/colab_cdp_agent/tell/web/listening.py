"""A socket that listens, and the moment in which somebody comes to it for the first time."""

import asyncio
import socket

BACKLOG = 16
"""How many connections wait to be taken; beyond the bound of all there may be as many more."""


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; 0 leaves the port to the system.

    Raises:
        OSError: the port is not to be had.

    """
    listener = socket.create_server((host, port), backlog=BACKLOG)
    listener.settimeout(0)  # the event loop waits for it
    return listener


async def visited(listener: socket.socket) -> None:
    """Wait until somebody connects, who is left waiting."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(listener, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(listener)
