"""The verdict: what two witnesses and the clock together say of a notebook.

Pure and total: any reading gives a verdict, and what no witness saw is `unknown`.
"""

from typing import Literal

import msgspec

from colab_cdp_agent.watch.profile import AttentionKind, Profile, StateName
from colab_cdp_protocols.mqtt import Connection, Kernel, Phase

LOADING_GRACE_S = 10.0
"""How long a page may show no state after it was loaded before it is called unreadable."""

TabState = Literal["attached", "sleeping", "crashed", "gone", "chrome_gone"]


class Dialog(msgspec.Struct, frozen=True):
    """An open dialog: its heading, and its place among the profile's harmless ones, or -1."""

    heading: str
    harmless: int


class SeenAlarm(msgspec.Struct, frozen=True):
    """An alarm that is raised in the page, and which of its detectors saw it."""

    kind: AttentionKind
    detector: int


class PageReading(msgspec.Struct, frozen=True):
    """What the page shows: each state with the place of the first detector that holds.

    `failures` counts the elements that show a failed run; older ones stay in the page.
    """

    version: int
    language: str
    loading: bool
    hidden: bool
    states: dict[StateName, int]
    alarms: tuple[SeenAlarm, ...]
    values: dict[str, tuple[str, ...]]
    dialogs: tuple[Dialog, ...]
    cell: str | None
    broken: tuple[str, ...]
    failures: int = 0
    title: str = ""


class WireReading(msgspec.Struct, frozen=True):
    """What the kernel's own channel says; the seam for the second witness."""

    kernel: Kernel
    open: bool


class Seen(msgspec.Struct, frozen=True):
    """Everything a verdict rests on. `loaded_s` is how long the present page has been loaded.

    `run_failed`: the page shows a failure that it did not show while the last run went on.
    """

    tab: TabState
    page: PageReading | None = None
    wire: WireReading | None = None
    loaded_s: float = 0.0
    had_runtime: bool = False
    run_interrupted: bool = False
    run_failed: bool = False


class Finding(msgspec.Struct, frozen=True):
    """What a person should look at: its kind, and a sentence."""

    kind: str
    text: str


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


SENTENCES: dict[str, str] = {
    "captcha": "Colab shows a captcha: solve it in the tab.",
    "still_there": "Colab asks whether you are still there: answer it in the tab.",
    "account_blocked": "Colab says that this account is blocked from its runtimes.",
    "usage_limit": "Colab refuses a runtime because of its usage limits.",
    "too_many_sessions": "Colab says that too many sessions are active on this account.",
    "backend_error": "Colab could not assign or reach a backend.",
    "out_of_memory": "The runtime crashed after it used all its memory.",
    "kernel_died": "The kernel died.",
    "run_anyway": "Colab asks whether to run a notebook that Google did not write.",
    "drive_consent": "The notebook asks for access to Google Drive.",
    "sign_in": "The page is signed out: sign in there.",
    "disconnected": "The runtime is disconnected.",
    "unreadable": "The site profile does not fit this page.",
    "chrome_gone": "Chrome does not run, or cannot be reached.",
    "tab_crashed": "The tab crashed: reload it.",
    "run_failed": "The last run failed.",
}

LIMITS = frozenset({"account_blocked", "usage_limit", "too_many_sessions"})
PERSON = frozenset({"captcha", "still_there", "run_anyway", "drive_consent", "sign_in"})
STOPS_DUTIES = LIMITS | PERSON
"""While one of these is raised, the page is the person's: no duty touches it."""


