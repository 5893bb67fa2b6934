"""Sleep and power on three systems: what their programs print, and what is made of it."""

from pathlib import Path

import pytest

from colab_cdp_agent.doctor import battery, sleep_settings
from colab_cdp_agent.doctor.battery import Supply
from colab_cdp_agent.doctor.power import power, sleep
from colab_cdp_agent.doctor.sleep_settings import SleepSetting
from colab_cdp_agent.keep.wake_lock import Answer

LOGIND = "IdleAction=suspend\nIdleActionUSec=1h 30min\n"
GNOME = """\
org.gnome.settings-daemon.plugins.power idle-dim true
org.gnome.settings-daemon.plugins.power sleep-inactive-ac-timeout 3600
org.gnome.settings-daemon.plugins.power sleep-inactive-ac-type 'nothing'
org.gnome.settings-daemon.plugins.power sleep-inactive-battery-timeout 900
org.gnome.settings-daemon.plugins.power sleep-inactive-battery-type 'suspend'
"""
KDE = """\
[AC][Display]
TurnOffDisplayIdleTimeoutSec=600

[AC][SuspendAndShutdown]
AutoSuspendAction=0

[Battery][SuspendAndShutdown]
AutoSuspendIdleTimeoutSec=300
"""
PMSET = """\
System-wide power settings:
Currently in use:
 standby              1
 Sleep On Power Button 1
 hibernatefile        /var/vm/sleepimage
 disksleep            10
 sleep                15 (sleep prevented by sharingd)
 displaysleep         10
 womp                 1
"""
PMSET_BATTERY = """\
Now drawing from 'Battery Power'
 -InternalBattery-0 (id=4653155)\t83%; discharging; 4:12 remaining present: true
"""
PMSET_PLUGGED = """\
Now drawing from 'AC Power'
 -InternalBattery-0 (id=4653155)\t100%; charged; 0:00 remaining present: true
"""
POWERCFG = """\
GUID des Energieschemas: 381b4222-f694-41f0-9685-ff5bb260df2e  (Ausbalanciert)
  GUID der Untergruppe: 238c9fa8-0aad-41ed-83f4-97be242c8f20  (Energie sparen)
    GUID der Energieeinstellung: 29f6c1db-86da-48c5-9fdb-f2b67b1f44da  (Deaktivierung nach)
      GUID-Alias: STANDBYIDLE
      Minimal mögliche Einstellung: 0x00000000
      Maximal mögliche Einstellung: 0xffffffff
      Mögliche Einstellungsstufen: 0x00000001
      Einheiten: Sekunden
    Index der aktuellen Wechselstromeinstellung: 0x00000000
    Index der aktuellen Gleichstromeinstellung: 0x00000384
"""


def test_what_the_systems_print_is_read() -> None:
    assert sleep_settings.logind(LOGIND) == SleepSetting("systemd-logind", 5400)
    assert sleep_settings.logind("IdleAction=ignore\n") == SleepSetting("systemd-logind", 0)
    assert sleep_settings.gnome(GNOME, on_battery=False) == SleepSetting("GNOME", 0)
    assert sleep_settings.gnome(GNOME, on_battery=True) == SleepSetting("GNOME", 900)
    assert sleep_settings.kde(KDE, on_battery=False) == SleepSetting("KDE", 0)
    assert sleep_settings.kde(KDE, on_battery=True) == SleepSetting("KDE", 300)
    assert sleep_settings.pmset(PMSET) == SleepSetting("macOS", 900)
    assert sleep_settings.powercfg(POWERCFG, on_battery=False) == SleepSetting("Windows", 0)
    assert sleep_settings.powercfg(POWERCFG, on_battery=True) == SleepSetting("Windows", 900)


@pytest.mark.parametrize("text", ["", "\n", "nonsense", "a=b\n[x\ny", "sleep never", "0x"])
def test_what_says_nothing_is_unknown(text: str) -> None:
    assert sleep_settings.logind(text) is None
    assert sleep_settings.gnome(text, on_battery=False) is None
    assert sleep_settings.kde(text, on_battery=False) is None
    assert sleep_settings.pmset(text) is None
    assert sleep_settings.powercfg(text, on_battery=False) is None
    assert battery.pmset(text) == Supply(has_battery=False)


def test_whoever_sleeps_first_counts() -> None:
    never, late, soon = (SleepSetting("it", after) for after in (0, 9, 5))
    assert sleep_settings.soonest([never, late, soon]) == soon
    assert sleep_settings.soonest([never]) == never
    assert sleep_settings.soonest([]) is None


def supply(folder: Path, name: str, **values: str) -> None:
    (folder / name).mkdir()
    for key, value in values.items():
        (folder / name / key).write_text(value + "\n", encoding="ascii")


def test_a_laptop_on_battery_is_told_from_its_mouse(tmp_path: Path) -> None:
    assert battery.linux(tmp_path / "none") == Supply(has_battery=False)
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    assert battery.linux(tmp_path) == Supply(has_battery=False)
    supply(tmp_path, "BAT0", type="Battery", status="Discharging", capacity="54")
    supply(tmp_path, "AC", type="Mains", online="0")
    assert battery.linux(tmp_path) == Supply(has_battery=True, on_battery=True, percent=54)
    supply(tmp_path, "ucsi", type="USB", online="1")
    assert not battery.linux(tmp_path).on_battery


def test_macos_and_windows_say_what_they_draw_from() -> None:
    assert battery.pmset(PMSET_BATTERY) == Supply(has_battery=True, on_battery=True, percent=83)
    assert battery.pmset(PMSET_PLUGGED) == Supply(has_battery=True, percent=100)
    on_battery = bytes([0, 1, 54]) + bytes(9)
    assert battery.windows(on_battery) == Supply(has_battery=True, on_battery=True, percent=54)
    assert battery.windows(bytes([1, 128, 255]) + bytes(9)) == Supply(has_battery=False)


def test_a_night_on_battery_is_spoilt_and_plugged_in_the_lid_stays_open() -> None:
    found = power(Supply(has_battery=True, on_battery=True, percent=54))
    assert (found.ok, found.what, found.remedy) == (None, "power: on battery (54 %)", "plug it in")
    assert (found.brief, found.spoils) == ("on battery (54 %)", True)
    assert "keep the lid open" in power(Supply(has_battery=True)).what
    assert power(Supply(has_battery=False)).ok


def test_what_keeps_it_awake_counts_before_what_puts_it_to_sleep() -> None:
    soon = SleepSetting("GNOME", 900)
    kept = sleep(Answer(way="org.gnome.SessionManager"), soon)
    assert kept.ok
    assert "by org.gnome.SessionManager" in kept.what
    asleep = sleep(Answer(reason="there is no D-Bus session here"), soon, "linux")
    assert (asleep.ok, asleep.spoils) == (None, True)
    assert asleep.what == (
        "sleep: it cannot be kept awake: there is no D-Bus session here, and by GNOME it sleeps"
        " after 15 min without a person"
    )
    assert "systemd-inhibit" in asleep.remedy
    assert sleep(None, SleepSetting("KDE", 0)).ok
    assert sleep(None, None).ok is None


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_every_system_has_its_remedy(platform: str) -> None:
    assert "set it off" in sleep(None, SleepSetting("it", 60), platform).remedy
