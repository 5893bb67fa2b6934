"""Someone who asks an agent for something over MQTT, and waits for the answer."""

import json
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

from colab_cdp_agent.tell.commands import MOST_IN_WINDOW, WINDOW_S
from colab_cdp_protocols import mqtt
from night import NAME, Night

ANSWER_LIMIT_S = 90.0


class Asker:
    """Asks the agent of a night, and knows how often it may."""

    def __init__(self, night: Night) -> None:
        self._night = night
        self._asked_at = deque[float](maxlen=MOST_IN_WINDOW)

    def ask(
        self, verb: str, url: str | None = None, *, limit: float = ANSWER_LIMIT_S, **args: Any
    ) -> dict[str, Any]:
        """Ask a session, or the agent, for a verb, and return the answer."""
        return self.answer(self.send(verb, url, **args), limit)

    def send(self, verb: str, url: str | None = None, **args: Any) -> str:
        """Ask as soon as that is allowed, and return the transaction without waiting."""
        if len(self._asked_at) == MOST_IN_WINDOW:
            time.sleep(max(0.0, self._asked_at[0] + WINDOW_S + 0.5 - time.monotonic()))
        self._asked_at.append(time.monotonic())
        transaction = uuid.uuid4().hex
        request = mqtt.Request(transaction, datetime.now(UTC), args=args)
        self._night.heard.publish(self.topic(verb, url), mqtt.encode(request))
        return transaction

    def publish(
        self, verb: str, payload: bytes, url: str | None = None, *, retain: bool = False
    ) -> dict[str, Any]:
        """Publish any payload as a request, and return the next answer to that verb."""
        before = len(self.answers(verb, url))
        self._night.heard.publish(self.topic(verb, url), payload, retain=retain)
        self._night.until(lambda: len(self.answers(verb, url)) > before)
        return self.answers(verb, url)[before]

    def answer(self, transaction: str, limit: float = ANSWER_LIMIT_S) -> dict[str, Any]:
        """Return the answer of that transaction; there must be just one."""

        def found() -> list[dict[str, Any]]:
            return [each for each in self.answers() if each["transaction"] == transaction]

        (answer,) = self._night.until(found, limit)
        return answer

    def answers(self, verb: str | None = None, url: str | None = None) -> list[dict[str, Any]]:
        """Return the answers so far: to a verb, or to all."""
        wanted = None if verb is None else self.topic(verb, url).replace("/request/", "/response/")
        return [
            json.loads(body)
            for topic, body in self._night.heard.messages
            if (topic == wanted if wanted else "/response/" in topic)
        ]

    def topic(self, verb: str, url: str | None = None) -> str:
        """Return where a verb is asked for: of the notebook at that address, or of the agent."""
        levels = {"root": "colab", "agent": NAME, "verb": verb}
        if url is None:
            return mqtt.AGENT_REQUEST.at(**levels)
        return mqtt.SESSION_REQUEST.at(**levels, id=self._night.id_of(url))
