"""A generated password in a file for its owner's eyes: made once, and the same ever after."""

import os
import secrets
from pathlib import Path

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No character that is taken for another."""
GROUPS, GROUP_LENGTH = 4, 4
SHORTEST = 12
LONGEST_BYTES = 256


class PasswordFileError(Exception):
    """A file holds no password; `str` says which, and what to do."""


def read_or_make_password(path: Path) -> str:
    """Return the password in a file; where there is no file one is made.

    Raises:
        OSError: the file can be neither read nor written.
        PasswordFileError: it holds no password.

    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept(path)
    with os.fdopen(file, "w", encoding="ascii") as writing:
        password = new_password()
        writing.write(password + "\n")
    return password


def new_password() -> str:
    """Return a password of 79 bits that can be typed on a phone."""
    group = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(group)


def _kept(path: Path) -> str:
    with path.open("rb") as file:
        password = file.read(LONGEST_BYTES).decode(errors="replace").strip()
    if len(password) < SHORTEST or not password.isprintable():
        raise PasswordFileError(f"{path} holds no password: delete it, and a new one is made")
    return password
