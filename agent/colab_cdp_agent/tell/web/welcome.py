"""How a browser comes to the page, in a few lines for whoever runs the agent."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

from colab_cdp_agent.tell.password_file import read_or_make_password
from colab_cdp_agent.tell.web.login import Login
from colab_cdp_agent.tell.web.page_file import Served

PASSWORD_FILE = "page-password"  # noqa: S105 - its name


def welcome(page: Served, password_file: Path, *, to_terminal: bool) -> Iterator[str]:
    """Yield how a browser comes in; secrets are for a terminal, and for no file.

    Raises:
        PasswordFileError: the password cannot be read.

    """
    if not page.login:
        yield f"Phone page: {page.url}, on this computer only; with --lan a phone may come in."
        return
    if not to_terminal:
        yield f"Phone page: {page.url}, with the password in {password_file}"
        return
    login = Login(read_or_make_password(password_file))
    address = f"{page.url}/login#{login.ticket(time.time())}"
    if page.lan:
        yield qr_code(address)
        yield f"Phone page: scan this within 15 minutes, or open {page.url}"
        yield f"and type {login.password}"
        yield "Whoever is in this network and has the password can read and ask as you can."
    else:
        yield f"Phone page: {address} within 15 minutes, or type {login.password} there"


def qr_code(url: str) -> str:
    """Return a QR code as lines of a terminal, half a character a square."""
    import segno  # noqa: PLC0415 - only a terminal of an agent with --lan shows one

    drawn = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
