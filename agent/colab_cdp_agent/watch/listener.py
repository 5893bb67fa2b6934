"""Who is told of a session, what it is told, and when there is something to tell."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from colab_cdp_agent.watch.attention import News
from colab_cdp_protocols import mqtt


class Listener(msgspec.Struct, frozen=True):
    """Who is told: a session's whole state when it changed, what happened in it, and printed."""

    state: Callable[[mqtt.State], None]
    happening: Callable[[str, mqtt.Happening], None]
    printed: Callable[[str, list[str], int], None]


def happening(news: News) -> mqtt.Happening:
    """Return an event of this moment, under an id of its own."""
    return mqtt.Happening(
        uuid.uuid4().hex, datetime.now(UTC), news.kind, news.severity, news.text,
        news.cause, news.evidence, news.run_s,
    )  # fmt: skip


def is_news(before: mqtt.State | None, after: mqtt.State) -> bool:
    """Return whether more than the clock's own has changed."""
    if before is None or after.run.cell != before.run.cell:
        return True
    return msgspec.structs.replace(after, updated=before.updated, run=before.run) != before
