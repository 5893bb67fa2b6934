"""The verdict: what two witnesses and the clock together say of a notebook.

Pure and total: any reading gives a verdict, and what no witness saw is `unknown`.
"""

import msgspec

from colab_cdp_agent.watch.finding import (
    LIMITS,
    PASSING,
    SENTENCES,
    STOPS_DUTIES,
    Finding,
    find,
    lost_chrome,
)
from colab_cdp_agent.watch.profile import Profile, StateName
from colab_cdp_agent.watch.seen import PageReading, Seen, WireReading
from colab_cdp_protocols.mqtt import Connection, Kernel, Phase

LOADING_GRACE_S = 10.0
"""How long a page may show no state after it was loaded before it is called unreadable."""
SETTLE_S = 3.0
"""How long page and kernel may say different things before it is called a disagreement."""
PROMPT_LIMIT = 100


class Verdict(msgspec.Struct, frozen=True):
    """One answer: the phase for a phone, and what it was concluded from."""

    phase: Phase
    connection: Connection
    kernel: Kernel
    finding: Finding | None = None
    detector: str | None = None
    page_says: str | None = None
    wire_says: str | None = None
    agree: bool | None = None

    @property
    def running(self) -> bool:
        """Whether a cell runs in a connected page, be it that it waits for a person's input."""
        waits = self.finding is not None and self.finding.kind == "input_request"
        return self.phase == "running" or waits


def verdict(seen: Seen, profile: Profile) -> Verdict:
    """Return the verdict on one notebook."""
    if seen.tab != "attached":
        return _of_absent_tab(seen)
    if seen.page is None:
        return Verdict("connecting", "unknown", "unknown", seen.standing)
    page_says, detector = _connection(seen.page, profile, had_runtime=seen.had_runtime)
    # A page that cannot be read may well have a kernel that speaks.
    connection = "connected" if page_says == "unknown" and _wire_knows(seen.wire) else page_says
    kernel = _kernel(seen, connection, profile)
    alarm = _alarm(seen.page)
    finding: Finding | None
    if alarm is not None and alarm in STOPS_DUTIES:
        phase: Phase = "limited" if alarm in LIMITS else "needs_you"
        finding = find(alarm)
    elif kernel == "busy" and (waits := _waits_for_input(seen)) is not None:
        phase, finding = "needs_you", waits
    elif page_says == "unknown":
        phase, finding = _of_unreadable(seen, connection, kernel, profile)
    else:
        phase = _phase(seen.page, connection, kernel, seen)
        finding = find(alarm) if alarm is not None else _worth_a_look(seen, phase)
    page_word = word(seen.page, profile, had_runtime=seen.had_runtime)
    return Verdict(
        phase, connection, kernel, finding, detector,
        page_says=page_word,
        wire_says=seen.wire.kernel if seen.wire is not None and seen.wire.open else None,
        agree=_agree(page_word, seen),
    )  # fmt: skip


def word(page: PageReading, profile: Profile, *, had_runtime: bool) -> Kernel | Connection:
    """Return what a page alone shows: of its kernel, or of its connection where it is not up."""
    connection, _detector = _connection(page, profile, had_runtime=had_runtime)
    return _activity(page, profile) if connection == "connected" else connection


def at_rest(now: Verdict) -> Verdict:
    """Return a verdict as it is told while the duties rest: what needs a person is still said."""
    return msgspec.structs.replace(now, phase="paused") if now.phase in _RESTING else now


def _of_absent_tab(seen: Seen) -> Verdict:
    if seen.tab == "sleeping":
        return Verdict("sleeping", "unknown", "unknown", seen.standing)
    if seen.tab == "crashed":
        return Verdict("sleeping", "unknown", "unknown", find("tab_crashed"))
    if seen.tab == "chrome_gone":
        return Verdict("gone", "unknown", "unknown", lost_chrome(seen.browser))
    return Verdict("gone", "unknown", "unknown", seen.standing)


def _connection(
    page: PageReading, profile: Profile, *, had_runtime: bool
) -> tuple[Connection, str | None]:
    """Return the connection that the page shows, and the detector that saw it."""
    answers: tuple[tuple[StateName, Connection], ...] = (
        ("connecting", "connecting"),
        ("connected", "connected"),
        ("press_connect", "disconnected" if had_runtime else "no_runtime"),
    )
    for state, connection in answers:
        place = page.states.get(state)
        if place is not None:
            return connection, str(profile.states[state][place])
    return "unknown", None


def _wire_knows(wire: WireReading | None) -> bool:
    return wire is not None and wire.open and wire.kernel != "unknown"


