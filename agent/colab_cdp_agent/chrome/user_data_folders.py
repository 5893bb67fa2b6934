"""The folders in which browsers keep their profiles; in each lies its `DevToolsActivePort`.

Source: https://chromium.googlesource.com/chromium/src/+/main/docs/user_data_dir.md
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

LINUX: Final = (
    ("Chrome", "google-chrome"),
    ("Chrome Beta", "google-chrome-beta"),
    ("Chrome Dev", "google-chrome-unstable"),
    ("Chrome Canary", "google-chrome-canary"),
    ("Chromium", "chromium"),
    ("Edge", "microsoft-edge"),
    ("Edge Beta", "microsoft-edge-beta"),
    ("Edge Dev", "microsoft-edge-dev"),
    ("Edge Canary", "microsoft-edge-canary"),
    ("Brave", "BraveSoftware/Brave-Browser"),
    ("Brave Beta", "BraveSoftware/Brave-Browser-Beta"),
    ("Brave Dev", "BraveSoftware/Brave-Browser-Development"),
    ("Brave Nightly", "BraveSoftware/Brave-Browser-Nightly"),
)
"""Below the folder of configurations."""

LINUX_SANDBOXED: Final = (
    ("Chrome", ".var/app/com.google.Chrome/config/google-chrome"),
    ("Chrome Dev", ".var/app/com.google.ChromeDev/config/google-chrome-unstable"),
    ("Chromium", ".var/app/org.chromium.Chromium/config/chromium"),
    ("Chromium", "snap/chromium/common/chromium"),
    ("Edge", ".var/app/com.microsoft.Edge/config/microsoft-edge"),
    ("Edge Dev", ".var/app/com.microsoft.EdgeDev/config/microsoft-edge-dev"),
    ("Brave", ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"),
    ("Brave", "snap/brave/current/.config/BraveSoftware/Brave-Browser"),
)
"""Flatpaks and snaps, below the home folder: what the environment says does not move them."""

MACOS: Final = (
    ("Chrome", "Google/Chrome"),
    ("Chrome Beta", "Google/Chrome Beta"),
    ("Chrome Dev", "Google/Chrome Dev"),
    ("Chrome Canary", "Google/Chrome Canary"),
    ("Chromium", "Chromium"),
    ("Edge", "Microsoft Edge"),
    ("Edge Beta", "Microsoft Edge Beta"),
    ("Edge Dev", "Microsoft Edge Dev"),
    ("Edge Canary", "Microsoft Edge Canary"),
    ("Brave", "BraveSoftware/Brave-Browser"),
    ("Brave Beta", "BraveSoftware/Brave-Browser-Beta"),
    ("Brave Dev", "BraveSoftware/Brave-Browser-Dev"),
    ("Brave Nightly", "BraveSoftware/Brave-Browser-Nightly"),
)
"""Below `~/Library/Application Support`."""

WINDOWS: Final = (
    ("Chrome", "Google/Chrome"),
    ("Chrome Beta", "Google/Chrome Beta"),
    ("Chrome Dev", "Google/Chrome Dev"),
    ("Chrome Canary", "Google/Chrome SxS"),
    ("Chromium", "Chromium"),
    ("Edge", "Microsoft/Edge"),
    ("Edge Beta", "Microsoft/Edge Beta"),
    ("Edge Dev", "Microsoft/Edge Dev"),
    ("Edge Canary", "Microsoft/Edge SxS"),
    ("Brave", "BraveSoftware/Brave-Browser"),
    ("Brave Beta", "BraveSoftware/Brave-Browser-Beta"),
    ("Brave Dev", "BraveSoftware/Brave-Browser-Dev"),
    ("Brave Nightly", "BraveSoftware/Brave-Browser-Nightly"),
)
"""Below `%LOCALAPPDATA%`, each with `User Data` in it."""


class UserDataFolder(msgspec.Struct, frozen=True):
    """Where a browser keeps its profiles, if it is installed."""

    browser: str
    path: Path


def user_data_folders(
    environ: Mapping[str, str], platform: str, home: Path
) -> tuple[UserDataFolder, ...]:
    """Return the folders of Chrome, Chromium, Edge and Brave, in the order of looking.

    Args:
        environ: the environment in which the browsers are started.
        platform: as `sys.platform` has it.
        home: the person's home folder.

    """
    found: dict[Path, str] = {}
    for browser, path in _folders(environ, platform, home):
        found.setdefault(path, browser)
    return tuple(UserDataFolder(browser, path) for path, browser in found.items())


def here() -> tuple[UserDataFolder, ...]:
    """Return the folders of this computer's browsers."""
    return user_data_folders(os.environ, sys.platform, Path.home())


def _folders(environ: Mapping[str, str], platform: str, home: Path) -> Iterator[tuple[str, Path]]:
    if platform == "win32":
        local = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        yield from ((browser, local / folder / "User Data") for browser, folder in WINDOWS)
    elif platform == "darwin":
        support = home / "Library" / "Application Support"
        yield from ((browser, support / folder) for browser, folder in MACOS)
    else:
        if named := environ.get("CHROME_USER_DATA_DIR"):
            yield "Chrome", Path(named)
        usual = environ.get("XDG_CONFIG_HOME") or home / ".config"
        for config in dict.fromkeys((environ.get("CHROME_CONFIG_HOME") or usual, usual)):
            yield from ((browser, Path(config) / folder) for browser, folder in LINUX)
        yield from ((browser, home / folder) for browser, folder in LINUX_SANDBOXED)
