"""Who may see the page on the local network: a generated password, and what it is changed into.

One secret, the password, lies in a file of its owner's. From it comes the key that signs the two
things that stand for it: the cookie of a browser that logged in, and the ticket of a QR code, which
admits one browser once. Nothing of either is stored: deleting the file logs everyone out.
"""

import hashlib
import hmac
import secrets

COOKIE_LIFE_S = 30 * 86_400
TICKET_LIFE_S = 15 * 60
MOST_USED_TICKETS = 1000
LONGEST_BYTES = 256


class Login:
    """What proves that a browser may come in. Times are seconds since 1970."""

    def __init__(self, password: str) -> None:
        self.password = password
        self._key = hashlib.sha256(b"colab-cdp-agent page\0" + _bare(password)).digest()
        self._used: dict[str, None] = {}  # in order of use

    def accepts(self, password: str) -> bool:
        """Say whether a password is right; blanks, dashes and capitals make no difference."""
        return hmac.compare_digest(_bare(password), _bare(self.password))

    def cookie(self, now: float) -> str:
        """Return what a browser that logged in shows from then on."""
        return self._signed("cookie", now + COOKIE_LIFE_S)

    def knows(self, cookie: str, now: float) -> bool:
        """Say whether a cookie is one of ours, and not expired."""
        return self._is_signed("cookie", cookie, now)

    def ticket(self, now: float) -> str:
        """Return what admits one browser once, for a quarter of an hour."""
        return self._signed("ticket", now + TICKET_LIFE_S)

    def admits(self, ticket: str, now: float) -> bool:
        """Say whether a ticket is good; it is good no longer then."""
        if ticket in self._used or not self._is_signed("ticket", ticket, now):
            return False
        self._used[ticket] = None
        if len(self._used) > MOST_USED_TICKETS:
            del self._used[next(iter(self._used))]
        return True

    def _signed(self, purpose: str, until: float) -> str:
        said = f"{round(until)}.{secrets.token_urlsafe(9)}"
        return f"{said}.{self._signature(purpose, said)}"

    def _is_signed(self, purpose: str, text: str, now: float) -> bool:
        if len(text) > LONGEST_BYTES or not text.isascii():
            return False
        said, _, signature = text.rpartition(".")
        if not hmac.compare_digest(signature, self._signature(purpose, said)):
            return False
        return int(said.partition(".")[0]) > now

    def _signature(self, purpose: str, said: str) -> str:
        return hmac.digest(self._key, f"{purpose} {said}".encode(), "sha256").hex()


def _bare(password: str) -> bytes:
    return "".join(filter(str.isalnum, password)).lower().encode()
