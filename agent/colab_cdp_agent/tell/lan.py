"""The computer in its local network: an address, and names."""

import platform
import socket

ELSEWHERE = ("192.0.2.1", 9)
"""An address of nobody's (RFC 5737): the way there begins at our own, and nothing is sent."""


def lan_address() -> str | None:
    """Return this computer's address in the local network, None where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith(("127.", "0.")) else address


def own_names() -> tuple[str, ...]:
    """Return the names by which the local network may know this machine, in lower case."""
    name = platform.node().lower().removesuffix(".local").partition(".")[0]
    return (name, f"{name}.local") if name else ()
