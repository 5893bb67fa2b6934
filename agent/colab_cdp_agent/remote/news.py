"""What is known of one agent, and of one of its sessions, as it is told over MQTT."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from colab_cdp_agent.keep.curve import Point, thinned
from colab_cdp_protocols import mqtt

MOST_LOSSES: Final = 64
LEFT_AFTER_THINNING: Final = 32

Status = Literal["online", "offline"]
STATUSES: Final[dict[str, Status]] = {
    mqtt.ONLINE.decode(): "online",
    mqtt.OFFLINE.decode(): "offline",
}


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known differently than before: of the broker, of an agent, of one of its sessions.

    Just one of `broker`, `status`, `info` and `state` is set; null means that it was cleared.
    """

    at: datetime
    agent: str | msgspec.UnsetType = msgspec.UNSET
    session: str | msgspec.UnsetType = msgspec.UNSET
    broker: Literal["connected", "lost"] | msgspec.UnsetType = msgspec.UNSET
    where: str | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType = msgspec.UNSET
    status: Status | msgspec.UnsetType | None = msgspec.UNSET
    info: mqtt.Info | msgspec.UnsetType | None = msgspec.UNSET
    state: mqtt.State | msgspec.UnsetType | None = msgspec.UNSET


class SessionNews:
    """The latest state of a session, and how its loss came to be.

    Args:
        state: the first that was heard.
        at: of when it is.

    Attributes:
        losses: the loss over the seconds of the present run since it is listened to, thinned as it
            grows.

    """

    def __init__(self, state: mqtt.State, at: datetime) -> None:
        self.state = state
        self.at = at
        self.losses: list[Point] = []
        self._draw()

    def hear(self, state: mqtt.State, at: datetime) -> None:
        """Take a newer state, or the same once more."""
        before, self.state, self.at = self.state, state, at
        started = state.run.started
        if started is not None and started != before.run.started:
            self.losses.clear()
        if state.progress != before.progress or not self.losses:
            self._draw()

    def _draw(self) -> None:
        loss = self.state.progress.metrics.get("loss")
        if loss is None:
            return
        self.losses.append((self.at.timestamp(), loss))
        if len(self.losses) > MOST_LOSSES:
            kept = thinned(self.losses, LEFT_AFTER_THINNING)
            self.losses = [self.losses[place] for place in kept]


class AgentNews:
    """What an agent told last.

    Attributes:
        status: null where the broker knows none; so it is too until an agent is heard of again
            after the broker was lost.
        at: of when the last news is, null before there is any.

    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.status: Status | None = None
        self.info: mqtt.Info | None = None
        self.sessions: dict[str, SessionNews] = {}
        self.at: datetime | None = None

    @property
    def present(self) -> bool:
        """Say whether what it told is true at this moment."""
        return self.status == "online"


def is_sound(told: mqtt.State | mqtt.Info) -> bool:
    """Return whether the times in it say of which zone they are: others can't be reckoned with."""
    if isinstance(told, mqtt.Info):
        moments = [told.started, told.chrome.since, *(each.since for each in told.browsers or ())]
    else:
        moments = [told.since, told.updated]
    return all(moment.tzinfo is not None for moment in moments)
