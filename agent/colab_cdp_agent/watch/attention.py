"""What a person should look at now: raised once for each occurrence, and over once."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from colab_cdp_agent.watch.cause import Cause
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

    def attention_began(self, session: str, kind: str, since: datetime, occurrence: str) -> None:
        """Keep that something was raised."""

    def attention_over(self, session: str, kind: str, at: datetime) -> None:
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

    def resume(self, finding: Finding, since: datetime) -> None:
        """Go on with what an earlier run of the agent raised, and nobody has seen the end of."""
        self.now = mqtt.Attention(finding.kind, since, finding.text)

    def take(
        self, finding: Finding | None, moment: datetime, why: Callable[[], Cause | None]
    ) -> Iterator[News]:
        """Take what was found now; yield what is over by it, and what is raised.

        `why` gives the cause of what is raised.
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
            cause = why()
            self.now = mqtt.Attention(finding.kind, moment, finding.text)
            self._kept.attention_began(self._session, finding.kind, moment, uuid.uuid4().hex)
            known = (cause.kind, cause.evidence or None) if cause is not None else (None, None)
            yield News(finding.kind, "alert", finding.text, *known)
