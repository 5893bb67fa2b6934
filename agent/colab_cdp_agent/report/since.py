"""Since when: a time of day, a moment or a length of time, as a person writes it."""

import re
from datetime import datetime, timedelta
from typing import Final

from colab_cdp_agent.settings.document import ConfigError, found
from colab_cdp_agent.settings.units import Duration

OPTION: Final = "--since"
EXPECTED: Final = "expected a time such as 22:00, 2026-11-25T22:00 or 12h"
TIME_OF_DAY: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})")
DURATION: Final = re.compile(r"[0-9.]+[smhd]")


def parse_since(text: str, now: datetime) -> datetime:
    """Return the moment that a text names; times without an offset are this computer's.

    `22:00` is the last time that it was 22:00, and `12h` so long before now.

    Raises:
        ConfigError: it is none of these, or lies ahead.

    """
    try:
        moment = _moment(text, now)
        ahead = moment > now
    except (ValueError, OverflowError, OSError):
        raise ConfigError(f"{EXPECTED}, found {found(text)}", source=OPTION) from None
    if ahead:
        raise ConfigError(f"expected a time that has been, found {found(text)}", source=OPTION)
    return moment


def _moment(text: str, now: datetime) -> datetime:
    if time := TIME_OF_DAY.fullmatch(text):
        local = now.astimezone().replace(tzinfo=None)
        today = local.replace(hour=int(time[1]), minute=int(time[2]), second=0, microsecond=0)
        return (today if today <= local else today - timedelta(days=1)).astimezone()
    if DURATION.fullmatch(text):
        return now - timedelta(seconds=Duration.parse(text))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.astimezone()
