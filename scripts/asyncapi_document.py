"""The MQTT contract as an AsyncAPI document, made of the table of topics and the payloads' types.

`python scripts/mqtt_reference.py` writes it; a test fails where it is stale. The form:
https://www.asyncapi.com/docs/reference/specification/v3.0.0 and, of the bindings,
https://github.com/asyncapi/bindings/tree/master/mqtt
"""

import re
from collections.abc import Iterator
from typing import Any, Final, get_args

import msgspec
import yaml

from colab_cdp_agent.tell.connection import KEEPALIVE_S
from colab_cdp_protocols import mqtt, verbs
from colab_cdp_protocols.topic import PICTURE, PLAIN, Topic
from mqtt_words import FIELDS, MEANINGS

Json = dict[str, Any]

HEAD: Final = "# Written by scripts/mqtt_reference.py out of mqtt.py, payloads.py and verbs.py.\n"
ROWS: Final[dict[str, Topic]] = {
    name.lower(): row for name, row in vars(mqtt).items() if isinstance(row, Topic)
}
"""Every row of the table by its name."""
RECEIVED: Final = (mqtt.SESSION_REQUEST, mqtt.AGENT_REQUEST, mqtt.HOMEASSISTANT_STATUS)
ANSWERS: Final = {"session_request": "session_response", "agent_request": "agent_response"}
LEVEL: Final = "[a-z0-9_-]{1,32}"
PLAIN_SCHEMAS: Final[dict[str, Json]] = {
    "status": {"enum": [mqtt.ONLINE.decode(), mqtt.OFFLINE.decode()]},
    "needs_you": {"pattern": "^[0-9]+$"},
    "claim": {"pattern": f"^{LEVEL}$"},
}
FIELD_SCHEMAS: Final[dict[str, Json]] = {
    "phase": {"enum": list(get_args(mqtt.Phase))},
    "attention": {"pattern": "^[a-z_]+$"},
    "progress": {"pattern": "^(100|[1-9]?[0-9])?$"},
    "eta": {"pattern": "^[0-9]*$"},
    "since": {"format": "date-time"},
}
PARAMETERS: Final[dict[str, Json]] = {
    "root": {"default": "colab", "description": "the key `mqtt.root`; it may be several levels"},
    "agent": {"description": f"the agent's name: `{LEVEL}`"},
    "id": {"description": f"the session's id: `{LEVEL}`"},
}
MQTT_BINDING: Final = {"bindingVersion": "0.2.0"}


def document() -> Json:
    """Return the document as plain values."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "colab-cdp-agent over MQTT",
            "version": f"{mqtt.API}.0.0",
            "description": (
                "What the agent publishes, and what it answers. Times are RFC 3339 in UTC,"
                " durations seconds, sizes bytes. A reader should pass over keys that it does not"
                " know. An empty payload on a retained topic removes it."
            ),
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {name: _channel(name, row) for name, row in ROWS.items()},
        "operations": dict(_operations()),
        "components": {"messages": dict(_messages()), "schemas": _schemas()},
    }


def text() -> str:
    """Return the document as YAML."""
    dumper = yaml.SafeDumper
    dumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign] # it reads better whole
    body = yaml.dump(document(), Dumper=dumper, sort_keys=False, width=100, allow_unicode=True)
    return HEAD + body


def messages_of(name: str) -> list[str]:
    """Return the names of the messages that a row's topics carry."""
    if name == "field":
        return [f"field_{field}" for field in _fields()]
    known = {"session_request": verbs.OF_SESSION, "agent_request": verbs.OF_AGENT}.get(name)
    return [name] if known is None else [f"{name}_{verb}" for verb in known]


