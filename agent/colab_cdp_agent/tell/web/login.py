"""Who may see the page on the local network: a generated password, and what it is changed into.

One secret, the password, lies in a file of its owner's. From it comes the key that signs the two
things that stand for it: the cookie of a browser that logged in, and the ticket of a QR code, which
admits one browser once. Nothing of either is stored: deleting the file logs everyone out.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No character that is taken for another."""
GROUPS, GROUP_LENGTH = 4, 4
COOKIE_LIFE_S = 30 * 86_400
TICKET_LIFE_S = 15 * 60
MOST_USED_TICKETS = 1000
LONGEST_BYTES = 256


class PasswordFileError(Exception):
    """The password can neither be read nor written; `str` says why."""


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


def read_or_make_password(path: Path) -> str:
    """Return the password in a file; one that is not there is made, for its owner's eyes alone.

    Raises:
        PasswordFileError: it can be neither read nor written, or holds no password.

    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _kept(path)
        with os.fdopen(file, "w", encoding="ascii") as writing:
            password = new_password()
            writing.write(password + "\n")
    except OSError as error:
        raise PasswordFileError(f"{path}: {error.strerror or error}") from error
    return password


def new_password() -> str:
    """Return a password of 79 bits that can be typed on a phone."""
    group = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(group)


def _kept(path: Path) -> str:
    password = path.read_bytes()[:LONGEST_BYTES].decode(errors="replace").strip()
    if len(_bare(password)) < GROUPS * GROUP_LENGTH:
        raise PasswordFileError(f"{path} holds no password: delete it, and a new one is made")
    return password


def _bare(password: str) -> bytes:
    return "".join(filter(str.isalnum, password)).lower().encode()
