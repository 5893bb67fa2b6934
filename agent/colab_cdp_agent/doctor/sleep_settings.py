"""When this computer goes to sleep by itself, as its own settings have it; pure parsers.

Each reads what one program of the system prints, in the language in which it prints it, and
returns None where that says nothing.
"""

import configparser
import re
from typing import Final

import msgspec

STANDBY_IDLE: Final = "29f6c1db-86da-48c5-9fdb-f2b67b1f44da"
"""Windows' setting "Sleep after"."""
SECONDS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
"""systemd's units of time."""
SPAN: Final = re.compile(r"(\d+)(us|ms|min|s|h|d)\b")


class SleepSetting(msgspec.Struct, frozen=True):
    """After how many idle seconds it sleeps, 0 for never, and whose setting that is."""

    said_by: str
    after_s: float


def logind(shown: str) -> SleepSetting | None:
    """Read `loginctl show-session --property=IdleAction --property=IdleActionUSec`."""
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if "IdleAction" not in values:
        return None
    if values["IdleAction"] in {"", "ignore", "lock"}:
        return SleepSetting("systemd-logind", 0)
    spans = SPAN.findall(values.get("IdleActionUSec", ""))
    after = sum(int(number) * SECONDS[unit] for number, unit in spans)
    return SleepSetting("systemd-logind", after) if after else None


def gnome(listed: str, *, on_battery: bool) -> SleepSetting | None:
    """Read `gsettings list-recursively org.gnome.settings-daemon.plugins.power`."""
    values = {}
    for line in listed.splitlines():
        words = line.split(None, 2)
        if len(words) == 3:  # noqa: PLR2004 - schema, key, value
            values[words[1]] = words[2].strip("'")
    source = "battery" if on_battery else "ac"
    action = values.get(f"sleep-inactive-{source}-type")
    timeout = values.get(f"sleep-inactive-{source}-timeout", "")
    if action is None or not timeout.isdecimal():
        return None
    return SleepSetting("GNOME", 0 if action in {"nothing", "blank", "logout"} else int(timeout))


def kde(file: str, *, on_battery: bool) -> SleepSetting | None:
    """Read `~/.config/powerdevilrc` of Plasma 6, in which only what was changed stands."""
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        settings.read_string(file)
    except configparser.Error:
        return None
    group = f"{'Battery' if on_battery else 'AC'}][SuspendAndShutdown"
    action = settings.get(group, "AutoSuspendAction", fallback=None)
    timeout = settings.get(group, "AutoSuspendIdleTimeoutSec", fallback="")
    if action == "0":
        return SleepSetting("KDE", 0)
    return SleepSetting("KDE", int(timeout)) if timeout.isdecimal() and int(timeout) else None


def pmset(shown: str) -> SleepSetting | None:
    """Read `pmset -g` of macOS: the settings in use now, in minutes."""
    found = re.search(r"^ *sleep +(\d+)\b", shown, re.MULTILINE)
    return SleepSetting("macOS", int(found[1]) * 60) if found else None


def powercfg(shown: str, *, on_battery: bool) -> SleepSetting | None:
    """Read `powercfg /q SCHEME_CURRENT SUB_SLEEP STANDBYIDLE` of Windows, in any language.

    The last two hexadecimal numbers are the values in use: plugged in, then on battery.
    """
    _, named, below = shown.lower().partition(STANDBY_IDLE)
    values = re.findall(r"0x([0-9a-f]{8})\b", below)
    if not named or len(values) < 2:  # noqa: PLR2004 - the two
        return None
    return SleepSetting("Windows", int(values[-1 if on_battery else -2], 16))


def soonest(settings: list[SleepSetting]) -> SleepSetting | None:
    """Return the setting that counts: whoever sleeps first; never only where all say so."""
    return min(settings, key=lambda each: each.after_s or float("inf"), default=None)
