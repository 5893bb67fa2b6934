"""Whether whoever manages this computer forbids remote debugging, by the policies of the browsers.

Source: https://chromeenterprise.google/policies/#RemoteDebuggingAllowed
"""

import json
import plistlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError

POLICY: Final = "RemoteDebuggingAllowed"
LINUX_FOLDERS: Final = (
    Path("/etc/opt/chrome/policies/managed"),
    Path("/etc/chromium/policies/managed"),
    Path("/etc/chromium-browser/policies/managed"),
    Path("/etc/opt/edge/policies/managed"),
    Path("/etc/brave/policies/managed"),
)
MAC_FOLDER: Final = Path("/Library/Managed Preferences")
MAC_FILES: Final = (
    "com.google.Chrome.plist",
    "org.chromium.Chromium.plist",
    "com.microsoft.Edge.plist",
    "com.brave.Browser.plist",
)
WINDOWS_KEYS: Final = (
    r"SOFTWARE\Policies\Google\Chrome",
    r"SOFTWARE\Policies\Chromium",
    r"SOFTWARE\Policies\Microsoft\Edge",
    r"SOFTWARE\Policies\BraveSoftware\Brave",
)


def forbidding_policy() -> str | None:
    """Return where a policy stands that forbids remote debugging, None where none was found."""
    if sys.platform == "win32":
        return next(_windows(), None)
    if sys.platform == "darwin":
        return next(mac(MAC_FOLDER), None)
    return next(linux(LINUX_FOLDERS), None)


def linux(folders: tuple[Path, ...]) -> Iterator[str]:
    """Yield the JSON files in which it is forbidden; what cannot be read says nothing."""
    for file in (file for folder in folders for file in sorted(folder.glob("*.json"))):
        try:
            policies = json.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(policies, dict) and policies.get(POLICY) is False:
            yield str(file)


def mac(folder: Path) -> Iterator[str]:
    """Yield the property lists in which it is forbidden, the computer's and each person's."""
    for file in (file for name in MAC_FILES for file in sorted(folder.glob(f"**/{name}"))):
        try:
            policies = plistlib.loads(file.read_bytes())
        # Of XML that is cut off, or that holds no date, plistlib lets errors of its parts through.
        except (OSError, plistlib.InvalidFileException, ValueError, ExpatError, AttributeError):
            continue
        if isinstance(policies, dict) and policies.get(POLICY, 1) == 0:
            yield str(file)


def _windows() -> Iterator[str]:
    """Yield the keys of the registry in which it is forbidden."""
    if sys.platform != "win32":
        return
    import winreg  # noqa: PLC0415 - Windows only

    for name, root in (("HKLM", winreg.HKEY_LOCAL_MACHINE), ("HKCU", winreg.HKEY_CURRENT_USER)):
        for key in WINDOWS_KEYS:
            try:
                with winreg.OpenKey(root, key) as policies:
                    value, _kind = winreg.QueryValueEx(policies, POLICY)
            except OSError:
                continue  # no such key: nothing is managed
            if value == 0:
                yield f"{name}\\{key}"
