"""A real mosquitto on loopback, and a subscriber that remembers what it was told."""

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from chromium import free_port

T = TypeVar("T")

HOST = "127.0.0.1"
START_LIMIT_S = 10.0
LOOK_AGAIN_S = 0.2
CONFIG = """\
listener {port} {host}
allow_anonymous true
persistence false
log_dest stderr
"""


def find_mosquitto() -> str | None:
    """Return the path of the installed mosquitto, or None."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


class Mosquitto:
    """One broker on a fixed port, from entry to exit; `kill` and `start` again at will."""

    def __init__(self) -> None:
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="mosquitto-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker's address."""
        return f"mqtt://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def start(self) -> None:
        """Start the broker and wait until it listens."""
        path = find_mosquitto()
        assert path, "no mosquitto found"
        config = self._home / "mosquitto.conf"
        config.write_text(CONFIG.format(port=self.port, host=HOST), encoding="utf-8")
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen([path, "-c", str(config)], stderr=log)
        deadline = time.monotonic() + START_LIMIT_S
        probe = Client(CallbackAPIVersion.VERSION2)
        while True:
            try:
                probe.connect(HOST, self.port)
            except OSError as error:
                says = (self._home / "log").read_text(encoding="utf-8")
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise AssertionError(f"mosquitto did not start: {says}") from error
                time.sleep(0.02)
            else:
                probe.disconnect()
                return

    def kill(self) -> None:
        """Kill -9 the broker."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Subscriber:
    """Hears everything below a topic; connects again by itself.

    Attributes:
        values: the latest value of each topic that is no event; an empty one is taken out.
        messages: every message in the order of its arrival, retained or not.

    """

    def __init__(self, port: int, topics: str) -> None:
        self.values: dict[str, bytes] = {}
        self.messages: list[tuple[str, bytes]] = []
        self._news = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(topics, qos=1)
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, port)
        self._client.loop_start()

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

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
            self.messages.append((message.topic, message.payload))
            if message.payload:
                self.values[message.topic] = message.payload
            else:
                self.values.pop(message.topic, None)
            self._news.notify_all()
