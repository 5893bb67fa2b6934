"""The browsers that are installed on this computer, and where each system keeps them."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

VARIABLE = "CHROMIUM"
INSTALL = {
    "darwin": "install Google Chrome, or `brew install --cask chromium`",
    "win32": "install Google Chrome",
    "linux": "install it: `sudo apt install chromium`, or Google Chrome",
}


class NoChromiumError(Exception):
    """No Chromium could be started; `str` says why, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of browser: its programs on the path, and where it lies on macOS and Windows."""

    names: tuple[str, ...]
    app: str
    exe: PureWindowsPath


CHROME = Kind(
    ("google-chrome", "google-chrome-stable", "chrome"),
    "Google Chrome",
    PureWindowsPath("Google", "Chrome", "Application", "chrome.exe"),
)
EDGE = Kind(
    ("microsoft-edge", "microsoft-edge-stable", "msedge"),
    "Microsoft Edge",
    PureWindowsPath("Microsoft", "Edge", "Application", "msedge.exe"),
)
BRAVE = Kind(
    ("brave-browser", "brave"),
    "Brave Browser",
    PureWindowsPath("BraveSoftware", "Brave-Browser", "Application", "brave.exe"),
)
CHROMIUM = Kind(
    ("chromium", "chromium-browser"),
    "Chromium",
    PureWindowsPath("Chromium", "Application", "chrome.exe"),
)


def find_chromium(
    environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> Path | None:
    """Return the program that the environment names, else one to be run without a window."""
    if named := environ.get(VARIABLE):
        return Path(named)
    found = _on_path((CHROMIUM, CHROME, EDGE), environ)
    return found or _in_usual_place((CHROME, CHROMIUM, EDGE), environ, platform)


def find_browser(
    environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> Path | None:
    """Return the program that the environment names, else the one that a person would take."""
    if named := environ.get(VARIABLE):
        return Path(named)
    for kind in (CHROME, EDGE, BRAVE, CHROMIUM):
        found = _on_path((kind,), environ) or _in_usual_place((kind,), environ, platform)
        if found is not None:
            return found
    return None


def none_installed(platform: str = sys.platform) -> NoChromiumError:
    """Return what is said where there is no browser."""
    return NoChromiumError(
        "no Chromium or Chrome is installed",
        INSTALL.get(platform, INSTALL["linux"])
        + f"; or name its program in the environment variable {VARIABLE}",
    )


def _on_path(kinds: Sequence[Kind], environ: Mapping[str, str]) -> Path | None:
    names = (name for kind in kinds for name in kind.names)
    found = (shutil.which(name, path=environ.get("PATH", "")) for name in names)
    return next((Path(program) for program in found if program), None)


def _in_usual_place(
    kinds: Sequence[Kind], environ: Mapping[str, str], platform: str
) -> Path | None:
    places = (place for kind in kinds for place in _usual_places(kind, environ, platform))
    return next(filter(Path.is_file, places), None)


def _usual_places(kind: Kind, environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    """Yield where a browser lies on systems that do not put programs on the path."""
    if platform == "darwin":
        for folder in (Path("/Applications"), Path(environ.get("HOME", "/")) / "Applications"):
            yield folder / f"{kind.app}.app" / "Contents" / "MacOS" / kind.app
    if platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if root := environ.get(variable):
                yield Path(root) / kind.exe