def verdict(seen: Seen, profile: Profile) -> Verdict:
    """Return the verdict on one notebook."""
    if seen.tab != "attached":
        return _of_absent_tab(seen)
    page = seen.page
    if page is None:
        return Verdict("connecting", "unknown", "unknown")
    connection, detector = _connection(page, profile, had_runtime=seen.had_runtime)
    kernel = _kernel(page, seen.wire, connection, profile)
    alarm = _alarm(page)
    heard = _hearing(_activity(page, profile), seen.wire, kernel, connection)
    if alarm is not None and alarm in STOPS_DUTIES:
        phase: Phase = "limited" if alarm in LIMITS else "needs_you"
        finding = _find(alarm)
    elif connection == "unknown":
        phase, finding = _of_unreadable(page, seen, profile)
    else:
        phase = _phase(page, connection, kernel, seen)
        finding = _find(alarm or _worth_a_look(seen, phase))
    return msgspec.structs.replace(heard, phase=phase, finding=finding, detector=detector)


def _of_absent_tab(seen: Seen) -> Verdict:
    if seen.tab == "sleeping":
        return Verdict("sleeping", "unknown", "unknown")
    if seen.tab == "crashed":
        return Verdict("sleeping", "unknown", "unknown", _find("tab_crashed"))
    if seen.tab == "chrome_gone":
        return Verdict("gone", "unknown", "unknown", _find("chrome_gone"))
    return Verdict("gone", "unknown", "unknown")


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


def _kernel(
    page: PageReading, wire: WireReading | None, connection: Connection, profile: Profile
) -> Kernel:
    if wire is not None and wire.open:
        return wire.kernel
    if connection != "connected":
        return "starting" if connection == "connecting" else "unknown"
    return _activity(page, profile)


def _activity(page: PageReading, profile: Profile) -> Kernel:
    """Return what the page shows of the kernel; a site without an idle sign is idle if not busy."""
    if "running" in page.states:
        return "busy"
    shows_idle = "idle" not in profile.states or "idle" in page.states
    return "idle" if shows_idle else "unknown"


def _alarm(page: PageReading) -> str | None:
    """Return the alarm that counts: one that stops the duties goes before any other."""
    kinds = [alarm.kind for alarm in page.alarms]
    urgent = [kind for kind in kinds if kind in STOPS_DUTIES]
    if "signed_out" in page.states:
        urgent.append("sign_in")
    return next(iter([*urgent, *kinds]), None)


def _phase(page: PageReading, connection: Connection, kernel: Kernel, seen: Seen) -> Phase:
    if connection == "connecting":
        return "reconnecting" if seen.had_runtime else "connecting"
    if connection == "disconnected":
        return "reconnecting" if seen.run_interrupted else "ended"
    if connection == "no_runtime":
        return "queued" if "queued" in page.states else "idle"
    if kernel == "busy":
        return "running"
    if kernel == "unknown":
        return "connecting"
    return "queued" if "queued" in page.states else "idle"


def _worth_a_look(seen: Seen, phase: Phase) -> str | None:
    """Return what is worth a look where no alarm of the profile is raised."""
    if phase in {"ended", "reconnecting"}:
        return "disconnected"
    return "run_failed" if phase == "idle" and seen.run_failed else None


def _of_unreadable(page: PageReading, seen: Seen, profile: Profile) -> tuple[Phase, Finding | None]:
    if page.loading or seen.loaded_s < LOADING_GRACE_S:
        return "connecting", None
    if "control" in page.states:
        missing = "the connect control is there, but none of its states"
    else:
        missing = f"nothing of {profile.states['control'][0]} is there"
    if page.broken:
        missing += f"; this browser cannot parse {page.broken[0]!r}"
    return "unreadable", Finding("unreadable", f"{SENTENCES['unreadable'][:-1]}: {missing}.")


def _find(kind: str | None) -> Finding | None:
    return None if kind is None else Finding(kind, SENTENCES[kind])


def _hearing(
    page_shows: Kernel, wire: WireReading | None, kernel: Kernel, connection: Connection
) -> Verdict:
    """Return what each witness says in a word, and whether they agree."""
    page_says = page_shows if connection == "connected" else connection
    wire_says = wire.kernel if wire is not None and wire.open else None
    agree = None
    if wire_says in {"busy", "idle"} and page_says in {"busy", "idle"}:
        agree = wire_says == page_says
    return Verdict(
        "idle", connection, kernel, page_says=page_says, wire_says=wire_says, agree=agree
    )
