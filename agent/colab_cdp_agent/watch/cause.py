"""Why a run or a connection ended, with the evidence beside it.

Pure and total: the witnesses are asked in the order of their trust, and the first that knows a
cause is believed. Where none does, the cause is `unknown`. docs/causes.md tells of each.
"""

import math
import re
from collections.abc import Callable
from typing import Literal

import msgspec

from colab_cdp_agent.spoken import shortened
from colab_cdp_agent.watch.ending import Ending
from colab_cdp_agent.watch.profile import AttentionKind

CauseKind = Literal[
    "idle_limit", "lifetime_limit", "usage_limit", "kernel_died", "out_of_memory",
    "kernel_restarted", "network_lost", "host_slept", "tab_asleep", "tab_closed", "chrome_gone",
    "by_hand", "finished", "error", "unknown",
]  # fmt: skip

HOUR_S = 3600.0
MINUTE_S = 60.0
GB = 2**30
"""As Colab's page counts."""

IDLE_S = 60 * MINUTE_S
"""Google's own command line tells of about 90 minutes, and says that it varies."""
LIFETIMES_S = ((11.5 * HOUR_S, 13 * HOUR_S), (23.5 * HOUR_S, math.inf))
"""Ages at which a runtime ends by itself: at most 12 hours, or 24 with Pro+. Who is older than the
first by an hour is not subject to it."""
RAM_FULL_PERCENT = 95
OUT_OF_MEMORY_ERRORS = ("OutOfMemoryError", "ResourceExhaustedError")
"""Of torch and TensorFlow; JAX and older torch say it in the message."""
LONGEST_EVIDENCE = 200
LONGEST_HEADING = 80

REFUSALS: dict[AttentionKind, str] = {
    "usage_limit": "its usage limits",
    "too_many_sessions": "too many sessions",
    "account_blocked": "a block of this account",
}
PRESENCE: dict[AttentionKind, str] = {
    "still_there": "asked whether you are still there",
    "captcha": "showed a captcha",
}
PRIVATE = re.compile(r"\S*(?:@|://)\S*|\S{25,}")
"""What a heading may hold and nobody is to read elsewhere: addresses, long keys."""


class Cause(msgspec.Struct, frozen=True):
    """A cause, and one sentence of what it was concluded from: empty at most where unknown."""

    kind: CauseKind
    evidence: str = ""


def cause_of(ending: Ending) -> Cause:
    """Return why something ended."""
    witnesses = WITNESSES if ending.what == "connection" else (_reply, *WITNESSES, _failure)
    answers = (witness(ending) for witness in witnesses)
    found = next((cause for cause in answers if cause is not None), None) or _unknown(ending)
    return Cause(found.kind, shortened(found.evidence, LONGEST_EVIDENCE))


def _reply(ending: Ending) -> Cause | None:
    if ending.reply == "ok":
        return Cause("finished", "The kernel replied that the run ended well.")
    if ending.error is not None:
        return _error(ending.error, ending.error_text or "")
    if ending.reply == "aborted":
        return Cause("error", "The kernel did not run it: a cell before it failed or was stopped.")
    if ending.page_shows == "succeeded":
        return Cause("finished", "The page shows that the run succeeded.")
    return None


def _error(error: str, text: str) -> Cause:
    name = error if re.fullmatch(r"[A-Za-z_][\w.]{,60}", error) else "an error"
    if error == "KeyboardInterrupt":
        return Cause("by_hand", "The run ended with KeyboardInterrupt: somebody stopped it.")
    note = ""
    if error == "MemoryError":
        note = ": it asked for more memory than there was, and the runtime lives on"
    elif error.endswith(OUT_OF_MEMORY_ERRORS) or "out of memory" in text.lower():
        note = ": the accelerator's memory was full, and the runtime lives on"
    return Cause("error", f"The run ended with {name}{note}.")


def _request(ending: Ending) -> Cause | None:
    if ending.restart_asked is None:
        return None
    if not ending.restart_asked and _quote(ending, "disconnected") is not None:
        return None  # a server that goes down asks for it too
    done = "restarted" if ending.restart_asked else "shut down"
    return Cause("by_hand", f"The kernel was {done} because somebody asked for it.")


def _refusal(ending: Ending) -> Cause | None:
    for kind, what in REFUSALS.items():
        if (quote := _quote(ending, kind)) is not None:
            return Cause("usage_limit", f"Colab told of {what}{quote}.")
    return None


def _memory(ending: Ending) -> Cause | None:
    """Return that the runtime ran out of memory, if the page says so or its last figures do."""
    used, total = ending.ram_used or 0, ending.ram_total or 0
    known = total > 0
    seen = f"RAM was at {used / GB:.1f} of {total / GB:.1f} GB" if known else ""
    if (quote := _quote(ending, "out_of_memory")) is not None:
        last = f"; {seen} when last seen" if known else ""
        return Cause("out_of_memory", f"Colab says that all RAM was used{quote}{last}.")
    died = ending.kernel is not None or _quote(ending, "kernel_died") is not None
    if died and known and used * 100 >= total * RAM_FULL_PERCENT:
        return Cause("out_of_memory", f"{seen} before the kernel died, which suggests it ran out.")
    return None


