"""Where to listen: a TCP port that is free."""

import asyncio
import socket
import sys
import time
from collections.abc import Iterable

HOST = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - with `web.lan` only, behind passwords
POLL_S = 0.02


def first_free_port(wanted: Iterable[int], host: str = HOST) -> int:
    """Return the first of the wanted ports that is free on a host, else any free; 0 is none."""
    free = next((port for port in wanted if port and _is_free(port, host)), 0)
    if free:
        return free
    with socket.socket() as listener:
        listener.bind((host, 0))
        port: int = listener.getsockname()[1]
    return port


async def freed(port: int, limit_s: float, host: str = HOST) -> bool:
    """Return whether the port is free on a host, or becomes so within the limit."""
    deadline = time.monotonic() + limit_s
    while not await asyncio.to_thread(_is_free, port, host):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True


def _is_free(port: int, host: str) -> bool:
    with socket.socket() as listener:
        if sys.platform != "win32":
            # As nats-server does it: the last run's closed connections are no obstacle.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    # A listener on all addresses does not keep macOS and Windows from a bind on loopback: ask it.
    with socket.socket() as client:
        client.settimeout(0.5)
        return client.connect_ex((HOST, port)) != 0
