"""What a person should look at now: raised once for each occurrence, and over once."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from colab_cdp_agent.watch.finding import Finding
from colab_cdp_protocols import mqtt


class News(msgspec.Struct, frozen=True):
    """Something that happened: a kind, how much it matters, a sentence; its cause where known."""

    kind: str
    severity: mqtt.Severity
    text: str
    cause: str | None = None
    evidence: str | None = None


class Occurrences(Protocol):
    """Where it is kept what was raised, so that no restart of the agent raises it anew."""

    def attention_began(self, id: str, kind: str, since: datetime, occurrence: str) -> None:  # noqa: A002 - the contract's word
        """Keep that something was raised."""

    def attention_over(self, id: str, kind: str, at: datetime) -> None:  # noqa: A002
        """Keep that it is over."""


class Attention:
    """What one notebook needs of a person.

    Args:
        session: whose.
        kept: where occurrences are kept.

    Attributes:
        now: what is raised, None where nothing is.

    """

    def __init__(self, session: str, kept: Occurrences) -> None:
        self.now: mqtt.Attention | None = None
        self._session = session
        self._kept = kept

    def resume(self, kind: str, since: datetime, text: str) -> None:
        """Go on with what an earlier run of the agent raised, and nobody has seen the end of."""
        self.now = mqtt.Attention(kind, since, text)

    def take(
        self, finding: Finding | None, moment: datetime, why: tuple[str, str] | None
    ) -> Iterator[News]:
        """Take what was found now; yield what is raised by it and what is over.

        `why` is the cause and its evidence, of what is raised.
        """
        before = self.now
        if finding is not None and before is not None and before.kind == finding.kind:
            self.now = mqtt.Attention(before.kind, before.since, finding.text)
            return
        if before is not None:
            self._kept.attention_over(self._session, before.kind, moment)
            yield News(before.kind, "info", f"Over: {before.text}")
        self.now = None
        if finding is not None:
            self.now = mqtt.Attention(finding.kind, moment, finding.text)
            self._kept.attention_began(self._session, finding.kind, moment, uuid.uuid4().hex)
            yield News(finding.kind, "alert", finding.text, *(why or (None, None)))
