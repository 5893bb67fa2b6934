"""The verbs of the MQTT contract: what may be asked of a session and of the agent, and with what.

A request is for one verb. Its arguments are the `args` of its payload; the types here say which.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

MOST_LINES = 500
LONGEST_CLEAR_EVERY_MINUTES = 1440


class NoArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """A verb that is asked for as it stands."""


class KeepAlive(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the duty is done in this session until the agent ends."""

    on: bool


class ClearEvery(Struct, frozen=True, forbid_unknown_fields=True):
    """The time between two clearings in this session until the agent ends; 0 turns them off."""

    minutes: Annotated[int, Meta(ge=0, le=LONGEST_CLEAR_EVERY_MINUTES)]


class LastLines(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the last printed lines are wanted."""

    lines: Annotated[int, Meta(ge=1, le=MOST_LINES)]


class Since(Struct, frozen=True, forbid_unknown_fields=True):
    """From when on events are wanted."""

    since: Annotated[datetime, Meta(tz=True)]


class ScriptName(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the person's own scripts is run."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,32}$")]


class Verb(Struct, frozen=True):
    """One verb.

    `args` is the type of its arguments. `bare`: an empty payload is enough to ask for it. `acts`:
    it changes something, so where there is a key a request for it must be signed. `free`: it is
    carried out whatever the configuration allows, for it tells no more than stands at the broker.
    """

    name: str
    says: str
    args: type[Struct] = NoArguments
    bare: bool = False
    acts: bool = True
    free: bool = False


OF_SESSION = {
    verb.name: verb
    for verb in (
        Verb("reconnect", "connect the page to its runtime", bare=True),
        Verb("clear", "clear the running cell's output, once it is archived", bare=True),
        Verb("screenshot", "send a picture of the page", bare=True, acts=False),
        Verb("pause", "do no duty in this session until `resume`", bare=True),
        Verb("resume", "do the duties again", bare=True),
        Verb("keep_alive", "turn the duty on or off", KeepAlive),
        Verb("clear_every", "set the time between two clearings", ClearEvery),
        Verb("log", "send the last printed lines", LastLines, acts=False),
        Verb("history", "send what happened since then", Since, acts=False),
        Verb("interrupt", "stop the cell that runs"),
        Verb("run_all", "run all cells"),
        Verb("script", "run a script of the person's own in the page", ScriptName),
    )
}
"""What may be asked of a session, by name."""

OF_AGENT = {
    verb.name: verb
    for verb in (
        Verb(
            "refresh",
            "publish everything anew, and have Chrome ask for consent once more if it has to",
            bare=True,
            acts=False,
            free=True,
        ),
        Verb("sessions", "send the list of sessions", bare=True, acts=False, free=True),
        Verb("doctor", "send how it stands with the agent", bare=True, acts=False, free=True),
        Verb("pause", "do no duty in any session until `resume`", bare=True),
        Verb("resume", "do the duties again in every session", bare=True),
    )
}
"""What may be asked of the agent, by name."""


class WrongArgumentsError(Exception):
    """The arguments of a request are not what its verb takes; `str` says where they differ."""


def arguments(verb: Verb, args: dict[str, Any]) -> Any:
    """Return the arguments of a request as the type of its verb.

    Raises:
        WrongArgumentsError: they are something else.

    """
    try:
        return msgspec.convert(args, verb.args)
    except (msgspec.ValidationError, RecursionError) as error:
        raise WrongArgumentsError(f"args: {error}") from error
