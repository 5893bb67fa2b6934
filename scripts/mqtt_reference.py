"""Writes the MQTT contract out: asyncapi.yaml for programs, and docs/mqtt.md for people.

`python scripts/mqtt_reference.py` writes both anew; tests fail where one is stale.
"""

import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct, inspect

from asyncapi_document import ROWS, document, text
from colab_cdp_agent.watch.finding import LIMITS, PERSON, REMEDIES
from colab_cdp_protocols import mqtt, verbs
from colab_cdp_protocols.topic import PICTURE, PLAIN, Topic
from mqtt_words import EVENTS, FIELDS, MEANINGS, PHASES, RULES, SAID, STRUCTS

FILE: Final = Path("docs/mqtt.md")
DOCUMENT: Final = Path("protocols/colab_cdp_protocols/asyncapi.yaml")
WIDTH: Final = 100
EXAMPLE: Final = {
    "root": "colab", "agent": "<agent>", "id": "<id>", "field": "<field>", "verb": "<verb>",
}  # fmt: skip


def page() -> str:
    """Return the whole page."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield "<!-- Written by scripts/mqtt_reference.py; change the words there. -->\n# MQTT"
    yield _prose(
        "What the agent publishes, and what it answers. For programs the same stands in"
        " [asyncapi.yaml](../protocols/colab_cdp_protocols/asyncapi.yaml), an AsyncAPI 3.0 document"
        " with a JSON Schema for every payload; it is installed beside the code. Both are made of"
        " the table in `protocols/colab_cdp_protocols/mqtt.py`."
    )
    yield "## Topics"
    yield table(("topic", "payload", "retained", "QoS", "what"), _topics())
    yield _prose(
        "`<field>` is one of the plain fields below, `<verb>` one of the verbs. `claim` is for"
        " agents among themselves. More of the devices is in [homeassistant.md](homeassistant.md)."
    )
    yield "## Verbs\n\nWhat a request may ask for; more in [commands.md](commands.md)."
    yield table(("verb", "of", "args", "empty payload", "acts", "what"), _verbs())
    yield "## Plain fields\n\nFor tiles of a phone app, which show a payload as it stands."
    yield table(("field", "payload"), FIELDS.items())
    yield "## Phases\n\nThe one word for a phone."
    yield table(("phase", "meaning"), _pairs(PHASES))
    waiting = ", ".join(f"`{phase}`" for phase in PHASES if phase in mqtt.NEEDS_A_PERSON)
    yield _prose(
        f"`needs_you` on the agent's own topic counts the sessions in {waiting},"
        " and the browsers whose state is `needs_you`."
    )
    yield "## Kinds of attention"
    yield _prose(
        "What a person should look at, in `attention` of the state, on the field `attention`"
        " (`none` where there is nothing), and as an event when it comes and when it is over."
    )
    yield table(("kind", "phase", "what the agent says", "what you do"), _attention())
    yield "## Events"
    yield table(("kind", "severity", "when"), _events())
    yield "## Rules"
    yield RULES
    yield "## Payloads"
    for struct in STRUCTS:
        yield f"### {struct.__name__}\n\n{_prose(' '.join((struct.__doc__ or '').split()))}"
        if struct in MEANINGS:
            yield table(("key", "type", "meaning"), _keys(struct))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _topics() -> Iterator[tuple[str, ...]]:
    contract = document()
    for operation in contract["operations"].values():
        name = operation["channel"]["$ref"].rpartition("/")[2]
        address = contract["channels"][name]["address"].format(**EXAMPLE)
        binding = operation["bindings"]["mqtt"]
        retained = "yes" if binding["retain"] else "no"
        says = operation["summary"]
        yield f"`{address}`", _payload(ROWS[name]), retained, str(binding["qos"]), says


def _payload(row: Topic) -> str:
    if row.payload is PLAIN:
        return "plain text"
    if row.payload is PICTURE:
        return "JPEG of at most 200 kB"
    return _type(inspect.type_info(row.payload))


def _verbs() -> Iterator[tuple[str, ...]]:
    for of, known in (("session", verbs.OF_SESSION), ("agent", verbs.OF_AGENT)):
        for verb in known.values():
            args = ", ".join(
                f"`{field.name}`: {_type(inspect.type_info(field.type))}"
                for field in msgspec.structs.fields(verb.args)
            )
            bare, acts = ("yes" if each else "no" for each in (verb.bare, verb.acts))
            yield f"`{verb.name}`", of, args or "none", bare, acts, verb.says


def _attention() -> Iterator[tuple[str, ...]]:
    for kind, sentence in SAID.items():
        yield f"`{kind}`", _phase_of(kind), sentence, REMEDIES[kind]


def _phase_of(kind: str) -> str:
    """Return the phase that comes with a kind of attention."""
    if kind in LIMITS:
        return "`limited`"
    if kind in PERSON:
        return "`needs_you`"
    own = {
        "unreadable": "`unreadable`; that of the kernel where it is heard",
        "chrome_gone": "`gone`",
        "tab_gone": "`gone`",
        "tab_crashed": "`sleeping`",
        "disconnected": "`reconnecting`, `ended`",
        "run_failed": "`idle`",
        "input_request": "`needs_you`",
        "stalled": "`running`",
    }
    return own.get(kind, "any")


def _events() -> Iterator[tuple[str, ...]]:
    for kind, (severity, when) in EVENTS.items():
        yield f"`{kind}`", severity, when
    yield (
        "a kind of attention",
        "alert",
        "it was seen; `text` is its sentence, and of what ended `cause` and `evidence` say why",
    )
    yield "a kind of attention", "info", "it is over; `text` begins with `Over:`"


def _pairs(meanings: dict[mqtt.Phase, str]) -> Iterator[tuple[str, str]]:
    for word in get_args(mqtt.Phase):
        yield f"`{word}`", meanings[word]


def _keys(struct: type[Struct]) -> Iterator[tuple[str, ...]]:
    for field in msgspec.structs.fields(struct):
        yield (
            f"`{field.encode_name}`",
            _type(inspect.type_info(field.type)),
            MEANINGS[struct][field.name],
        )


def _type(node: inspect.Type) -> str:
    """Return a type as a reader of JSON would say it."""
    match node:
        case inspect.StructType():
            return f"[{node.cls.__name__}](#{node.cls.__name__.lower()})"
        case inspect.UnionType():
            others = [each for each in node.types if not isinstance(each, inspect.NoneType)]
            return " or ".join([*map(_type, others), "null"])
        case inspect.LiteralType():
            return ", ".join(f"`{value}`" for value in _in_order(node))
        case inspect.VarTupleType() | inspect.ListType():
            return f"list of {_type(node.item_type)}"
        case inspect.DictType():
            return f"object of {_type(node.value_type)}"
    return NAMES[type(node)]


NAMES: Final[dict[type[inspect.Type], str]] = {
    inspect.AnyType: "anything",
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "time",
    inspect.FloatType: "number",
    inspect.IntType: "whole number",
    inspect.StrType: "text",
}


def _in_order(node: inspect.LiteralType) -> Iterable[Any]:
    """Return the choices in the order of the source, which msgspec sorts away."""
    written = (
        mqtt.Phase, mqtt.Connection, mqtt.Kernel, mqtt.ChromeState, mqtt.Severity,
        mqtt.ResponseStatus,
    )  # fmt: skip
    return next(
        (get_args(each) for each in written if set(get_args(each)) == set(node.values)), node.values
    )


def _prose(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8", newline="\n")
    DOCUMENT.write_text(text(), "utf-8", newline="\n")
    sys.stdout.write(f"wrote {FILE} and {DOCUMENT}\n")
