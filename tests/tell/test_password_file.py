"""A password in a file: made once, for its owner's eyes, and refused where it is none."""

import os
import re
import stat
from pathlib import Path

import pytest

from colab_cdp_agent.tell.password_file import (
    PasswordFileError,
    new_password,
    read_or_make_password,
)


def test_a_password_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "page-password"
    password = read_or_make_password(path)
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", password)
    assert read_or_make_password(path) == password
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert new_password() != new_password()


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe\x00", b"-" * 40])
def test_a_file_without_a_password_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page-password"
    path.write_bytes(content)
    with pytest.raises(PasswordFileError, match="holds no password"):
        read_or_make_password(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(PasswordFileError, match="page-password"):
        read_or_make_password(tmp_path / "state" / "page-password")