def _kernel(seen: Seen, connection: Connection, profile: Profile) -> Kernel:
    """Return what the kernel does: by its own word where it was heard, else as the page shows."""
    page, wire = seen.page, seen.wire
    if connection in {"disconnected", "no_runtime"}:
        # A socket may look open long after its network is gone; what is dead stays so.
        return "dead" if wire is not None and wire.kernel == "dead" else "unknown"
    if page is not None and wire is not None and _wire_knows(wire):
        waits = "queued" in page.states or "running" in page.states
        goes_on = seen.standing is None or seen.standing.kind in PASSING
        if wire.kernel == "idle" and waits and goes_on and wire.since_s < SETTLE_S:
            return "busy"  # between two cells of a row that was begun before we listened
        return wire.kernel
    if connection != "connected" or page is None:
        return "starting" if connection == "connecting" else "unknown"
    if seen.died_s is not None and seen.page_since_s > seen.died_s:
        return "unknown"  # the page still shows what was before the death
    return _activity(page, profile)


def _activity(page: PageReading, profile: Profile) -> Kernel:
    """Return what the page shows of the kernel; a site without an idle sign is idle if not busy."""
    if "running" in page.states:
        return "busy"
    shows_idle = "idle" not in profile.states or "idle" in page.states
    return "idle" if shows_idle else "unknown"


def _alarm(page: PageReading) -> str | None:
    """Return the alarm that counts: one that stops the duties goes before any other."""
    return next(iter([*page.stops, *(alarm.kind for alarm in page.alarms)]), None)


def _phase(page: PageReading, connection: Connection, kernel: Kernel, seen: Seen) -> Phase:
    if connection == "connecting":
        return "reconnecting" if seen.had_runtime else "connecting"
    if connection == "disconnected":
        return "reconnecting" if seen.run_interrupted and kernel != "dead" else "ended"
    if connection == "connected" and kernel != "idle":
        return _BUSY[kernel]
    return "queued" if "queued" in page.states else "idle"


_BUSY: dict[Kernel, Phase] = {
    "busy": "running",
    "dead": "ended",
    "starting": "connecting",
    "unknown": "connecting",
}


_RESTING: frozenset[Phase] = frozenset({"running", "idle", "queued", "connecting", "reconnecting"})


def _worth_a_look(seen: Seen, phase: Phase) -> Finding | None:
    """Return what is worth a look where no alarm of the profile is raised."""
    if phase == "reconnecting" or (phase == "ended" and not _wire_knows(seen.wire)):
        passes = seen.standing is None or seen.standing.kind in PASSING
        return find("disconnected") if passes else seen.standing
    if phase == "running" and seen.standing is not None and seen.standing.kind == "run_failed":
        return None  # the cells behind it are only just being dropped
    if seen.standing is not None and seen.standing.kind == "input_request":
        return None  # nothing runs that could wait
    if seen.standing is None and phase == "idle" and seen.run_failed and not _wire_knows(seen.wire):
        return find("run_failed")
    return seen.standing


def _of_unreadable(
    seen: Seen, connection: Connection, kernel: Kernel, profile: Profile
) -> tuple[Phase, Finding | None]:
    """Return what can be said without the page: by the kernel, if it was heard, but no more."""
    page = seen.page
    knows = _wire_knows(seen.wire)
    if page is None:
        return "connecting", seen.standing
    phase: Phase = _phase(page, connection, kernel, seen) if knows else "unreadable"
    if page.loading or seen.loaded_s < LOADING_GRACE_S:
        return phase if knows else "connecting", seen.standing
    if "control" in page.states:
        missing = "the connect control is there, but none of its states"
    else:
        missing = f"nothing of {profile.states['control'][0]} is there"
    if page.broken:
        missing += f"; this browser cannot parse {page.broken[0]!r}"
    finding = Finding("unreadable", f"{SENTENCES['unreadable'][:-1]}: {missing}.")
    return phase, finding


def _waits_for_input(seen: Seen) -> Finding | None:
    if seen.wire is not None and seen.wire.asks is not None:
        return _input_request(seen.wire.asks)
    standing = seen.standing
    return standing if standing is not None and standing.kind == "input_request" else None


def _input_request(prompt: str) -> Finding:
    shown = "".join(each if each.isprintable() else " " for each in prompt).strip()[:PROMPT_LIMIT]
    return Finding("input_request", f"The run waits for input: {shown or '(no prompt)'}")


def _agree(page_says: str, seen: Seen) -> bool | None:
    """Return whether the witnesses say the same of the kernel, None where one says nothing yet."""
    wire = seen.wire
    if wire is None or not _wire_knows(wire):
        return None
    if page_says in {"disconnected", "no_runtime"}:
        # A word that came after that is a word.
        return False if wire.heard_s + SETTLE_S < seen.page_since_s else None
    if page_says not in {"busy", "idle"} or wire.kernel not in {"busy", "idle"}:
        return None
    if page_says == wire.kernel:
        return True
    return False if min(wire.since_s, seen.page_since_s) >= SETTLE_S else None
