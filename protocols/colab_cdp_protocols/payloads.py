"""The payloads of the MQTT contract, as types, and the plain fields that are made of a state.

Times are RFC 3339 in UTC, durations seconds, sizes bytes; what is unknown is null.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

API = 1
ONLINE, OFFLINE = b"online", b"offline"

Phase = Literal[
    "running", "idle", "queued", "connecting", "reconnecting", "needs_you", "limited", "ended",
    "unreadable", "sleeping", "gone", "paused",
]  # fmt: skip
Connection = Literal["no_runtime", "connecting", "connected", "disconnected", "unknown"]
Kernel = Literal["idle", "busy", "starting", "dead", "unknown"]
ChromeState = Literal["waiting", "connected", "frozen", "needs_you"]
Severity = Literal["info", "warning", "alert"]
ResponseStatus = Literal["ok", "error", "refused"]

NEEDS_A_PERSON: frozenset[Phase] = frozenset({"needs_you", "limited", "unreadable"})


class Attention(msgspec.Struct, frozen=True):
    """What a person should look at, since when, in a sentence."""

    kind: str
    since: datetime
    text: str


class Runtime(msgspec.Struct, frozen=True):
    """The machine behind a notebook, as far as it is known; sizes in bytes."""

    id: str | None = None
    accelerator: str | None = None
    ram_used: int | None = None
    ram_total: int | None = None
    disk_used: int | None = None
    disk_total: int | None = None
    started: datetime | None = None
    same: bool | None = None


class Run(msgspec.Struct, frozen=True):
    """The cell that runs, if one does."""

    cell: str | None = None
    started: datetime | None = None
    elapsed_s: float | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far the run is, read from what it prints."""

    fraction: float | None = None
    step: int | None = None
    total: int | None = None
    epoch: int | None = None
    epochs: int | None = None
    rate: float | None = None
    eta_s: float | None = None
    metrics: dict[str, float] = {}
    at: datetime | None = None


class Output(msgspec.Struct, frozen=True):
    """What was printed: counted, and where it is kept. `page_lines` are still in the page.

    `gaps` counts the times of which nobody heard what was printed.
    """

    lines: int | None = None
    bytes: int | None = None
    last_line: str | None = None
    last_at: datetime | None = None
    page_lines: int | None = None
    archive: str | None = None
    gaps: int = 0


class DutyState(msgspec.Struct, frozen=True):
    """One duty: whether it is on, how often it was done, and how it went the last time."""

    on: bool
    count: int = 0
    last_at: datetime | None = None
    last_result: str | None = None
    next_at: datetime | None = None


class Duties(msgspec.Struct, frozen=True):
    """The three duties of a session."""

    keep_alive: DutyState
    reconnect: DutyState
    clear: DutyState


class Witnesses(msgspec.Struct, frozen=True):
    """What each witness says in a word, whether they agree, and what the page's rests on."""

    wire: str | None = None
    page: str | None = None
    agree: bool | None = None
    profile: str | None = None
    detector: str | None = None
    build: str | None = None


class State(msgspec.Struct, frozen=True):
    """The whole status of one session; `browser` says in which, where there are several."""

    id: str
    title: str
    site: str
    phase: Phase
    since: datetime
    attention: Attention | None
    connection: Connection
    kernel: Kernel
    runtime: Runtime
    run: Run
    progress: Progress
    output: Output
    duties: Duties
    witnesses: Witnesses
    updated: datetime
    browser: str | UnsetType = UNSET


class ChromeInfo(msgspec.Struct, frozen=True):
    """The agent's connection to Chrome; `reason` says why it is not connected.

    Of several browsers it is the worst that a person must know.
    """

    state: ChromeState
    product: str | None
    since: datetime
    reason: str | None


class BrowserInfo(msgspec.Struct, frozen=True):
    """The agent's connection to one of several browsers."""

    name: str
    state: ChromeState
    product: str | None
    since: datetime
    reason: str | None


class Info(msgspec.Struct, frozen=True):
    """Who the agent is and what it is set to do; `policy` is what it prints first.

    `browsers` stands there only where there are several.
    """

    version: str
    host: str
    started: datetime
    policy: tuple[str, ...]
    chrome: ChromeInfo
    sites: tuple[str, ...]
    broker: str
    instance: str
    awake: str = ""
    api: int = API
    browsers: tuple[BrowserInfo, ...] | UnsetType = UNSET


class SessionEntry(msgspec.Struct, frozen=True):
    """One session in the agent's list."""

    id: str
    title: str
    phase: Phase


class Happening(msgspec.Struct, frozen=True):
    """One event of a session; `id` is unique, `cause` and `evidence` are null when unknown.

    `run_s` says of a run's end how long it ran, or was seen to run; null elsewhere.
    """

    id: str
    at: datetime
    kind: str
    severity: Severity
    text: str
    cause: str | None = None
    evidence: str | None = None
    run_s: float | None = None


class Log(msgspec.Struct, frozen=True):
    """Lines that a session printed; `seq` is how many the agent had seen before the first."""

    seq: int
    lines: tuple[str, ...]


LONGEST_TTL_S = 60.0


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for a verb; an empty payload is one with nothing in it.

    `transaction` is the asker's own name for it, and comes back in the answer. `at` is when it was
    made: it is refused when it is older than `ttl_s`. `args` are those of the verb.
    """

    transaction: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    ttl_s: Annotated[float, Meta(gt=0, le=LONGEST_TTL_S)] = LONGEST_TTL_S
    args: dict[str, Any] = {}
    hmac: str | None = None


class Response(msgspec.Struct, frozen=True):
    """The answer to a request, with the request's own `transaction`."""

    status: ResponseStatus
    transaction: str | None = None
    data: Any = None
    error: str | None = None


def fields(state: State, *, last_line: bool) -> Iterator[tuple[str, str]]:
    """Yield the plain fields of a session, each a name and its text; empty means unknown."""
    progress = state.progress
    yield "phase", state.phase
    yield "title", state.title
    yield "attention", state.attention.kind if state.attention else "none"
    yield "progress", _whole_number(progress.fraction, 100, most=100)
    yield "eta", _whole_number(progress.eta_s)
    yield "loss", "" if "loss" not in progress.metrics else f"{progress.metrics['loss']:g}"
    yield "last_line", (state.output.last_line or "") if last_line else ""
    yield "since", timestamp(state.since)


def _whole_number(value: float | None, times: int = 1, most: float = math.inf) -> str:
    """Return a value as a whole number from 0 to `most`, empty where there is none."""
    if value is None or not math.isfinite(value):
        return ""
    return str(round(min(max(value, 0.0) * times, most)))


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 text."""
    return msgspec.json.encode(moment).decode().strip('"')
