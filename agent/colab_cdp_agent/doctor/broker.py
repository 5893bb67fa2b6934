"""The broker: whether it can be reached, and what is published there comes back."""

import uuid
from pathlib import Path

from colab_cdp_agent.config import Mqtt
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


async def examine(settings: Mqtt, name: str, folder: Path) -> Finding:
    """Publish a message to the broker and read it back; one that was started here is ended."""
    url = settings.url
    if url.none:
        return Finding(ok=None, what="broker: none, by the configuration: nothing is published")
    topic = mqtt.AGENT_RESPONSE.at(root=settings.root, agent=name, verb="doctor")
    if not url.embedded:
        return await _examine_each(settings, topic)
    try:
        return await _examine_embedded(EmbeddedBroker(folder), topic)
    except BrokerFailedError as error:
        return Finding(ok=False, what=f"broker of its own: {error}", code=ExitCode.UNREACHABLE)


async def _examine_each(settings: Mqtt, topic: str) -> Finding:
    """Look at each machine of a broker that has several; what is wrong with one is told first."""
    found = [
        await _echoed(f"broker {settings.url.shown}", link, topic)
        for link in configured_links(settings)
    ]
    return next((finding for finding in found if not finding.ok), found[0])


async def _examine_embedded(broker: EmbeddedBroker, topic: str) -> Finding:
    try:
        address = await broker.start()
        if address.warning:
            return Finding(ok=False, what=address.warning, remedy="restart the agent")
        how = "runs" if address.adopted else "starts"
        return await _echoed(f"broker of its own {how} on {address.url}", address.link, topic)
    finally:
        await broker.stop()


async def _echoed(what: str, link: Link, topic: str) -> Finding:
    payload = mqtt.encode(mqtt.Response("ok", data=uuid.uuid4().hex))
    try:
        await echo(link, topic, payload)
    except BrokerRefusedError as error:
        return Finding(
            ok=False,
            what=f"broker: {error.says}",
            remedy=error.remedy,
            code=ExitCode.UNREACHABLE,
        )
    except BrokerLostError as error:
        return Finding(ok=False, what=f"broker: {error}", remedy=REACH, code=ExitCode.UNREACHABLE)
    return Finding(ok=True, what=f"{what}: a message on {topic} came back")
