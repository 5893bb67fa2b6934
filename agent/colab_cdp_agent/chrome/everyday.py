"""The user data folders of everyday browsers, in which nothing is started by the agent.

Chromium's `docs/user_data_dir.md` names them for each system and channel.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ON_LINUX = (
    "google-chrome", "google-chrome-beta", "google-chrome-unstable", "chromium",
    "microsoft-edge", "microsoft-edge-beta", "microsoft-edge-dev", "vivaldi",
    "BraveSoftware/Brave-Browser", "BraveSoftware/Brave-Browser-Beta",
)  # fmt: skip
IN_BOXES = (
    "snap/chromium/common/chromium",
    ".var/app/com.google.Chrome/config/google-chrome",
    ".var/app/org.chromium.Chromium/config/chromium",
    ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser",
    ".var/app/com.microsoft.Edge/config/microsoft-edge",
)
ON_MACOS = (
    "Google/Chrome", "Google/Chrome Beta", "Google/Chrome Dev", "Google/Chrome Canary", "Chromium",
    "Microsoft Edge", "Microsoft Edge Beta", "Microsoft Edge Dev", "Microsoft Edge Canary",
    "BraveSoftware/Brave-Browser", "BraveSoftware/Brave-Browser-Beta", "Vivaldi",
)  # fmt: skip
ON_WINDOWS = (
    "Google/Chrome", "Google/Chrome Beta", "Google/Chrome Dev", "Google/Chrome SxS", "Chromium",
    "Microsoft/Edge", "Microsoft/Edge Beta", "Microsoft/Edge Dev", "Microsoft/Edge SxS",
    "BraveSoftware/Brave-Browser", "BraveSoftware/Brave-Browser-Beta", "Vivaldi",
)  # fmt: skip


def everyday_folder_of(
    folder: Path,
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    home: Path | None = None,
) -> Path | None:
    """Return the everyday user data folder that a folder is, or lies in; None where it is free."""
    place = _comparable(folder)
    for known in _everyday_folders(environ, platform, home or Path.home()):
        if place.is_relative_to(_comparable(known)):
            return known
    return None


def _everyday_folders(environ: Mapping[str, str], platform: str, home: Path) -> Iterator[Path]:
    if named := environ.get("CHROME_USER_DATA_DIR"):
        yield Path(named)
    if platform == "darwin":
        yield from (home / "Library" / "Application Support" / name for name in ON_MACOS)
    elif platform == "win32":
        local = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        yield from (local / name / "User Data" for name in ON_WINDOWS)
    else:
        roots = (environ.get("CHROME_CONFIG_HOME"), environ.get("XDG_CONFIG_HOME"))
        for root in (*(Path(root) for root in roots if root), home / ".config"):
            yield from (root / name for name in ON_LINUX)
        yield from (home / name for name in IN_BOXES)


def _comparable(folder: Path) -> Path:
    """Return a path as it is compared: absolute, links followed, in one case of letters.

    Where letters count, no two of these folders differ in their case alone.
    """
    return Path(str(folder.resolve()).casefold())
