"""The MQTT contract: every topic with its payload, in one table.

Nowhere else is a topic spelled. Titles and other free text stand in payloads only. What is
retained is told again after every connect; an empty payload removes a topic. The types of the
payloads are in `payloads.py`, and known here too.
"""

from typing import Any

import msgspec

from colab_cdp_protocols.discovery import Discovery
from colab_cdp_protocols.payloads import (
    API,
    LONGEST_TTL_S,
    NEEDS_A_PERSON,
    OFFLINE,
    ONLINE,
    Attention,
    BrowserInfo,
    ChromeInfo,
    ChromeState,
    Connection,
    Duties,
    DutyState,
    Happening,
    Info,
    Kernel,
    Log,
    Output,
    Phase,
    Progress,
    Request,
    Response,
    ResponseStatus,
    Run,
    Runtime,
    SessionEntry,
    Severity,
    State,
    Witnesses,
    fields,
    timestamp,
)
from colab_cdp_protocols.topic import PICTURE, PLAIN, Topic

__all__ = [
    "AGENT_REQUEST",
    "AGENT_RESPONSE",
    "API",
    "BELOW_AGENT",
    "CLAIM",
    "DISCOVERY",
    "EVENT",
    "FIELD",
    "HOMEASSISTANT_STATUS",
    "INFO",
    "LOG",
    "LONGEST_TTL_S",
    "NEEDS_A_PERSON",
    "NEEDS_YOU",
    "OFFLINE",
    "ONLINE",
    "SCREENSHOT",
    "SESSIONS",
    "SESSION_REQUEST",
    "SESSION_RESPONSE",
    "STATE",
    "STATUS",
    "TABLE",
    "Attention",
    "BrowserInfo",
    "ChromeInfo",
    "ChromeState",
    "Connection",
    "Duties",
    "DutyState",
    "Happening",
    "Info",
    "Kernel",
    "Log",
    "MalformedPayloadError",
    "Output",
    "Phase",
    "Progress",
    "Request",
    "Response",
    "ResponseStatus",
    "Run",
    "Runtime",
    "SessionEntry",
    "Severity",
    "State",
    "Witnesses",
    "decode",
    "encode",
    "fields",
    "read_request",
    "timestamp",
]


BELOW_AGENT = "{root}/{agent}/"
"""How every topic of an agent begins, but for its devices in Home Assistant."""
STATUS = Topic("{root}/{agent}/status", PLAIN, "`online` or `offline`; the last will")
INFO = Topic("{root}/{agent}/info", Info, "who the agent is and what it does")
SESSIONS = Topic(
    "{root}/{agent}/sessions", tuple[SessionEntry, ...], "every session, with its phase"
)
NEEDS_YOU = Topic("{root}/{agent}/needs_you", PLAIN, "how many sessions and browsers need a person")
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
SCREENSHOT = Topic(
    "{root}/{agent}/session/{id}/screenshot",
    PICTURE,
    "a picture of the page, when it is asked for",
    retained=False,
    qos=0,
)
SESSION_REQUEST = Topic(
    "{root}/{agent}/session/{id}/request/{verb}",
    Request,
    "asks a session for a verb; never retained",
    retained=False,
)
SESSION_RESPONSE = Topic(
    "{root}/{agent}/session/{id}/response/{verb}", Response, "its answer", retained=False
)
AGENT_REQUEST = Topic(
    "{root}/{agent}/request/{verb}",
    Request,
    "asks the agent for a verb; never retained",
    retained=False,
)
AGENT_RESPONSE = Topic("{root}/{agent}/response/{verb}", Response, "its answer", retained=False)
CLAIM = Topic(
    "{root}/{agent}/request/claim",
    PLAIN,
    "an agent that starts asks whether another has its name",
    retained=False,
)
DISCOVERY = Topic(
    "homeassistant/device/{agent}/{id}/config",
    Discovery,
    "a session, or with `agent` as `<id>` the agent, as a device of Home Assistant",
)
HOMEASSISTANT_STATUS = Topic(
    "homeassistant/status",
    PLAIN,
    "Home Assistant's own word: at `online` it is told its devices once more",
    retained=False,
)
TABLE = (
    STATUS, INFO, SESSIONS, NEEDS_YOU, STATE, FIELD, EVENT, LOG, SCREENSHOT, SESSION_REQUEST,
    SESSION_RESPONSE, AGENT_REQUEST, AGENT_RESPONSE, CLAIM, DISCOVERY,
    HOMEASSISTANT_STATUS,
)  # fmt: skip

_encoder = msgspec.json.Encoder()


def read_request(topic: str, **levels: str) -> dict[str, str] | None:
    """Return the levels of a topic by which an agent or a session is asked, None for any other."""
    read = (row.read(topic, **levels) for row in (SESSION_REQUEST, AGENT_REQUEST))
    return next((found for found in read if found is not None), None)


class MalformedPayloadError(Exception):
    """A payload is not what its topic promises; `str` says where it differs."""


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
    """Return a payload as the type of its topic, plain ones as text, a picture as bytes.

    An empty request is one with nothing in it.

    Raises:
        MalformedPayloadError: it is something else.

    """
    if topic.payload is PICTURE:
        return payload
    try:
        if topic.payload is PLAIN:
            return payload.decode()
        if topic.payload is Request and not payload:
            return Request()
        return msgspec.json.decode(payload, type=topic.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPayloadError(f"{topic.pattern}: {error}") from error
