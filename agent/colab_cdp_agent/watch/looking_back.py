"""What a person asks to see of the past: the last lines of a notebook, and what happened in it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from colab_cdp_agent.answer import Answer, done, failed
from colab_cdp_agent.keep import fold
from colab_cdp_agent.keep.archive import ArchiveFailedError
from colab_cdp_agent.spoken import counted, shortened
from colab_cdp_agent.watch.house import House
from colab_cdp_protocols import mqtt

TAIL_BYTES = 512_000
LARGEST_BYTES = 200_000
"""Of an answer's data; a broker may take no more than 1 MB in a message."""
LOSS = "loss"
LONGEST_LINE = 500
"""In characters; what is longer is cut short."""


async def last_lines(house: House, session: str, count: int) -> Answer:
    """Return the last lines that a notebook printed: out of memory, or out of the archive."""
    log = house.archive.log(session)
    lines = log.tail(count)
    if len(lines) < count:
        try:
            await log.kept()
            text = await asyncio.to_thread(house.archive.tail, session, TAIL_BYTES)
        except ArchiveFailedError as error:
            return failed(str(error))
        lines = [fold.plain(line) for line in text.splitlines()[-count:]]
    told = _newest([shortened(line, LONGEST_LINE) for line in lines])
    return done(f"the last {counted(len(told), 'line')}", {"lines": told})


async def history(house: House, session: str, since: datetime) -> Answer:
    """Return what happened in a notebook since then, and its loss, the newest last."""
    events = await asyncio.to_thread(house.journal.history, session, since)
    loss = await asyncio.to_thread(house.journal.curve, session, LOSS, since)
    told = _newest(events)
    says = f"{len(told)} events"
    return done(
        says,
        {
            "events": told,
            "left_out": len(events) - len(told),
            "loss": [(point.at, point.value) for point in loss],
        },
    )


def _newest(items: Sequence[Any]) -> list[Any]:
    """Return as many of the last items as an answer may hold."""
    room = LARGEST_BYTES
    for place in range(len(items) - 1, -1, -1):
        room -= len(mqtt.encode([items[place]]))
        if room < 0:
            return list(items[place + 1 :])
    return list(items)
