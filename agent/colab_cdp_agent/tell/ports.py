"""Find a TCP port on loopback that nothing else uses."""

import asyncio
import socket
import sys
import time
from collections.abc import Iterable

HOST = "127.0.0.1"
POLL_S = 0.02


def first_free_port(wanted: Iterable[int]) -> int:
    """Return the first of the wanted loopback ports that is free, else any free one; 0 is none."""
    free = next((port for port in wanted if port and _is_free(port)), 0)
    if free:
        return free
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port


async def freed(port: int, limit_s: float) -> bool:
    """Return whether the port is free, or becomes so within the limit."""
    deadline = time.monotonic() + limit_s
    while not await asyncio.to_thread(_is_free, port):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True


def _is_free(port: int) -> bool:
    # A listener on all addresses does not keep macOS and Windows from a bind on loopback: ask it.
    with socket.socket() as client:
        client.settimeout(0.5)
        if client.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as listener:
        if sys.platform != "win32":
            # As nats-server does it: the last run's closed connections are no obstacle.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True
