"""A subscriber on a real broker that remembers what it was told."""

import re
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from colab_cdp_protocols import mqtt

T = TypeVar("T")

HOST = "127.0.0.1"
LOOK_AGAIN_S = 0.2
SUBSCRIBE_LIMIT_S = 30.0
TOLD_ONCE = re.compile(
    "|".join(re.sub(r"\{\w+\}", ".+", topic.pattern) for topic in mqtt.TABLE if not topic.retained)
)


class Subscriber:
    """Hears everything below a topic from the first moment on; connects again by itself.

    Attributes:
        values: the latest value of each topic, without requests, responses, events and log lines;
            an empty one is taken out.
        messages: every message in the order of its arrival, retained or not.
        kept: the topics of those that the broker had kept.

    """

    def __init__(self, port: int, topics: str) -> None:
        self.values: dict[str, bytes] = {}
        self.messages: list[tuple[str, bytes]] = []
        self.kept: set[str] = set()
        self._news = threading.Condition()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(topics, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, port)
        self._client.loop_start()
        # What others publish in the very moment of the subscription may be lost on nats-server.
        assert self._subscribed.wait(SUBSCRIBE_LIMIT_S), "the broker answers no subscription"

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()
        # Out of a cycle with us the client goes at once, and closes its sockets first.
        self._client.on_message = None

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish as another client than the agent."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def until(self, holds: Callable[[], T], limit: float, check: Callable[[], None]) -> T | None:
        """Return what is looked for as soon as it is truthy; None when the limit passed.

        It is looked for at each message, and a few times a second; `check` may raise each time.
        """
        deadline = time.monotonic() + limit
        with self._news:
            while True:
                found = holds()
                if found:
                    return found
                check()
                rest = deadline - time.monotonic()
                if rest <= 0:
                    return None
                self._news.wait(min(rest, LOOK_AGAIN_S))

    def _take(self, _client: Client, _context: object, message: MQTTMessage) -> None:
        with self._news:
            payload = bytes(message.payload)
            self.messages.append((message.topic, payload))
            if message.retain:
                self.kept.add(message.topic)
            if payload and not TOLD_ONCE.fullmatch(message.topic):
                self.values[message.topic] = payload
            else:
                self.values.pop(message.topic, None)
            self._news.notify_all()
