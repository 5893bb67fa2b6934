"""How a phone finds the page: this machine's names, and a QR code."""

import io
import platform


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