def _server() -> Json:
    will = {"topic": mqtt.STATUS.pattern, "qos": 1, "message": "offline", "retain": True}
    return {
        "host": "127.0.0.1:1883",
        "protocol": "mqtt",
        "protocolVersion": "3.1.1",
        "description": "The broker that the agent starts; `mqtt.url` names another one.",
        "bindings": {
            "mqtt": {
                "cleanSession": True,
                "lastWill": will,
                "keepAlive": KEEPALIVE_S,
                **MQTT_BINDING,
            }
        },
    }


def _channel(name: str, row: Topic) -> Json:
    levels = re.findall(r"\{(\w+)\}", row.pattern)
    channel: Json = {
        "address": row.pattern,
        "description": row.says,
        "messages": {each: {"$ref": f"#/components/messages/{each}"} for each in messages_of(name)},
    }
    if levels:
        channel["parameters"] = {level: _parameter(name, level) for level in levels}
    return channel


def _parameter(name: str, level: str) -> Json:
    if level == "field":
        return {"enum": list(_fields()), "description": "the field's name"}
    if level == "verb":
        known = verbs.OF_SESSION if name.startswith("session") else verbs.OF_AGENT
        claim = ["claim"] if name == "agent_response" else []
        return {"enum": [*known, *claim], "description": "the verb's name"}
    return PARAMETERS[level]


def _operations() -> Iterator[tuple[str, Json]]:
    for name, row in ROWS.items():
        action = "receive" if row in RECEIVED else "send"
        operation: Json = {
            "action": action,
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": row.says,
            "bindings": {"mqtt": {"qos": row.qos, "retain": row.retained, **MQTT_BINDING}},
        }
        if name in ANSWERS:
            operation["reply"] = {"channel": {"$ref": f"#/channels/{ANSWERS[name]}"}}
        yield f"{action}_{name}", operation


def _messages() -> Iterator[tuple[str, Json]]:
    for name, row in ROWS.items():
        if row is mqtt.FIELD:
            for field, meaning in _fields().items():
                schema = {"type": "string", **FIELD_SCHEMAS.get(field, {})}
                yield (
                    f"field_{field}",
                    {"contentType": "text/plain", "summary": meaning, "payload": schema},
                )
        elif row.payload is PLAIN:
            schema = {"type": "string", **PLAIN_SCHEMAS.get(name, {})}
            yield name, {"contentType": "text/plain", "payload": schema}
        elif row.payload is PICTURE:
            schema = {"type": "string", "format": "binary"}
            yield name, {"contentType": "image/jpeg", "payload": schema}
        elif row.payload is mqtt.Request:
            known = verbs.OF_SESSION if row is mqtt.SESSION_REQUEST else verbs.OF_AGENT
            for verb in known.values():
                yield f"{name}_{verb.name}", _request(verb)
        else:
            yield name, {"payload": _reference(row.payload)}


def _request(verb: verbs.Verb) -> Json:
    """Return the message that asks for a verb."""
    args = {"properties": {"args": _reference(verb.args)}}
    if not verb.bare:
        args["required"] = ["args"]  # type: ignore[assignment] # of another kind
    schema: Json = {"allOf": [_reference(mqtt.Request), args]}
    if verb.bare:
        schema = {"anyOf": [{"const": "", "description": "an empty payload"}, schema]}
    return {"summary": verb.says, "payload": schema}


def _reference(kind: Any) -> Json:
    (schema,), _components = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return schema


REFERENCE: Final = "#/components/schemas/{name}"


def _schemas() -> Json:
    types = [row.payload for row in ROWS.values() if not isinstance(row.payload, str)]
    args = [verb.args for known in (verbs.OF_SESSION, verbs.OF_AGENT) for verb in known.values()]
    _roots, schemas = msgspec.json.schema_components([*types, *args], ref_template=REFERENCE)
    for struct, meanings in MEANINGS.items():
        properties = schemas[struct.__name__]["properties"]
        for field, meaning in meanings.items():
            properties[field] = {**properties[field], "description": meaning}
    return schemas


def _fields() -> dict[str, str]:
    return {name.strip("`"): meaning for name, meaning in FIELDS.items()}
