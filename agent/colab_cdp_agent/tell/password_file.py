"""A generated password in a file for its owner's eyes: made once, and the same ever after."""

import secrets
from pathlib import Path

from colab_cdp_agent.keep.private_file import new_private

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No character that is taken for another."""
GROUPS, GROUP_LENGTH = 4, 4
SHORTEST = 12
"""Of letters and digits: what else is typed on a phone does not count."""
LONGEST_BYTES = 256


class PasswordFileError(Exception):
    """A password can neither be read nor written; `str` says which, and what to do."""


def read_or_make_password(path: Path) -> str:
    """Return the password in a file; where there is no file one is made.

    Raises:
        PasswordFileError: it can be neither read nor written, or holds no password.

    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            writing = new_private(path)
        except FileExistsError:
            return _kept(path)
        password = new_password()
        try:
            with writing:
                writing.write(f"{password}\n".encode("ascii"))
        except OSError:
            path.unlink(missing_ok=True)  # an empty one would be taken for a damaged one
            raise
    except OSError as error:
        raise PasswordFileError(f"{path}: {error.strerror or error}") from error
    return password


def new_password() -> str:
    """Return a password of 79 bits that can be typed on a phone."""
    group = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(group)


def _kept(path: Path) -> str:
    with path.open("rb") as file:
        password = file.read(LONGEST_BYTES).decode(errors="replace").strip()
    if sum(map(str.isalnum, password)) < SHORTEST or not password.isprintable():
        raise PasswordFileError(f"{path} holds no password: delete it, and a new one is made")
    return password
