"""`colab-cdp-agent phone-config`: a file for IoT MQTT Panel, and the topics for any other app."""

import argparse
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from colab_cdp_agent import config, log
from colab_cdp_agent.config import Config, ConfigError
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.keep.whole_file import write_whole
from colab_cdp_agent.printable import printable
from colab_cdp_agent.replies import fail, say
from colab_cdp_agent.settings.broker_url import is_loopback
from colab_cdp_agent.stopping import run_until_stopped
from colab_cdp_agent.tell import buttons, roll_call
from colab_cdp_agent.tell.broker import BrokerFailedError, EmbeddedBroker
from colab_cdp_agent.tell.lan import lan_address
from colab_cdp_agent.tell.link import (
    BrokerLostError,
    BrokerRefusedError,
    Link,
    check_broker,
    configured_links,
)
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.iot_mqtt_panel import AgentEntry, PhoneLink, configuration
from colab_cdp_protocols.verbs import Verb

FIELDS = ("title", "phase", "since", "attention", "progress", "eta", "loss", "last_line")
NOT_REACHED = (BrokerLostError, BrokerRefusedError, BrokerFailedError)
SHUT = (
    "the agent's own broker is reached from this computer only: start the agent with --lan, then"
    " run this with --lan once more"
)
LOOPBACK = (
    "the broker was named by this computer's own loopback address: the file names its address in"
    " the network, where the broker has to listen too"
)
NO_WEBSOCKET = (
    "no file was written: how one names a WebSocket is not known; name the broker by mqtt:// or"
    " mqtts://"
)


class Found(Struct, frozen=True):
    """Who is on a broker, and how a phone reaches it; `notes` say what is amiss."""

    link: Link
    agents: tuple[AgentEntry, ...]
    notes: tuple[str, ...] = ()


def make(options: argparse.Namespace) -> int:
    """Write the file, print the topics, and return the exit code.

    Raises:
        ConfigError: an option or the configuration cannot be used.

    """
    settings = config.override(
        config.read(config.find_config(options.config)), mqtt=options.mqtt, lan=options.lan
    )
    check_broker(settings.mqtt, plaintext=options.insecure_plaintext)
    if settings.mqtt.url.none:
        raise ConfigError("there is no broker: name one with --mqtt", key=("mqtt", "url"))
    log.configure("text", verbose=False)

    async def made() -> int:
        try:
            found = await _find(settings)
        except NOT_REACHED as error:
            return fail(error, ExitCode.UNREACHABLE)
        return _make(options, settings, found)

    return run_until_stopped(made())


async def _find(settings: Config) -> Found:
    if settings.mqtt.url.embedded:
        return await _find_embedded(settings)
    link = configured_links(settings.mqtt)[0]
    found = await _ask(link, settings.mqtt.root)
    return _from_outside(found, LOOPBACK) if is_loopback(link.host) else found


async def _find_embedded(settings: Config) -> Found:
    root = settings.mqtt.root
    broker = EmbeddedBroker(
        config.state_dir() / "broker", lan_root=root if settings.web.lan else None
    )
    try:
        address = await broker.start()
        found = await _ask(address.link, root)
    finally:
        await broker.stop()
    if address.lan is None:
        return _from_outside(found, SHUT)
    user, password = address.lan.phone
    link = structs.replace(found.link, username=user, password=password)
    return _from_outside(structs.replace(found, link=link))


async def _ask(link: Link, root: str) -> Found:
    """Return who is on a broker: by its own word, else by what the agents here published."""
    try:
        return Found(link, await roll_call.by_broker(link, root))
    except (BrokerLostError, BrokerRefusedError) as error:
        agents = roll_call.by_files(config.state_dir(), root)
        if not agents:
            raise
        return Found(link, agents, (f"{error}: the notebooks are those last known here",))


def _from_outside(found: Found, *notes: str) -> Found:
    """Return a broker of this computer as another one reaches it."""
    link = structs.replace(found.link, host=lan_address() or found.link.host)
    return structs.replace(found, link=link, notes=(*found.notes, *notes))


def _make(options: argparse.Namespace, settings: Config, found: Found) -> int:
    root, verbs, link = str(settings.mqtt.root), buttons.of_session(settings.commands), found.link
    code = ExitCode.ENDED_AS_ASKED
    if link.websocket_path is not None:
        code = fail(NO_WEBSOCKET, ExitCode.FAILED)
    else:
        phone = _phone_link(link, with_password=options.with_password)
        content = mqtt.encode(configuration(phone, root, found.agents, verbs))
        try:
            write_whole(options.out, msgspec.json.format(content, indent=1) + b"\n")
        except OSError as error:
            says = f"{options.out} cannot be written: {error.strerror or error}"
            return fail(says, ExitCode.FAILED)
        say(*_about_the_file(options.out, found, phone))
    say(*_topics(root, found.agents, verbs))
    for note in found.notes:
        fail(note, code)
    return code


def _phone_link(link: Link, *, with_password: bool) -> PhoneLink:
    return PhoneLink(
        link.host,
        link.port,
        f"phone-{secrets.token_hex(4)}",
        tls=link.tls,
        username=link.username,
        password=link.password if with_password else None,
    )


def _about_the_file(file: Path, found: Found, phone: PhoneLink) -> Iterator[str]:
    notebooks = sum(len(agent.sessions) for agent in found.agents)
    yield f"Agents: {len(found.agents)}, notebooks: {notebooks}. For IoT MQTT Panel: {file}"
    yield "Each phone needs a file of its own: run this once for each."
    tls = ", TLS" if phone.tls else ""
    user = f", user {phone.username}" if phone.username else ""
    yield f"The broker in it: {phone.host}, port {phone.port}{tls}{user}."
    if phone.password is not None:
        yield "It holds the broker's password: whoever gets the file gets that."
    elif found.link.password is not None:
        yield "Its password is to be typed in the app, under Edit connection; or --with-password."


def _topics(root: str, agents: tuple[AgentEntry, ...], verbs: tuple[Verb, ...]) -> Iterator[str]:
    """Yield every topic that a tile or a button of another app needs."""
    yield "\nFor any other app. A button sends an empty payload, not retained."
    for agent in agents:
        levels = {"root": root, "agent": agent.name}
        yield f"\n{agent.name}"
        yield from (f"  tile    {row.at(**levels)}" for row in (mqtt.STATUS, mqtt.NEEDS_YOU))
        for session in agent.sessions:
            levels["id"] = session.id
            yield f"\n{printable(session.title) or session.id}, {agent.name}"
            yield from (f"  tile    {mqtt.FIELD.at(**levels, field=field)}" for field in FIELDS)
            yield from (
                f"  button  {mqtt.SESSION_REQUEST.at(**levels, verb=verb.name)}" for verb in verbs
            )
    if not any(agent.sessions for agent in agents):
        yield "\nNo notebook is known there: run this again when one is open."