def _kernel(ending: Ending) -> Cause | None:
    if ending.kernel == "restarting":
        return Cause("kernel_restarted", "The kernel died, its channel says, and started anew.")
    if ending.kernel == "dead":
        return Cause("kernel_died", "The kernel died, its channel says.")
    if (quote := _quote(ending, "kernel_died")) is not None:
        return Cause("kernel_died", f"Colab says that the session crashed{quote}.")
    return None


def _browser(ending: Ending) -> Cause | None:
    if ending.chrome_gone:
        return Cause("chrome_gone", "Chrome had ended, or could not be reached any more.")
    if ending.tab == "gone":
        return Cause("tab_closed", "The tab was closed.")
    if ending.tab == "crashed":
        return Cause("tab_asleep", "The tab had crashed.")
    return None


def _sleep(ending: Ending) -> Cause | None:
    """Return that the computer slept; what Colab says of idleness only a long sleep explains."""
    slept = ending.slept
    if slept is None or slept.kind != "slept" or not slept.seconds > 0:
        return None
    if ending.at is not None and slept.began_wall > ending.at:
        return None
    quote = _quote(ending, "disconnected")
    if quote is not None and slept.seconds < IDLE_S:
        return None
    then = f", and Colab tells of a lost runtime{quote}" if quote is not None else ""
    return Cause("host_slept", f"This computer had slept for {_duration(slept.seconds)}{then}.")


def _asleep(ending: Ending) -> Cause | None:
    if ending.tab != "sleeping":
        return None
    return Cause("tab_asleep", "The tab was asleep: discarded, frozen, or behind an alert.")


def _limit(ending: Ending) -> Cause | None:
    """Return which limit fits Colab's one text for two of them, if exactly one does."""
    quote = _quote(ending, "disconnected")
    if quote is None:
        return None
    lived, idle = ending.lived_s or 0.0, ending.idle_s or 0.0
    old = any(least <= lived < most for least, most in LIFETIMES_S)
    if old == (idle >= IDLE_S):
        return None
    kind: CauseKind = "lifetime_limit" if old else "idle_limit"
    return Cause(kind, f"Colab disconnected the runtime{quote}; {_figures(ending)}.")


def _presence(ending: Ending) -> Cause | None:
    for kind, did in PRESENCE.items():
        if (quote := _quote(ending, kind)) is not None:
            return Cause("idle_limit", f"Colab {did}{quote}, and had no answer.")
    return None


def _network(ending: Ending) -> Cause | None:
    others = ending.lost_together
    lost = f"{others} other notebooks lost their connection within 10 s"
    if others == 1:
        lost = "another notebook lost its connection within 10 s"
    if ending.offline:
        also = f", and {lost}" if others > 0 else ""
        return Cause("network_lost", f"The browser said that it has no network{also}.")
    if others > 0:
        return Cause("network_lost", f"{lost.capitalize()}, which suggests the network.")
    return None


def _failure(ending: Ending) -> Cause | None:
    if ending.page_shows != "failed":
        return None
    return Cause("error", "The page shows that the run failed.")


def _unknown(ending: Ending) -> Cause:
    """Return what was seen, as far as it goes; no witness makes a cause of it."""
    said = [f"{shown.kind}{_quote(ending, shown.kind)}" for shown in ending.shown[-1:]]
    seen = "; ".join(
        filter(None, [*(f"the page showed {each}" for each in said), _figures(ending)])
    )
    return Cause("unknown", f"{seen[:1].upper()}{seen[1:]}." if seen else "")


Witness = Callable[[Ending], Cause | None]
WITNESSES: tuple[Witness, ...] = (
    _request, _refusal, _memory, _kernel, _browser, _sleep, _asleep, _limit, _presence, _network,
)  # fmt: skip
"""In the order of trust."""


def _quote(ending: Ending, kind: AttentionKind) -> str | None:
    """Return the newest heading of a kind of alarm, ready to be quoted; None: it was not shown."""
    for shown in reversed(ending.shown):
        if shown.kind == kind:
            words = " ".join(PRIVATE.sub("…", shown.heading).split())
            plain = "".join(filter(str.isprintable, words))[:LONGEST_HEADING]
            return f" (“{plain}”)" if plain else ""
    return None


def _figures(ending: Ending) -> str:
    """Return what is known of the runtime's age, and of how long nothing had run."""
    told = []
    if ending.lived_s is not None and ending.lived_s >= 0:
        told.append(f"the runtime had lived for {_duration(ending.lived_s)}")
    if ending.idle_s is not None and ending.idle_s >= 0:
        idle = f"nothing had run for {_duration(ending.idle_s)}"
        told.append(idle if ending.idle_s > 0 else "something ran to the end")
    return ", and ".join(told)


def _duration(seconds: float) -> str:
    """Return a length of time in the unit that a person takes for it."""
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE_S:.0f} min" if seconds < 2 * HOUR_S else f"{seconds / HOUR_S:.1f} h"
