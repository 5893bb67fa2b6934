"""The gate for commands: which requests are carried out, and why each of the others is refused.

Pure: a message and moments in, an accepted request or a refusal out. What it remembers is bounded.
A request that is accepted is well-formed, allowed, fresh, seen for the first time, and signed where
there is a key.
"""

from collections import OrderedDict, deque
from collections.abc import Container
from datetime import datetime
from typing import Any

import msgspec

from colab_cdp_agent.config import Commands
from colab_cdp_protocols import mqtt, signing, verbs
from colab_cdp_protocols.verbs import Verb

LARGEST_BYTES = 4096
MOST_IN_WINDOW, WINDOW_S = 10, 10.0
AHEAD_LIMIT_S = 10.0
"""By how much the clock of whoever asks may be ahead of ours."""
REMEMBERED_S = 2 * mqtt.LONGEST_TTL_S
"""How long a transaction is remembered: until the same request would be too old."""
TRANSACTIONS_KEPT = 1000


class Asked(msgspec.Struct, frozen=True):
    """For what a message asks: a verb, of a session or (None) of the agent."""

    verb: str
    session: str | None = None
    transaction: str | None = None


class Accepted(msgspec.Struct, frozen=True):
    """A request that is to be carried out, with its arguments as the type of its verb."""

    asked: Asked
    verb: Verb
    args: Any


class Refused(msgspec.Struct, frozen=True):
    """A request that is not carried out, and why in a sentence."""

    asked: Asked
    reason: str


class _RefusedError(Exception):
    """What a check says no with."""


class Gate:
    """Judges requests, one after the other.

    Args:
        commands: what is allowed, and the key.
        began: when this agent was started: what was asked before was for another.

    """

    def __init__(self, commands: Commands, began: datetime) -> None:
        self._allowed = frozenset(commands.allow)
        self._key = commands.key.reveal() if commands.key is not None else None
        self._began = began
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._accepted_at: deque[float] = deque(maxlen=MOST_IN_WINDOW)

    def judge(  # noqa: PLR0913 - a message is as wide as it is
        self,
        topic: str,
        payload: bytes,
        *,
        asked: Asked,
        retained: bool,
        sessions: Container[str],
        now: datetime,
        clock: float,
    ) -> Accepted | Refused:
        """Return what becomes of a request.

        Args:
            topic: where it was published.
            payload: as it came.
            asked: what the topic says.
            retained: the broker had kept it for whoever comes.
            sessions: the sessions that there are.
            now: the moment, for the request's own time.
            clock: the moment on a monotonic clock, in seconds.

        """
        try:
            _check_message(payload, retained=retained)
            verb = self._verb(asked, sessions)
            request = _decode(verb, payload)
            asked = msgspec.structs.replace(asked, transaction=request.transaction)
            args = _arguments(verb, request)
            self._check_signature(verb, request, topic, payload)
            self._check_time(request, now)
            self._check_repeated(request, clock)
            self._check_rate(clock)
        except _RefusedError as refusal:
            if asked.transaction is None:
                asked = msgspec.structs.replace(asked, transaction=_transaction(payload))
            return Refused(asked, str(refusal))
        self._accepted_at.append(clock)
        self._remember(request, clock)
        return Accepted(asked, verb, args)

    def _verb(self, asked: Asked, sessions: Container[str]) -> Verb:
        known = verbs.OF_AGENT if asked.session is None else verbs.OF_SESSION
        if asked.session is not None and asked.session not in sessions:
            raise _RefusedError("there is no such session")
        verb = known.get(asked.verb)
        if verb is None:
            raise _RefusedError(f"there is no such verb; known: {', '.join(known)}")
        if not verb.free and verb.name not in self._allowed:
            raise _RefusedError(f"{verb.name} is not allowed: commands.allow does not name it")
        return verb

    def _check_signature(
        self, verb: Verb, request: mqtt.Request, topic: str, payload: bytes
    ) -> None:
        if self._key is None or not verb.acts:
            return
        if request.hmac is None:
            raise _RefusedError("it is not signed, and commands.key asks for that")
        if request.transaction is None or request.at is None:
            raise _RefusedError("a signed request needs transaction and at")
        if not signing.is_signed(self._key, topic, payload, request.hmac):
            raise _RefusedError("its signature is wrong")

    def _check_time(self, request: mqtt.Request, now: datetime) -> None:
        if request.at is None:
            return  # what a phone's button sends has no time; it was sent now, for it came now
        age = (now - request.at).total_seconds()
        if age > request.ttl_s:
            raise _RefusedError(
                f"it is {age:.0f} s old and holds for {request.ttl_s:g} s; or a clock is wrong"
            )
        if age < -AHEAD_LIMIT_S:
            raise _RefusedError(f"its time is {-age:.0f} s ahead: a clock is wrong")
        if request.at < self._began:
            raise _RefusedError("it is from before this agent was started")

    def _check_repeated(self, request: mqtt.Request, clock: float) -> None:
        while self._seen and next(iter(self._seen.values())) <= clock - REMEMBERED_S:
            self._seen.popitem(last=False)
        if request.transaction in self._seen:
            raise _RefusedError("it was asked before: its transaction is known")

    def _check_rate(self, clock: float) -> None:
        full = len(self._accepted_at) == MOST_IN_WINDOW
        if full and clock - self._accepted_at[0] < WINDOW_S:
            raise _RefusedError(f"more than {MOST_IN_WINDOW} requests in {WINDOW_S:.0f} s")

    def _remember(self, request: mqtt.Request, clock: float) -> None:
        if request.transaction is None:
            return
        self._seen[request.transaction] = clock
        while len(self._seen) > TRANSACTIONS_KEPT:
            self._seen.popitem(last=False)


def _check_message(payload: bytes, *, retained: bool) -> None:
    if retained:
        raise _RefusedError("it is retained: it may be from long ago")
    if len(payload) > LARGEST_BYTES:
        raise _RefusedError(f"it is larger than {LARGEST_BYTES} bytes")


def _decode(verb: Verb, payload: bytes) -> mqtt.Request:
    if not payload and not verb.bare:
        raise _RefusedError(f"{verb.name} wants JSON: {_example(verb)}")
    try:
        request: mqtt.Request = mqtt.decode(mqtt.SESSION_REQUEST, payload)
    except mqtt.MalformedPayloadError as error:
        raise _RefusedError(f"it is no request: {error.__cause__}") from error
    return request


def _arguments(verb: Verb, request: mqtt.Request) -> Any:
    try:
        return verbs.arguments(verb, request.args)
    except verbs.WrongArgumentsError as error:
        raise _RefusedError(f"{verb.name} takes {_example(verb)}; {error}") from error


def _example(verb: Verb) -> str:
    names = ", ".join(f'"{field.name}": …' for field in msgspec.structs.fields(verb.args))
    return f'{{"args": {{{names}}}}}' if names else "{}"


class _Named(msgspec.Struct):
    transaction: str | None = None


def _transaction(payload: bytes) -> str | None:
    """Return the name of a request that is refused, so that whoever asked knows which it was."""
    if len(payload) > LARGEST_BYTES:
        return None
    try:
        return msgspec.json.decode(payload, type=_Named).transaction
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
