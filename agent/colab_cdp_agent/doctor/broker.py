"""The broker: whether it can be reached, what is published comes back, and an agent is at work."""

import uuid
from pathlib import Path

from colab_cdp_agent.config import Config, Mqtt
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.tell.broker import BrokerFailedError, EmbeddedBroker
from colab_cdp_agent.tell.echo import echo
from colab_cdp_agent.tell.link import (
    BrokerLostError,
    BrokerRefusedError,
    Link,
    configured_links,
)
from colab_cdp_protocols import mqtt

REACH = "check mqtt.url, and that the broker runs and may be reached from this computer"


async def examine(settings: Config, name: str, folder: Path) -> list[Finding]:
    """Publish a message to the broker and read it back; one that was started here is ended.

    What it has retained of the agent's name says whether one is at work.
    """
    wanted = settings.mqtt
    if wanted.url.none:
        return [Finding(ok=None, what="broker: none, by the configuration: nothing is published")]
    if not wanted.url.embedded:
        return await _examine_each(wanted, name)
    lan_root = wanted.root if settings.web.lan else None
    try:
        return await _examine_embedded(EmbeddedBroker(folder, lan_root=lan_root), wanted, name)
    except BrokerFailedError as error:
        return [_lost(f"broker of its own: {error}")]


async def _examine_each(settings: Mqtt, name: str) -> list[Finding]:
    """Look at each machine of a broker that has several; what is wrong with one is told first."""
    found = [
        await _echoed(f"broker {settings.url.shown}", link, settings.root, name)
        for link in configured_links(settings)
    ]
    return next((findings for findings in found if not findings[0].ok), found[0])


async def _examine_embedded(broker: EmbeddedBroker, settings: Mqtt, name: str) -> list[Finding]:
    try:
        address = await broker.start()
        if address.warning:
            return [Finding(ok=False, what=address.warning, remedy="restart the agent")]
        how = "runs" if address.adopted else "starts"
        what = f"broker of its own {how} on {address.url}"
        found = await _echoed(what, address.link, settings.root, name)
        if address.otherwise:
            found.append(Finding(ok=None, what=address.otherwise))
        return found
    finally:
        await broker.stop()


async def _echoed(what: str, link: Link, root: str, name: str) -> list[Finding]:
    topic = mqtt.AGENT_RESPONSE.at(root=root, agent=name, verb="doctor")
    status = mqtt.STATUS.at(root=root, agent=name)
    payload = mqtt.encode(mqtt.Response("ok", data=uuid.uuid4().hex))
    try:
        retained = await echo(link, topic, payload, beside=status)
    except BrokerRefusedError as error:
        return [_lost(f"broker: {error.says}", error.remedy)]
    except BrokerLostError as error:
        return [_lost(f"broker: {error}", REACH)]
    came_back = f"{what}: a message on {topic} came back"
    return [Finding(ok=True, what=came_back, brief="the broker answers"), _at_work(name, retained)]


def _at_work(name: str, status: bytes | None) -> Finding:
    if status is not None and status == mqtt.encode("online"):
        what = f"agent: one named {name} is at work; a second of that name ends at once"
        return Finding(ok=True, what=what, brief="the agent is at work")
    what = f"agent: none named {name} is at work on this broker"
    return Finding(ok=None, what=what, brief="start the agent")


def _lost(what: str, remedy: str = "") -> Finding:
    brief = "the broker cannot be used"
    return Finding(ok=False, what=what, remedy=remedy, code=ExitCode.UNREACHABLE, brief=brief)
