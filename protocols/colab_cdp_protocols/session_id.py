"""The id of a session, by which its topics, its archive and its devices are named."""

import hashlib
import re

_SESSION = re.compile(r"[0-9a-f]{10}(-[0-9]{1,20})?")


def session_id(site: str, notebook: str, nth: int = 1, browser: str = "") -> str:
    """Return the id of the session on a notebook: stable, and not the notebook's own id.

    `nth` counts tabs on the same notebook. `browser` tells the browsers of one agent apart; empty
    for the one that it watched first.
    """
    within = f"\0{browser}\0" if browser else ""  # no site begins with one
    named = f"{within}{site}\0{notebook}".encode(errors="surrogatepass")
    digest = hashlib.sha256(named).hexdigest()[:10]
    return digest if nth == 1 else f"{digest}-{nth}"


def is_session_id(text: str) -> bool:
    """Return whether a text has the form of a session's id."""
    return _SESSION.fullmatch(text) is not None
