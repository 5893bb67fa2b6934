"""Who is told of a session, and what: each event, and its state where there is something new."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from colab_cdp_agent.watch.attention import News
from colab_cdp_agent.watch.diary import Diary
from colab_cdp_protocols import mqtt


class Listener(msgspec.Struct, frozen=True):
    """Who is told: a session's whole state when it changed, what happened in it, and printed."""

    state: Callable[[mqtt.State], None]
    happening: Callable[[str, mqtt.Happening], None]
    printed: Callable[[str, list[str], int], None]


class Audience:
    """Whoever is told of one session: its diary, and who listens.

    Args:
        session: whose.
        diary: what of it goes into the journal.
        listener: who else is told.

    """

    def __init__(self, session: str, diary: Diary, listener: Listener) -> None:
        self._session = session
        self._diary = diary
        self._listener = listener
        self._told: mqtt.State | None = None

    def happened(self, news: News) -> None:
        """Tell what happened."""
        event = _happening(news)
        self._diary.event(event)
        self._listener.happening(self._session, event)

    def printed(self, lines: list[str], skipped: int) -> None:
        """Tell what was printed, and how many lines are left out of it."""
        if lines:
            self._listener.printed(self._session, lines, skipped)

    def stands(self, state: mqtt.State) -> None:
        """Tell how it stands, when more than its clock has changed."""
        self._diary.state(state)
        if _is_news(self._told, state):
            self._told = state
            self._listener.state(state)


def _happening(news: News) -> mqtt.Happening:
    """Return an event of this moment, under an id of its own."""
    return mqtt.Happening(
        uuid.uuid4().hex, datetime.now(UTC), news.kind, news.severity, news.text,
        news.cause, news.evidence, news.run_s,
    )  # fmt: skip


def _is_news(before: mqtt.State | None, after: mqtt.State) -> bool:
    """Return whether more than the clock's own has changed."""
    if before is None or after.run.cell != before.run.cell:
        return True
    return msgspec.structs.replace(after, updated=before.updated, run=before.run) != before
