"""The oracle: it knows what is true of every notebook, and hears whatever the agent tells. Pure.

A notebook runs all night. What else may be said of it is what a fault that stands allows; to know
nothing is honest, to say that a run is over which goes on is not.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.lines import Number, number_of

TOLD = re.compile(r"[^/]+/[^/]+/session/([0-9a-f]+(?:-\d+)?)/(state|event)")
DUTIES = frozenset({"keep_alive", "reconnect", "clear"})
ALWAYS = frozenset({"phase", *DUTIES})
"""Kinds of events that may come at any time."""
RUNNING = frozenset({"running"})


@dataclass(frozen=True)
class Meanwhile:
    """What may be told of a notebook while a fault stands, beside the plain truth.

    Attributes:
        phases: as long as it is not yet noticed, or not yet over.
        seen: the phases of which one is told at last if the fault stands; none where none needs to.
        kernels: what the kernel may be said to do.
        events: kinds that may come.
        owed: kinds of which one has to come before all is well again.
        lasting: kinds that may come from now on: a broker retains what is answered so.
        everyone: whether it meets all notebooks, and not its target alone.
        ends_run: whether it ends the run, so that the next one begins with its healing.
        twice: whether a broker may bring one message twice, as it must where it was cut off.

    """

    phases: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    kernels: frozenset[str] = frozenset({"unknown"})
    events: frozenset[str] = frozenset()
    owed: frozenset[str] = frozenset()
    lasting: frozenset[str] = frozenset()
    everyone: bool = False
    ends_run: bool = False
    twice: bool = False


NOTHING = Meanwhile()


@dataclass
class Told:
    """What was told of one notebook so far.

    Attributes:
        state: the last state.
        phases: the phases since a fault began.
        events: the kinds of events since then.
        standing: the kinds that were raised, and are not over.

    """

    state: Mapping[str, Any] = field(default_factory=dict)
    phases: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    standing: set[str] = field(default_factory=set)


class Oracle:
    """Holds what is told against what may be told.

    Args:
        sessions: the ids of the notebooks that run all night.

    Attributes:
        breaches: every lie and every doubled event so far, as sentences.
        told: by session, also of those that a fault brings about.

    """

    def __init__(self, sessions: Iterable[str]) -> None:
        self.breaches: list[str] = []
        self.told: dict[str, Told] = {session: Told() for session in sessions}
        self._may = dict.fromkeys(self.told, NOTHING)
        self._lasting = set[str]()
        self._events = Counter[str]()
        self._twice = False
        self._perhaps_twice = set[str]()

    def begin(self, meanwhile: Meanwhile, target: str) -> None:
        """Take note that a fault begins."""
        self._twice = meanwhile.twice
        self._lasting |= meanwhile.lasting
        for session, told in self.told.items():
            told.phases.clear()
            told.events.clear()
            met = meanwhile.everyone or session == target
            self._may[session] = meanwhile if met else NOTHING

    def end(self) -> None:
        """Take note that all is healed, and told so: from now on only the truth counts."""
        self._may = dict.fromkeys(self.told, NOTHING)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take one message as it came from the broker."""
        found = TOLD.fullmatch(topic)
        if found is None or not payload:
            return
        session, what = found.groups()
        body = json.loads(payload)
        if what == "state":
            self._hear_state(session, body)
        else:
            self._hear_event(session, body)

    def well(self, session: str, reached: Number) -> str | None:
        """Return what is not yet told as it is; None where all is, up to a printed line."""
        state = self.told[session].state
        if not state:
            return "nothing is told"
        if owed := self._may[session].owed - self.told[session].events:
            return f"no event told of {sorted(owed)}"
        wanted = {
            "phase": "running",
            "connection": "connected",
            "kernel": "busy",
            "attention": None,
        }
        for key, value in wanted.items():
            if state[key] != value:
                return f"{key} is {state[key]!r}, not {value!r}"
        if state["witnesses"]["agree"] is False:
            return "the witnesses disagree"
        told = number_of(state["output"]["last_line"] or "")
        if told is None or told < reached:
            return f"the last line is {state['output']['last_line']!r}, not {reached}"
        return None

    def _hear_state(self, session: str, state: Mapping[str, Any]) -> None:
        told = self.told.get(session)
        if told is None:
            return
        told.state = state
        told.phases.add(state["phase"])
        may = self._may[session]
        phase, kernel = state["phase"], state["kernel"]
        if phase not in RUNNING | may.phases | may.seen:
            self.breaches.append(f"{session} was told as {phase!r}: {_short(state)}")
        elif kernel != "busy" and kernel not in may.kernels | {"unknown"}:
            self.breaches.append(f"the kernel of {session} was told as {kernel!r}: {_short(state)}")
        elif phase == "running" and kernel != "busy":
            self.breaches.append(f"{session} runs, and its kernel is {kernel!r}: {_short(state)}")

    def _hear_event(self, session: str, event: Mapping[str, Any]) -> None:
        told = self.told.get(session)
        if told is None:
            return
        kind, text = event["kind"], event["text"]
        told.events.add(kind)
        self._events[event["id"]] += 1
        if self._twice:
            self._perhaps_twice.add(event["id"])
        if self._events[event["id"]] > 1:
            if event["id"] not in self._perhaps_twice:
                self.breaches.append(f"an event came twice: {event}")
            return
        if kind not in ALWAYS | self._may[session].events | self._may[session].owed | self._lasting:
            self.breaches.append(f"{session}: an event that is not true: {kind}: {text}")
        if kind in ALWAYS or not _is_attention(event):
            return
        if text.startswith("Over: "):
            if kind not in told.standing:
                self.breaches.append(f"{session}: what was not raised is over: {kind}")
            told.standing.discard(kind)
        elif kind in told.standing:
            self.breaches.append(f"{session}: what stands was raised once more: {kind}")
        else:
            told.standing.add(kind)


def _is_attention(event: Mapping[str, Any]) -> bool:
    return event["severity"] == "alert" or str(event["text"]).startswith("Over: ")


def _short(state: Mapping[str, Any]) -> str:
    keys = ("connection", "kernel", "attention", "witnesses", "updated")
    return json.dumps({key: state[key] for key in keys})
