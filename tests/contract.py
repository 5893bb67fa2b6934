"""The MQTT contract as it is shipped, held against what is really said on a broker."""

import json
import re
from importlib.resources import files
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

FILE = files("colab_cdp_protocols") / "asyncapi.yaml"
JPEG = b"\xff\xd8\xff"


class Contract:
    """The document of the contract; what it does not name, no payload may hold.

    Attributes:
        document: as it is shipped, parsed.

    """

    def __init__(self, root: str = "colab") -> None:
        self.document: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
        self._strict = _closed(self.document)
        self._addresses: dict[str, re.Pattern[str]] = {
            name: _address(channel, root) for name, channel in self.document["channels"].items()
        }

    def channel(self, topic: str) -> str:
        """Return the name of a topic's channel; a topic that has none, or two, fails."""
        found = [name for name, address in self._addresses.items() if address.fullmatch(topic)]
        assert len(found) == 1, f"{topic}: {found}"
        return found[0]

    def retained(self, channel: str) -> bool:
        """Return whether what is published there is kept by the broker."""
        (operation,) = [
            each for each in self.document["operations"].values()
            if each["channel"]["$ref"] == f"#/channels/{channel}"
        ]  # fmt: skip
        kept: bool = operation["bindings"]["mqtt"]["retain"]
        return kept

    def check(self, topic: str, payload: bytes) -> str:
        """Return a topic's channel; a payload that it does not allow fails."""
        channel = self.channel(topic)
        if payload or not self.retained(channel):  # else it is taken down
            self._check(channel, topic, payload)
        return channel

    def _check(self, channel: str, topic: str, payload: bytes) -> None:
        message = self._message(channel, topic)
        kind = message.get("contentType", self.document["defaultContentType"])
        if kind == "image/jpeg":
            assert payload.startswith(JPEG), topic
            return
        empty = kind == "application/json" and not payload
        value = json.loads(payload) if kind == "application/json" and payload else payload.decode()
        wrong = list(self._validator(message["payload"]).iter_errors("" if empty else value))
        assert not wrong, f"{topic}: {[(each.json_path, each.message[:200]) for each in wrong]}"

    def _message(self, channel: str, topic: str) -> dict[str, Any]:
        known = self.document["channels"][channel]["messages"]
        last = topic.rpartition("/")[2]
        name = channel if channel in known else f"{channel}_{last}"
        message: dict[str, Any] = self._strict["components"]["messages"][name]
        return message

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        whole = {**schema, "components": self._strict["components"]}
        return Draft202012Validator(whole, format_checker=FormatChecker())


def _closed(value: Any) -> Any:
    """Return schemas that allow no key beyond their own."""
    if isinstance(value, list):
        return [_closed(each) for each in value]
    if not isinstance(value, dict):
        return value
    closed = {name: _closed(each) for name, each in value.items()}
    if value.get("type") == "object" and "properties" in value:
        closed["additionalProperties"] = False
    return closed


def _address(channel: dict[str, Any], root: str) -> re.Pattern[str]:
    """Return the topics of a channel."""
    pattern = re.escape(channel["address"]).replace(r"\{", "{").replace(r"\}", "}")
    for name, parameter in channel.get("parameters", {}).items():
        choices = "|".join(parameter.get("enum", ("[a-z0-9_-]{1,32}",)))
        pattern = pattern.replace(f"{{{name}}}", root if name == "root" else f"({choices})")
    return re.compile(pattern)
