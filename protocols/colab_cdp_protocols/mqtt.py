"""The MQTT contract: every topic with its payload, in one table.

Nowhere else is a topic spelled. Levels are `[a-z0-9_-]{1,32}` (some brokers refuse more); titles
and other free text stand in payloads only. Times are RFC 3339 in UTC, durations seconds, sizes
bytes. What is retained is told again after every connect; an empty payload removes a topic.
"""

import hashlib
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

API = 1
ONLINE, OFFLINE = b"online", b"offline"

Phase = Literal[
    "running", "idle", "queued", "connecting", "reconnecting", "needs_you", "limited", "ended",
    "unreadable", "sleeping", "gone", "paused",
]  # fmt: skip
Connection = Literal["no_runtime", "connecting", "connected", "disconnected", "unknown"]
Kernel = Literal["idle", "busy", "starting", "dead", "unknown"]
ChromeState = Literal["waiting", "connected", "frozen"]
Severity = Literal["info", "warning", "alert"]


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
    """The whole status of one session."""

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


class ChromeInfo(msgspec.Struct, frozen=True):
    """The agent's connection to Chrome; `reason` says why it is not connected."""

    state: ChromeState
    product: str | None
    since: datetime
    reason: str | None


class Info(msgspec.Struct, frozen=True):
    """Who the agent is and what it is set to do; `policy` is what it prints first."""

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


class SessionEntry(msgspec.Struct, frozen=True):
    """One session in the agent's list."""

    id: str
    title: str
    phase: Phase


class Happening(msgspec.Struct, frozen=True):
    """One event of a session; `id` is unique, `cause` and `evidence` are null when unknown."""

    id: str
    at: datetime
    kind: str
    severity: Severity
    text: str
    cause: str | None = None
    evidence: str | None = None


class Log(msgspec.Struct, frozen=True):
    """Lines that a session printed; `seq` is how many the agent had seen before the first."""

    seq: int
    lines: tuple[str, ...]


class Response(msgspec.Struct, frozen=True):
    """The answer to a request, with the request's own `transaction`."""

    status: Literal["ok", "error", "refused"]
    transaction: str | None = None
    data: Any = None
    error: str | None = None


class Topic(msgspec.Struct, frozen=True):
    """One row of the contract: `{…}` stand for levels, `payload` is a type or `plain`."""

    pattern: str
    payload: Any
    says: str
    retained: bool = True
    qos: Literal[0, 1] = 1

    def at(self, **levels: str) -> str:
        """Return the topic with its levels filled in; the root may be several levels.

        Raises:
            ValueError: a level holds more than `[a-z0-9_-]{1,32}`.

        """
        for name, level in levels.items():
            parts = level.split("/") if name == "root" else [level]
            if not all(map(is_level, parts)):
                raise ValueError(f"{name} {level!r} cannot be a topic level: [a-z0-9_-]{{1,32}}")
        return self.pattern.format(**levels)


PLAIN = "plain"
STATUS = Topic("{root}/{agent}/status", PLAIN, "`online` or `offline`; the last will")
INFO = Topic("{root}/{agent}/info", Info, "who the agent is and what it does")
SESSIONS = Topic(
    "{root}/{agent}/sessions", tuple[SessionEntry, ...], "every session, with its phase"
)
NEEDS_YOU = Topic("{root}/{agent}/needs_you", PLAIN, "how many sessions need a person")
STATE = Topic("{root}/{agent}/session/{id}/state", State, "the whole status of a session")
FIELD = Topic("{root}/{agent}/session/{id}/{field}", PLAIN, "one value, for a phone's tile")
EVENT = Topic("{root}/{agent}/session/{id}/event", Happening, "something happened", retained=False)
LOG = Topic(
    "{root}/{agent}/session/{id}/log",
    Log,
    "what it printed, with `publish.log: true`",
    retained=False,
    qos=0,
)
AGENT_REQUEST = Topic("{root}/{agent}/request/{verb}", PLAIN, "a verb of the agent", retained=False)
AGENT_RESPONSE = Topic("{root}/{agent}/response/{verb}", Response, "its answer", retained=False)
TABLE = (
    STATUS, INFO, SESSIONS, NEEDS_YOU, STATE, FIELD, EVENT, LOG, AGENT_REQUEST, AGENT_RESPONSE,
)  # fmt: skip

NEEDS_A_PERSON: frozenset[Phase] = frozenset({"needs_you", "limited", "unreadable"})

_LEVEL = re.compile(r"[a-z0-9_-]{1,32}")
_SESSION = re.compile(r"[0-9a-f]{10}(-[0-9]{1,20})?")
_encoder = msgspec.json.Encoder()


class MalformedPayloadError(Exception):
    """A payload is not what its topic promises; `str` says where it differs."""


def is_level(text: str) -> bool:
    """Return whether a text can stand as one level of a topic."""
    return _LEVEL.fullmatch(text) is not None


def is_topic(text: str) -> bool:
    """Return whether a text can be a topic of ours: no wildcard, and legal levels only."""
    return all(map(is_level, text.split("/")))


def session_id(site: str, notebook: str, nth: int = 1) -> str:
    """Return the id of the session on a notebook: stable, and not the notebook's own id.

    `nth` counts tabs on the same notebook.
    """
    named = f"{site}\0{notebook}".encode(errors="surrogatepass")
    digest = hashlib.sha256(named).hexdigest()[:10]
    return digest if nth == 1 else f"{digest}-{nth}"


def is_session_id(text: str) -> bool:
    """Return whether a text has the form of a session's id."""
    return _SESSION.fullmatch(text) is not None


def encode(payload: object) -> bytes:
    """Return a payload as JSON, or plain text and numbers as they stand.

    Half of a UTF-16 pair, which a file's name may hold, becomes a question mark.
    """
    if isinstance(payload, bytes):
        return payload
    if isinstance(payload, str):
        return payload.encode(errors="replace")
    try:
        return _encoder.encode(payload)
    except UnicodeEncodeError:
        return _encoder.encode(_whole(msgspec.to_builtins(payload)))


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def decode(topic: Topic, payload: bytes) -> Any:
    """Return a payload as the type of its topic, plain ones as text.

    Raises:
        MalformedPayloadError: it is something else.

    """
    try:
        if topic.payload is PLAIN:
            return payload.decode()
        return msgspec.json.decode(payload, type=topic.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPayloadError(f"{topic.pattern}: {error}") from error


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
    return _encoder.encode(moment).decode().strip('"')
