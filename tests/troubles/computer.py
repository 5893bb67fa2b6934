"""A computer that goes to sleep, sets its clock, or has no room."""

import asyncio
import sys
from datetime import UTC, datetime

from chromium import free_port
from colab_cdp_agent.doctor import disk
from colab_cdp_agent.doctor.battery import Supply
from colab_cdp_agent.doctor.clock import judge
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.doctor.power import power, sleep
from colab_cdp_agent.doctor.sleep_settings import SleepSetting
from colab_cdp_agent.keep import awake as awake_module
from colab_cdp_agent.keep.awake import SILENT, Awake
from colab_cdp_agent.keep.wake_lock import Answer, WakeLock
from command import Command
from desktop import SessionBus
from troubles.register import Place, begun_with, logged, played, says


def line(finding: Finding) -> str:
    return f"{finding.what}\n{finding.remedy}"


async def kept_awake() -> None:
    """Want the computer awake until it was tried once."""
    awake = Awake(on=True)
    running = asyncio.create_task(awake.run())
    awake.want(wanted=True)
    while awake.state == "not_needed":  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait({running})


@says("this computer may go to sleep while a notebook runs", "there is no D-Bus session here")
def no_bus(place: Place) -> str:
    for name in ("WAKEPY_FAKE_SUCCESS", "DBUS_SESSION_BUS_ADDRESS"):
        place.patch.delenv(name, raising=False)
    return logged(lambda: played(kept_awake()))


@says("no D-Bus service here can keep it awake")
def no_service(place: Place) -> str:
    place.patch.delenv("WAKEPY_FAKE_SUCCESS", raising=False)
    with SessionBus(place.folder) as bus:
        place.patch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        return logged(lambda: played(kept_awake()))


@says("it has not answered within 10 s")
def silent_bus(place: Place) -> str:
    class Silent(WakeLock):
        def take(self) -> None:
            """Never answer."""

    place.patch.setattr(awake_module, "TAKE_WITHIN_S", 0.05)
    place.patch.setattr(awake_module, "RELEASE_WITHIN_S", 0.05)
    place.patch.setattr(awake_module, "WakeLock", Silent)
    assert SILENT.reason is not None
    return logged(lambda: played(kept_awake()))


@says("wakepy cannot be imported: …")
def damaged_wakepy(place: Place) -> str:
    place.patch.setitem(sys.modules, "wakepy", None)
    return logged(lambda: played(kept_awake()))


@says(
    "sleep: it cannot be kept awake: …, and by … it sleeps after … without a person",
    "set it off in the desktop's power settings, or start the agent so: systemd-inhibit"
    " --what=idle:sleep colab-cdp-agent",
)
def sleeps_by_itself(_place: Place) -> str:
    return line(sleep(Answer(reason="not here"), SleepSetting("GNOME", 900), "linux"))


@says("set it off: powercfg /change standby-timeout-ac 0")
def sleeps_on_windows(_place: Place) -> str:
    return line(sleep(Answer(reason="not here"), SleepSetting("Windows", 900), "win32"))


@says(
    "set it off for the night: sudo pmset -c sleep 0, or start the agent with caffeinate",
)
def sleeps_on_macos(_place: Place) -> str:
    return line(sleep(Answer(reason="not here"), SleepSetting("macOS", 900), "darwin"))


@says("power: on battery (… %)", "plug it in")
def on_battery(_place: Place) -> str:
    return line(power(Supply(has_battery=True, on_battery=True, percent=54)))


@says("clock: …, set by no time server: a phone's requests may come too late")
def no_time_server(_place: Place) -> str:
    return line(judge(datetime(2026, 11, 25, tzinfo=UTC), by_server=False))


@says(
    "disk: … GB free, archive and journal may take … GB more",
    "free some, or lower archive.max_bytes",
)
def full_disk(_place: Place) -> str:
    return line(disk.room(disk.GB // 2, 2 * disk.GB))


@says("nobody watched for a while")
def stood_still(place: Place) -> str:
    """Let the agent take its own second between two looks at the clock for a halt."""
    impatient = begun_with("from colab_cdp_agent.watch import clock; clock.NOTICED_S = 0.5")
    agent = Command(place.folder, "--port", str(free_port()), "--no-mqtt", command=impatient)
    said = agent.until("nobody watched")
    agent.process.terminate()
    agent.end()
    return said
