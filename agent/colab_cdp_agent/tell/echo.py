"""One message to a broker and back: whether what the agent publishes arrives."""

import asyncio

from colab_cdp_agent.tell.connection import connect
from colab_cdp_agent.tell.link import BrokerLostError, Link

ECHO_LIMIT_S = 10.0


async def echo(
    link: Link, topic: str, payload: bytes, *, beside: str | None = None
) -> bytes | None:
    """Publish a message that is not retained, and wait until the broker sends it back.

    Returns what the broker had retained on the topic `beside`, None for nothing.

    Raises:
        BrokerLostError: no connection, or the message did not come back.
        BrokerRefusedError: the broker refuses the login, or its certificate is not trusted.

    """
    try:
        async with connect(link) as connection, asyncio.timeout(ECHO_LIMIT_S):
            retained: bytes | None = None
            await connection.subscribe(*filter(None, (beside, topic)))
            await connection.publish(topic, payload)
            async for message in connection.messages():
                if message.topic == beside and message.retained:
                    retained = message.payload
                elif message.payload == payload:
                    break
    except TimeoutError as error:
        reason = f"what is published there does not come back within {ECHO_LIMIT_S:.0f} s"
        raise BrokerLostError(f"{link.where}: {reason}") from error
    return retained
