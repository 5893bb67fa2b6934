"""Which browser is taken, with which folder, and which folders are never touched."""

import sys
from pathlib import Path, PurePosixPath

import pytest

from colab_cdp_agent.chrome.everyday import everyday_folder_of
from colab_cdp_agent.chrome.identity import names_folder
from colab_cdp_agent.chrome.installed import find_browser, find_chromium
from colab_cdp_agent.chrome.own_folder import OWN_FOLDER, own_folder
from colab_cdp_agent.chrome.user_data_folders import user_data_folders

HOME = Path("/home/me").absolute()
MAC = "Library/Application Support"
EVERYDAY = [
    ("linux", ".config/google-chrome"),
    ("linux", ".config/google-chrome/Default"),
    ("linux", "snap/chromium/common/chromium/Profile 1"),
    ("darwin", f"{MAC}/google/chrome canary/Profile 1"),
    ("win32", "appdata/local/google/CHROME/User Data/Default"),
]
FREE = [
    ("linux", f".local/share/{OWN_FOLDER}"),
    ("linux", ".config/google-chrome-night"),
    ("darwin", f"{MAC}/{OWN_FOLDER}"),
    ("win32", f"AppData/Local/{OWN_FOLDER}"),
]


@pytest.mark.parametrize(("platform", "folder"), EVERYDAY)
def test_an_everyday_folder_is_known_whatever_its_case(platform: str, folder: str) -> None:
    assert everyday_folder_of(HOME / folder, user_data_folders({}, platform, HOME)) is not None


@pytest.mark.parametrize(("platform", "folder"), FREE)
def test_a_folder_of_its_own_is_free(platform: str, folder: str) -> None:
    assert everyday_folder_of(HOME / folder, user_data_folders({}, platform, HOME)) is None


def test_a_link_to_an_everyday_folder_is_one(tmp_path: Path) -> None:
    everyday = tmp_path / ".config" / "chromium"
    everyday.mkdir(parents=True)
    (tmp_path / "mine").symlink_to(everyday, target_is_directory=True)
    found = everyday_folder_of(tmp_path / "mine", user_data_folders({}, "linux", tmp_path))
    assert found is not None
    assert found.path == everyday


def test_a_snap_has_its_folder_where_it_may_write() -> None:
    assert own_folder(Path("/usr/bin/google-chrome")).name == OWN_FOLDER
    snap = PurePosixPath(own_folder(Path("/snap/bin/chromium")).as_posix())
    assert snap.parts[-4:] == ("snap", "chromium", "common", OWN_FOLDER)


@pytest.mark.skipif(
    sys.platform == "win32", reason="a program without an extension is none on that PATH"
)
def test_a_person_is_given_chrome_and_a_program_without_a_window_chromium(tmp_path: Path) -> None:
    for name in ("chromium", "brave-browser", "google-chrome"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="ascii")
        (tmp_path / name).chmod(0o700)
    path = {"PATH": str(tmp_path)}
    assert find_browser(path, "linux") == tmp_path / "google-chrome"
    assert find_chromium(path, "linux") == tmp_path / "chromium"
    (tmp_path / "google-chrome").unlink()
    assert find_browser(path, "linux") == tmp_path / "brave-browser"
    named = {"CHROMIUM": "/opt/mine", **path}
    assert find_browser(named, "linux") == find_chromium(named, "linux") == Path("/opt/mine")


def test_on_windows_and_macos_it_is_looked_for_where_it_lies(tmp_path: Path) -> None:
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    app = tmp_path / "Applications" / "Chromium.app" / "Contents" / "MacOS" / "Chromium"
    for program in (edge, app):
        program.parent.mkdir(parents=True)
        program.touch()
    windows = {"PATH": "", "PROGRAMFILES": str(tmp_path)}
    macos = {"PATH": "", "HOME": str(tmp_path)}
    assert find_browser(windows, "win32") == find_chromium(windows, "win32") == edge
    assert find_browser(macos, "darwin") == find_chromium(macos, "darwin") == app
    assert find_browser({"PATH": ""}, "linux") is None


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("chrome --user-data-dir=/a b/c --flag x", True),
        ("chrome --flag --user-data-dir=/a b/c", True),
        ('"chrome.exe" "--user-data-dir=/a b/c" about:blank', True),
        ('chrome.exe --user-data-dir="/a b/c" about:blank', True),
        ("chrome --user-data-dir=/a b/c/d --flag", False),
        ("chrome --user-data-dir=/a b/cd", False),
        ("chrome --user-data-dir=/a", False),
        ("", False),
    ],
)
def test_a_command_line_names_its_folder(line: str, named: bool) -> None:  # noqa: FBT001
    assert names_folder(line, Path("/a b/c")) is named
