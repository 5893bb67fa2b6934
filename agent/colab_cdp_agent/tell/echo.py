"""One message to a broker and back: whether what the agent publishes arrives."""

import asyncio
import math
import ssl
import uuid

import aiomqtt

from colab_cdp_agent.tell.publisher import BrokerLostError, BrokerRefusedError, Link

ECHO_LIMIT_S = 10.0


async def echo(link: Link, topic: str, payload: bytes) -> None:
    """Publish a message that is not retained, and wait until the broker sends it back.

    Raises:
        BrokerLostError: no connection, or the message did not come back.
        BrokerRefusedError: the broker refuses the login.

    """
    where = f"{link.host}:{link.port}"
    try:
        async with asyncio.timeout(ECHO_LIMIT_S), _client(link) as client:
            await client.subscribe(topic, qos=1)
            await client.publish(topic, payload, qos=1)
            async for message in client.messages:
                if message.payload == payload:
                    return
    except aiomqtt.MqttError as error:
        text = str(error).lower()
        if "not authorized" in text or "bad user name" in text or "bad username" in text:
            raise BrokerRefusedError(f"{where} refuses the user or password") from error
        raise BrokerLostError(f"{where}: {error}") from error
    except TimeoutError as error:
        reason = f"what is published there does not come back within {ECHO_LIMIT_S:.0f} s"
        raise BrokerLostError(f"{where}: {reason}") from error
    except OSError as error:
        raise BrokerLostError(f"{where}: {error}") from error


def _client(link: Link) -> aiomqtt.Client:
    return aiomqtt.Client(
        link.host,
        link.port,
        username=link.username,
        password=link.password,
        identifier=f"colab-cdp-agent-{uuid.uuid4().hex[:12]}",
        protocol=aiomqtt.ProtocolVersion.V311,
        clean_session=True,
        # With a timeout of its own it uses asyncio.wait_for, which in Python 3.11 loses a
        # cancellation that comes together with the answer.
        timeout=math.inf,
        transport="websockets" if link.websocket_path else "tcp",
        websocket_path=link.websocket_path,
        tls_context=ssl.create_default_context(cafile=link.ca_file) if link.tls else None,
    )
