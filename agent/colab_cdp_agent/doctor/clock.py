"""The clock: what a phone is told is dated by it, and requests that are too old are refused."""

import sys
from datetime import UTC, datetime
from typing import Final

from colab_cdp_agent.doctor.ask import ask
from colab_cdp_agent.doctor.finding import Finding

BUILT: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Nobody runs this program before it was written."""
SET_IT: Final = {
    "win32": "set it: w32tm /resync, or Settings, Time & language",
    "darwin": "set it in System Settings, General, Date & Time",
    "linux": "set it: timedatectl set-ntp true",
}


async def examine() -> Finding:
    """Say what time it is here, and whether a time server has a say in it."""
    properties = ("--property=NTP", "--property=NTPSynchronized")
    shown = await ask("timedatectl", "show", *properties) if sys.platform == "linux" else None
    return judge(datetime.now().astimezone(), synchronised(shown or ""))


def synchronised(shown: str) -> bool | None:
    """Read `timedatectl show`; None where it does not say."""
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    said = values.get("NTPSynchronized")
    return None if said is None else said == "yes"


def judge(now: datetime, by_server: bool | None, platform: str = sys.platform) -> Finding:  # noqa: FBT001 - one of two facts
    """Judge a local time; `by_server` is None where it was not looked at."""
    says = f"clock: {now:%Y-%m-%d %H:%M %z}"
    remedy = SET_IT.get(platform, SET_IT["linux"])
    if now < BUILT:
        what = f"{says}, which is before this program was written"
        return Finding(ok=False, what=what, remedy=remedy, brief="the clock is wrong")
    if by_server is None:
        return Finding(ok=True, what=f"{says}; whether a time server sets it was not looked at")
    if by_server:
        return Finding(ok=True, what=f"{says}, set by a time server")
    what = f"{says}, set by no time server: a phone's requests may come too late"
    return Finding(ok=None, what=what, remedy=remedy, brief="no time server sets the clock")
