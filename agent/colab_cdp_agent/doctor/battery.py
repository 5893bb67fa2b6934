"""What this computer draws its power from; pure but for the reading of files."""

import re
from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = Path("/sys/class/power_supply")
UNKNOWN_PERCENT: Final = 255
NO_BATTERY: Final = 128
WINDOWS_STATUS_BYTES: Final = 12


class Supply(msgspec.Struct, frozen=True):
    """Where the power comes from; `has_battery` is a laptop's, not a mouse's."""

    has_battery: bool
    on_battery: bool = False
    percent: int | None = None


def linux(folder: Path = FOLDER) -> Supply:
    """Read what the kernel says of every supply; it has a battery where one discharges it all."""
    supplies = [_values(each) for each in sorted(folder.glob("*"))]
    batteries = [
        each for each in supplies if each.get("type") == "Battery" and each.get("scope") != "Device"
    ]
    plugged_in = any(
        each.get("online") == "1" for each in supplies if each.get("type") in {"Mains", "USB"}
    )
    if not batteries:
        return Supply(has_battery=False)
    discharging = any(each.get("status") == "Discharging" for each in batteries)
    percents = [int(each["capacity"]) for each in batteries if each.get("capacity", "").isdecimal()]
    return Supply(
        has_battery=True,
        on_battery=discharging and not plugged_in,
        percent=min(percents, default=None),
    )


def pmset(shown: str) -> Supply:
    """Read `pmset -g batt` of macOS."""
    percent = re.search(r"\b(\d{1,3})%", shown)
    return Supply(
        has_battery="InternalBattery" in shown,
        on_battery="drawing from 'Battery Power'" in shown,
        percent=int(percent[1]) if percent else None,
    )


def windows(status: bytes) -> Supply:
    """Read the SYSTEM_POWER_STATUS of `GetSystemPowerStatus`."""
    ac_line, flag, percent = status[0], status[1], status[2]
    has_battery = not flag & NO_BATTERY
    return Supply(
        has_battery=has_battery,
        on_battery=has_battery and ac_line == 0,
        percent=percent if has_battery and percent != UNKNOWN_PERCENT else None,
    )


def _values(supply: Path) -> dict[str, str]:
    """Return those of a supply's values that can be read; drivers have them or not."""
    values = {}
    for name in ("type", "scope", "online", "status", "capacity"):
        try:
            values[name] = (supply / name).read_text(encoding="ascii").strip()
        except (OSError, UnicodeError):
            continue
    return values
