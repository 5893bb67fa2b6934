"""The duties: which of them a verdict calls for, by the policy, the past and the clock.

Pure. What is decided here is carried out and verified in `acts.py`.
"""

from typing import Literal

import msgspec

from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch.finding import STOPS_DUTIES
from colab_cdp_agent.watch.verdict import Verdict

DutyName = Literal["keep_alive", "reconnect", "clear"]

RECONNECT_PAUSES_S = (0.0, 5.0, 15.0, 45.0, 120.0)
"""How long to wait before each try; the last one holds for all that follow."""
CLEAR_AGAIN_AFTER_S = 60.0
"""The shortest time between two clearings, however much is printed."""
HEARING_S = 5.0
"""A kernel that prints is heard within this time. Until then what its page shows is left alone:
its text, and what is heard of the same lines in the next moment, cannot be told apart."""


class Past(msgspec.Struct):
    """What was done so far in one session; times are the monotonic clock's, in seconds."""

    keep_alive_at: float | None = None
    clear_at: float | None = None
    reconnect_at: float | None = None
    reconnect_tries: int = 0


class Load(msgspec.Struct, frozen=True):
    """How much of the running cell's output the page holds; None where it cannot be told."""

    lines: int | None = None
    characters: int | None = None
    last_line: str | None = None


class Situation(msgspec.Struct, frozen=True):
    """What a decision rests on.

    `run_interrupted`: the connection was lost while a cell ran. `had_runtime`: the page was seen
    connected, or says itself that it was. `unheard_s`: how long the page can be read and its kernel
    is not heard; None where it is.
    """

    verdict: Verdict
    load: Load = Load()
    run_interrupted: bool = False
    had_runtime: bool = False
    paused: bool = False
    unheard_s: float | None = None


def decide(now: Situation, policy: Duties, past: Past, clock: float) -> tuple[DutyName, ...]:
    """Return the duties that are due, the most urgent first."""
    if now.paused or (now.verdict.finding and now.verdict.finding.kind in STOPS_DUTIES):
        return ()
    if now.verdict.agree is False or now.verdict.detector is None:
        return ()  # not on the kernel's word against the page's, nor in a page that can't be read
    due: list[DutyName] = []
    if _reconnect_due(now, policy, past, clock):
        due.append("reconnect")
    if _keep_alive_due(now, policy, past, clock):
        due.append("keep_alive")
    if _clear_due(now, policy, past, clock):
        due.append("clear")
    return tuple(due)


def keep_alive_wanted(now: Situation, policy: Duties) -> bool:
    """Return whether keep-alive's clock runs: in what follows each round is `every` apart."""
    if not policy.keep_alive.on:
        return False
    if now.verdict.running:
        return True
    connection = now.verdict.connection
    asked = connection == "connected" or (connection == "disconnected" and now.had_runtime)
    return policy.keep_alive.when == "connected" and asked


def reconnect_pause(tries: int) -> float:
    """Return the wait in seconds before the next try, after that many."""
    return RECONNECT_PAUSES_S[min(tries, len(RECONNECT_PAUSES_S) - 1)]


def begun(duty: DutyName, past: Past, clock: float) -> None:
    """Take note that a duty is being done: its next round counts from here."""
    if duty == "keep_alive":
        past.keep_alive_at = clock
    elif duty == "clear":
        past.clear_at = clock
    else:
        past.reconnect_at = clock
        past.reconnect_tries += 1


def gave_up(policy: Duties, past: Past) -> bool:
    """Return whether no further try to reconnect will be made for this loss."""
    return not policy.reconnect.on or past.reconnect_tries >= policy.reconnect.tries


def _reconnect_due(now: Situation, policy: Duties, past: Past, clock: float) -> bool:
    if now.verdict.connection != "disconnected" or not now.run_interrupted:
        return False
    if gave_up(policy, past):
        return False
    since = past.reconnect_at
    return since is None or clock - since >= reconnect_pause(past.reconnect_tries)


def _keep_alive_due(now: Situation, policy: Duties, past: Past, clock: float) -> bool:
    if past.keep_alive_at is None or not keep_alive_wanted(now, policy):
        return False
    return clock - past.keep_alive_at >= policy.keep_alive.every


def _clear_due(now: Situation, policy: Duties, past: Past, clock: float) -> bool:
    if not policy.clear.on or now.verdict.phase != "running" or past.clear_at is None:
        return False
    if now.unheard_s is not None and now.unheard_s < HEARING_S:
        return False
    waited = clock - past.clear_at
    if waited >= policy.clear.every:
        return True
    if waited < CLEAR_AGAIN_AFTER_S:
        return False
    return _over(now.load.lines, policy.clear.max_lines) or _over(
        now.load.characters, policy.clear.max_bytes
    )


def _over(value: int | None, limit: int | None) -> bool:
    return value is not None and limit is not None and value > limit
