"""Where a phone finds the page: this machine's address, and a QR code of it."""

import io
import platform
import socket

ELSEWHERE = ("192.0.2.1", 9)
"""An address of nobody's (RFC 5737): the way there begins at our own; nothing is sent."""


def lan_address() -> str | None:
    """Return this machine's address in the local network, None where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") or address == "0.0.0.0" else address  # noqa: S104 - compared


def own_names() -> tuple[str, ...]:
    """Return the names by which the local network may know this machine, in lower case."""
    name = platform.node().lower().removesuffix(".local").partition(".")[0]
    return (name, f"{name}.local") if name else ()


def qr_code(url: str) -> str:
    """Return a QR code as lines of a terminal, half a character a square."""
    import segno  # noqa: PLC0415 - only a terminal of an agent with --lan shows one

    drawn = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
