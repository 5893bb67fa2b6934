"""What a person asks for on the command line, made into a request. Pure."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect, structs

from colab_cdp_agent.config import ConfigError
from colab_cdp_agent.printable import printable
from colab_cdp_protocols import mqtt, signing, verbs
from colab_cdp_protocols.topic import is_level
from colab_cdp_protocols.verbs import Verb


class BadRequestError(Exception):
    """What was typed asks for nothing that there is; `str` says what was expected."""


class Target(NamedTuple):
    """Whom a request is for: an agent, or (not None) a session of it, as it was typed."""

    agent: str
    session: str | None


class Ask(msgspec.Struct, frozen=True):
    """What is wanted of whom, signed with which key, and how many seconds its answer may take."""

    root: str
    target: Target
    verb: Verb
    args: dict[str, Any]
    key: str | None
    wait_s: float


class Letter(msgspec.Struct, frozen=True):
    """A request on its way: where it goes, where its answer comes from, and by which name."""

    topic: str
    payload: bytes
    response_topic: str
    transaction: str


def parse_target(text: str) -> Target:
    """Return whom `AGENT/SESSION` or `AGENT` names.

    Raises:
        BadRequestError: the agent's name can be none.

    """
    agent, slash, session = text.partition("/")
    if not is_level(agent) or (slash and not session.strip()):
        raise BadRequestError(f"expected AGENT or AGENT/SESSION, not {printable(text)!r}")
    return Target(agent, session.strip() if slash else None)


def find_verb(target: Target, name: str) -> Verb:
    """Return the verb of that name for a session or an agent; who has it otherwise is told.

    Raises:
        BadRequestError: there is none.

    """
    of_agent = target.session is None
    known, others = verbs.OF_AGENT, verbs.OF_SESSION
    if not of_agent:
        known, others = others, known
    if name in known:
        return known[name]
    if name in others:
        whose, whom = ("a session", "/SESSION") if of_agent else ("an agent", "")
        written = f"send {target.agent}{whom} {name}"
        raise BadRequestError(f"{name} is a verb of {whose}: write `{written}`")
    whose = "an agent" if of_agent else "a session"
    raise BadRequestError(f"no verb {printable(name)!r} of {whose}: expected {', '.join(known)}")


def parse_arguments(verb: Verb, texts: Sequence[str], now: datetime) -> dict[str, Any]:
    """Return the arguments of a verb out of `key=value` texts; a time may be `22:00` or `12h`.

    Raises:
        BadRequestError: they are not those that the verb takes.

    """
    moments = {field.encode_name for field in structs.fields(verb.args) if _is_moment(field)}
    typed: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or key in typed:
            raise BadRequestError(f"{_usage(verb)}; found {printable(text)!r}")
        typed[key] = _moment(value, now) if key in moments else value
    try:
        taken = msgspec.convert(typed, verb.args, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequestError(f"{_usage(verb)}: {printable(str(error))}") from error
    plain: dict[str, Any] = msgspec.to_builtins(taken)
    return plain


def find_session(listed: Iterable[mqtt.SessionEntry], wanted: str) -> str:
    """Return the id of the session that an id, a title or the beginning of one title names.

    Raises:
        BadRequestError: none is named so, or several are.

    """
    entries = list(listed)
    begins = wanted.casefold()
    found = (
        [entry for entry in entries if entry.id == wanted]
        or [entry for entry in entries if entry.title == wanted]
        or [entry for entry in entries if entry.title.casefold().startswith(begins)]
    )
    if len(found) == 1:
        return found[0].id
    among = found or entries
    names = ", ".join(f"{printable(entry.title)} ({entry.id})" for entry in among)
    if found:
        raise BadRequestError(f"{printable(wanted)!r} may be any of: {names}; an id tells")
    raise BadRequestError(f"no session is {printable(wanted)!r}; there are: {names or 'none'}")


def write_letter(ask: Ask, session: str | None, at: datetime) -> Letter:
    """Return the request for what is asked, signed where there is a key.

    Args:
        ask: what, and of which agent.
        session: of which session of it, by its id; of none where it is the agent itself.
        at: the present.

    """
    transaction = uuid.uuid4().hex
    request = mqtt.Request(transaction, at, min(ask.wait_s, mqtt.LONGEST_TTL_S), ask.args)
    levels = {"root": ask.root, "agent": ask.target.agent, "verb": ask.verb.name}
    if session is None:
        asks, answers = mqtt.AGENT_REQUEST, mqtt.AGENT_RESPONSE
    else:
        levels["id"] = session
        asks, answers = mqtt.SESSION_REQUEST, mqtt.SESSION_RESPONSE
    topic = asks.at(**levels)
    signed = signing.sign(ask.key, topic, request) if ask.key else mqtt.encode(request)
    return Letter(topic, signed, answers.at(**levels), transaction)


def _is_moment(field: structs.FieldInfo) -> bool:
    return isinstance(inspect.type_info(field.type), inspect.DateTimeType)


def _moment(text: str, now: datetime) -> datetime:
    from colab_cdp_agent.report.since import parse_since  # noqa: PLC0415 - the report comes along

    try:
        return parse_since(text, now)
    except ConfigError as error:
        raise BadRequestError(error.problem) from error


def _usage(verb: Verb) -> str:
    fields = structs.fields(verb.args)
    takes = " ".join(f"{field.name}=…" for field in fields) or "no arguments"
    return f"{verb.name} takes {takes}"
