"""The occasions: every kind of event that can ring, and to which group it belongs."""

from collections.abc import Collection
from typing import Final, Literal

import msgspec

from colab_cdp_protocols import mqtt

Group = Literal["needs_you", "failed", "ended", "finished"]

SHORTEST_RUN_S: Final = 300.0
"""A run that finished sooner was begun by somebody who still looks at it."""
PATIENCE_S: Final = 600.0
"""How long the agent is given to reconnect: its five tries take five minutes."""


class Occasion(msgspec.Struct, frozen=True):
    """How a kind of event rings.

    Attributes:
        group: by which it rings; one without a group rings only by its own name.
        gather_s: how long others of its kind are waited for.
        lasts: the watch tells its end, and raises it no second time before.
        recovers: its end is worth a message; where a person ended it, it is none.
        patient: while the agent still tries to mend it, the group does not ring.

    """

    group: Group | None
    gather_s: float = 5.0
    lasts: bool = True
    recovers: bool = True
    patient: bool = False


PERSON: Final = Occasion("needs_you", gather_s=0.3)
FAILED: Final = Occasion("failed", recovers=False)
ENDED: Final = Occasion("ended", recovers=False)

OCCASIONS: Final[dict[str, Occasion]] = {
    "captcha": PERSON,
    "still_there": PERSON,
    "run_anyway": PERSON,
    "drive_consent": PERSON,
    "sign_in": PERSON,
    "input_request": PERSON,
    "usage_limit": PERSON,
    "too_many_sessions": PERSON,
    "account_blocked": PERSON,
    "unreadable": PERSON,
    "consent": Occasion("needs_you", gather_s=10.0, recovers=False),  # most stand before it
    "tab_crashed": PERSON,
    "run_failed": FAILED,
    "kernel_died": FAILED,
    "out_of_memory": FAILED,
    "disconnected": Occasion("ended", patient=True),
    "chrome_gone": Occasion("ended", gather_s=20.0),  # a restart of it takes some seconds
    "backend_error": Occasion("ended"),
    "fresh_runtime": ENDED,
    "tab_gone": ENDED,
    "run_ended": Occasion("ended", lasts=False),
    "run_interrupted": Occasion(None, lasts=False),
    "run_finished": Occasion("finished", lasts=False),
    "stalled": Occasion(None),
    "diverged": Occasion(None, lasts=False),
    "lifetime_near": Occasion(None, recovers=False),
    "host_slept": Occasion(None, lasts=False),
}

LABELS: Final = {
    "still_there": "are you still there?",
    "run_anyway": "run anyway?",
    "drive_consent": "asks for Google Drive",
    "sign_in": "signed out",
    "input_request": "waits for input",
    "consent": "asks for your consent",
    "unreadable": "page unreadable",
    "run_finished": "finished",
    "tab_gone": "tab closed",
    "chrome_gone": "Chrome is gone",
    "backend_error": "no backend",
    "diverged": "loss is no number",
    "lifetime_near": "near its end",
    "host_slept": "this computer slept",
}
"""The kinds in words, where they are not their own."""


def label(kind: str) -> str:
    """Return a kind in the few words of a title."""
    return LABELS.get(kind, kind.replace("_", " "))


def begins(happening: mqtt.Happening) -> bool:
    """Return whether an event tells of an occasion, and not of its end."""
    occasion = OCCASIONS.get(happening.kind)
    return occasion is not None and (not occasion.lasts or happening.severity == "alert")


def ends(happening: mqtt.Happening) -> bool:
    """Return whether an event tells that an occasion is over."""
    occasion = OCCASIONS.get(happening.kind)
    return occasion is not None and occasion.lasts and happening.severity == "info"


def wait_s(happening: mqtt.Happening, ring: Collection[str]) -> float | None:
    """Return how long an occasion waits before it rings, None where it does not ring.

    A kind that is named itself rings each time. By its group it rings where that is worth waking
    somebody: a run of some length that finished, a connection that does not come back.
    """
    occasion = OCCASIONS[happening.kind]
    if happening.kind in ring:
        return occasion.gather_s
    if occasion.group not in ring:
        return None
    if occasion.group == "finished" and (happening.run_s or 0.0) < SHORTEST_RUN_S:
        return None
    return PATIENCE_S if occasion.patient else occasion.gather_s
