"""An alert: one thing that is to ring, and all that its message is made of."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from colab_cdp_agent.printable import printable
from colab_cdp_agent.spoken import shortened
from colab_cdp_agent.tell.alerts import occasion
from colab_cdp_agent.tell.alerts.occasion import OCCASIONS, Occasion
from colab_cdp_agent.tell.screen import how_far
from colab_cdp_protocols import mqtt

LONGEST_TITLE = 60
LONGEST_TEXT = 300


class Alert(msgspec.Struct, frozen=True):
    """What happened in a session, at `at`, and when it is ripe to ring.

    `patient`: it waits while the agent tries to mend it. `over` tells the end of what rang before,
    which lasted since `since`.
    """

    id: str
    session: str
    kind: str
    text: str
    at: datetime
    ripe_at: datetime
    title: str = ""
    evidence: str = ""
    progress: str = ""
    patient: bool = False
    over: bool = False
    since: datetime | None = None

    @property
    def occasion(self) -> Occasion:
        """How its kind rings."""
        return OCCASIONS.get(self.kind, Occasion(None))  # a file may be of another version

    @property
    def subject(self) -> tuple[str, str]:
        """What stands at most once: one kind of one session."""
        return self.session, self.kind

    def ripe(self, now: datetime) -> bool:
        """Return whether it has waited for long enough; a clock that was set back ends a wait."""
        return not self.at <= now < self.ripe_at


def alert_of(
    session: str, happening: mqtt.Happening, ring: Collection[str], state: mqtt.State | None
) -> Alert | None:
    """Return the alert that an event of a session calls for, None where it rings for nobody.

    Args:
        session: its id.
        happening: what happened.
        ring: the groups and kinds that ring.
        state: how the session stood when it happened, where that is known.

    """
    if not occasion.begins(happening):
        return None
    wait_s = occasion.wait_s(happening, ring)
    if wait_s is None:
        return None
    return Alert(
        id=happening.id,
        session=session,
        kind=happening.kind,
        text=_cut(happening.text, LONGEST_TEXT),
        at=happening.at,
        ripe_at=happening.at + timedelta(seconds=wait_s),
        title=title_of(state),
        evidence=_cut(happening.evidence or "", LONGEST_TEXT),
        progress=_progress(state),
        patient=wait_s == occasion.PATIENCE_S,
    )


def title_of(state: mqtt.State | None) -> str:
    """Return what a session's notebook is called in a message; empty where it is not known."""
    if state is None:
        return ""
    within = f" ({printable(state.browser)})" if state.browser else ""
    return _cut(state.title, LONGEST_TITLE) + within


def _progress(state: mqtt.State | None) -> str:
    """Return how far a session's run is, and its last line where that may be told."""
    if state is None:
        return ""
    said = [*how_far(state.progress)]
    if state.output.last_line:
        said.append(state.output.last_line)
    return _cut(" · ".join(said), LONGEST_TEXT)


def _cut(text: str, longest: int) -> str:
    return shortened(" ".join(printable(text).split()), longest)
