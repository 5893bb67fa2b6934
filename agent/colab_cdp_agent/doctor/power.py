"""Sleep and power: whether this computer is still at work in the morning."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from colab_cdp_agent.doctor import battery, sleep_settings
from colab_cdp_agent.doctor.ask import ask
from colab_cdp_agent.doctor.battery import Supply
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.doctor.sleep_settings import SleepSetting
from colab_cdp_agent.keep.awake import SILENT, TAKE_WITHIN_S
from colab_cdp_agent.keep.wake_lock import Answer, WakeLock
from colab_cdp_agent.spoken import duration

GNOME_POWER: Final = "org.gnome.settings-daemon.plugins.power"
NEVER_SLEEP: Final = {
    "win32": "set it off: powercfg /change standby-timeout-ac 0",
    "darwin": "set it off for the night: sudo pmset -c sleep 0, or start the agent with caffeinate",
    "linux": "set it off in the desktop's power settings, or start the agent so:"
    " systemd-inhibit --what=idle:sleep colab-cdp-agent",
}
LID: Final = "keep the lid open: a closed one ends the night"


async def examine(*, awake: bool) -> list[Finding]:
    """Look whether it is kept awake, and at its power; a lock against sleep is tried and freed."""
    supply = await _supply()
    settings = await _settings(on_battery=supply.on_battery)
    answer = await _tried() if awake else None
    return [sleep(answer, sleep_settings.soonest(settings)), power(supply)]


def sleep(
    lock: Answer | None, setting: SleepSetting | None, platform: str = sys.platform
) -> Finding:
    """Judge a lock that was tried, None where `awake` is off, and the computer's own setting."""
    if lock is not None and lock.way is not None:
        kept = f"sleep: this computer can be kept awake while a notebook runs, by {lock.way}"
        return Finding(ok=True, what=kept, brief="this computer is kept awake")
    why = "awake is off" if lock is None else f"it cannot be kept awake: {lock.reason}"
    if setting is None:
        unknown = f"sleep: {why}; when it sleeps by itself is not known here"
        return Finding(ok=None, what=unknown, brief="whether this computer sleeps is not known")
    if not setting.after_s:
        never = f"sleep: {why}, and need not be: by {setting.said_by} it does not sleep by itself"
        return Finding(ok=True, what=never, brief="this computer does not sleep by itself")
    after = duration(setting.after_s)
    return Finding(
        ok=None,
        what=f"sleep: {why}, and by {setting.said_by} it sleeps after {after} without a person",
        remedy=NEVER_SLEEP.get(platform, NEVER_SLEEP["linux"]),
        brief=f"this computer goes to sleep after {after}",
        spoils=True,
    )


def power(supply: Supply) -> Finding:
    """Judge where the power comes from."""
    if not supply.has_battery:
        return Finding(ok=True, what="power: no battery, so it is plugged in")
    charge = "" if supply.percent is None else f" ({supply.percent} %)"
    if supply.on_battery:
        what = f"power: on battery{charge}"
        return Finding(ok=None, what=what, remedy="plug it in", brief=what[7:], spoils=True)
    return Finding(ok=None, what=f"power: plugged in{charge}; {LID}", brief="keep the lid open")


async def _tried() -> Answer:
    """Take a lock against sleep, and give it back at once."""
    lock = WakeLock()
    lock.take()
    try:
        async with asyncio.timeout(TAKE_WITHIN_S):
            return await asyncio.wrap_future(lock.taken)
    except TimeoutError:
        return SILENT
    finally:
        lock.release()


async def _supply() -> Supply:
    if sys.platform == "darwin":
        return battery.pmset(await ask("pmset", "-g", "batt") or "")
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - Windows only

        status = ctypes.create_string_buffer(battery.WINDOWS_STATUS_BYTES)
        known = ctypes.windll.kernel32.GetSystemPowerStatus(status)
        return battery.windows(status.raw) if known else Supply(has_battery=False)
    return battery.linux()


async def _settings(*, on_battery: bool) -> list[SleepSetting]:
    """Return every setting that can be read here."""
    if sys.platform == "darwin":
        found = [sleep_settings.pmset(await ask("pmset", "-g") or "")]
    elif sys.platform == "win32":
        shown = await ask("powercfg", "/q", "SCHEME_CURRENT", "SUB_SLEEP", "STANDBYIDLE")
        found = [sleep_settings.powercfg(shown or "", on_battery=on_battery)]
    else:
        found = await _linux_settings(on_battery=on_battery)
    return [each for each in found if each is not None]


async def _linux_settings(*, on_battery: bool) -> list[SleepSetting | None]:
    properties = ("--property=IdleAction", "--property=IdleActionUSec")
    found = [sleep_settings.logind(await ask("loginctl", "show-session", *properties) or "")]
    desktop = os.environ.get("XDG_CURRENT_DESKTOP", "").upper()
    if "GNOME" in desktop:
        listed = await ask("gsettings", "list-recursively", GNOME_POWER)
        found.append(sleep_settings.gnome(listed or "", on_battery=on_battery))
    if "KDE" in desktop:
        file = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "powerdevilrc"
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            return found
        found.append(sleep_settings.kde(text, on_battery=on_battery))
    return found
