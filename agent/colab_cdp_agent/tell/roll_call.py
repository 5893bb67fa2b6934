"""Which agents and sessions there are: by a broker's word, or by what an agent here published."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from colab_cdp_agent.tell.connection import Connection, connect
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.iot_mqtt_panel import AgentEntry
from colab_cdp_protocols.topic import is_level

LISTEN_S = 2.0
"""How long is listened: a broker sends what it retains at once, and never says that it was all."""


async def by_broker(link: Link, root: str) -> tuple[AgentEntry, ...]:
    """Return every agent below a root that a broker knows of, also those that are offline.

    Raises:
        BrokerLostError: no connection, or no longer.
        BrokerRefusedError: the broker refuses the login, or its certificate is not trusted.

    """
    found: dict[str, tuple[mqtt.SessionEntry, ...]] = {}
    async with connect(link) as connection:
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTEN_S):
                await _hear(connection, root, found)
    return _sorted(found)


async def _hear(
    connection: Connection, root: str, found: dict[str, tuple[mqtt.SessionEntry, ...]]
) -> None:
    await connection.subscribe(mqtt.STATUS.filter(root=root), mqtt.SESSIONS.filter(root=root))
    async for message in connection.messages():
        if (levels := mqtt.STATUS.read(message.topic, root=root)) is not None:
            if is_level(levels["agent"]):
                found.setdefault(levels["agent"], ())
        elif (levels := mqtt.SESSIONS.read(message.topic, root=root)) is not None:
            with suppress(mqtt.MalformedPayloadError):  # of a stranger
                found[levels["agent"]] = mqtt.decode(mqtt.SESSIONS, message.payload)


def by_files(folder: Path, root: str) -> tuple[AgentEntry, ...]:
    """Return the agents whose files of published topics lie in a folder; titles they hold none."""
    found: dict[str, tuple[mqtt.SessionEntry, ...]] = {}
    for file in folder.glob("topics-*.json"):
        for topic in sorted(TopicFile(file).look()):
            if (levels := mqtt.INFO.read(topic, root=root)) is not None:
                found.setdefault(levels["agent"], ())
            elif (levels := mqtt.STATE.read(topic, root=root)) is not None:
                entry = mqtt.SessionEntry(levels["id"], "", "gone")
                found[levels["agent"]] = (*found.get(levels["agent"], ()), entry)
    return _sorted(found)


def _sorted(found: dict[str, tuple[mqtt.SessionEntry, ...]]) -> tuple[AgentEntry, ...]:
    return tuple(
        AgentEntry(name, tuple(sorted(_sound(sessions), key=lambda each: each.title.casefold())))
        for name, sessions in sorted(found.items())
        if is_level(name)
    )


def _sound(sessions: Iterable[mqtt.SessionEntry]) -> Iterable[mqtt.SessionEntry]:
    """Return the sessions whose id can stand in a topic: a broker holds what anybody says."""
    return (each for each in sessions if is_level(each.id))
