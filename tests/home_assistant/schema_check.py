"""Reads discovery payloads as Home Assistant does; runs where it is installed, and without ours.

On standard input a JSON object of topics with their payloads; on standard output one of topics with
what Home Assistant does not take, or takes and leaves out.
"""

import asyncio
import importlib
import json
import logging
import sys
import tempfile
from typing import Any

from homeassistant.components.mqtt import discovery
from homeassistant.core import HomeAssistant

log = logging.getLogger("homeassistant")


class Complaints(logging.Handler):
    """What Home Assistant logs while it reads."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def left_out(given: Any, taken: Any) -> bool:
    """Say whether a value was taken with less than was given."""
    if isinstance(given, dict):
        return not isinstance(taken, dict) or any(
            name not in taken or left_out(value, taken[name]) for name, value in given.items()
        )
    return False


def check(hass: HomeAssistant, topic: str, payload: str) -> list[str]:
    """Return what is wrong with a payload, in sentences."""
    complaints = Complaints()
    log.addHandler(complaints)
    node, name = topic.split("/")[2:4]
    parsed = discovery._parse_device_payload(hass, payload, name, node)
    if not parsed:
        return complaints.lines or ["it is taken for empty"]
    device = {key: parsed[key] for key in ("device", "origin")}
    for key, component in parsed["components"].items():
        config = discovery.MQTTDiscoveryPayload({**component, **device})
        discovery._merge_common_device_options(config, parsed)
        platform = config["platform"]
        module = importlib.import_module(f"homeassistant.components.mqtt.{platform}")
        try:
            taken = module.DISCOVERY_SCHEMA(dict(config))
        except Exception as error:  # noqa: BLE001 - whatever it raises is the answer
            complaints.lines.append(f"{key}: {error!r}")
            continue
        config.pop("platform")  # its schemas don't know it
        complaints.lines += [
            f"{key}: {name} is left out"
            for name, value in config.items()
            if name not in taken or left_out(value, taken[name])
        ]
    log.removeHandler(complaints)
    return complaints.lines


async def main() -> None:
    """Check everything on standard input."""
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        payloads: dict[str, str] = json.load(sys.stdin)
        found = {topic: check(hass, topic, payload) for topic, payload in payloads.items()}
        await hass.async_stop(force=True)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
