"""What a person should look at now: raised once for each occurrence, and over once."""

import uuid
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.watch.cause import Cause
from colab_cdp_agent.watch.finding import Finding, find
from colab_cdp_protocols import mqtt


class News(msgspec.Struct, frozen=True):
    """Something that happened: a kind, how much it matters, a sentence; its cause where known.

    `run_s` says of a run's end how long it ran, or was seen to run.
    """

    kind: str
    severity: mqtt.Severity
    text: str
    cause: str | None = None
    evidence: str | None = None
    run_s: float | None = None


class Occurrences(Protocol):
    """Where it is kept what was raised, so that no restart of the agent raises it anew."""

    def attention_began(self, session: str, kind: str, since: datetime, occurrence: str) -> None:
        """Keep that something was raised."""

    def attention_over(self, session: str, kind: str, at: datetime) -> None:
        """Keep that it is over."""


class Attention:
    """What one notebook needs of a person: one thing at a time, and what stands behind it.

    Args:
        session: whose.
        kept: where occurrences are kept.
        raised: what an earlier run of the agent raised and saw no end of.

    """

    def __init__(
        self, session: str, kept: Occurrences, raised: Iterable[mqtt.Attention] = ()
    ) -> None:
        self._session = session
        self._kept = kept
        self._raised = {each.kind: each for each in raised}
        self._shown: str | None = next(iter(self._raised), None)

    @property
    def now(self) -> mqtt.Attention | None:
        """What a person should look at first, None where there is nothing."""
        return self._raised.get(self._shown) if self._shown is not None else None

    def take(
        self,
        finding: Finding | None,
        still: Container[str],
        moment: datetime,
        why: Callable[[], Cause | None],
    ) -> Iterator[News]:
        """Take what was found now; yield what is over, and what is raised.

        Args:
            finding: what comes first.
            still: the kinds that hold beside it: they are neither over nor raised anew later.
            moment: when.
            why: gives the cause of what is raised.

        """
        first = finding.kind if finding is not None else None
        for kind, before in list(self._raised.items()):
            if kind != first and kind not in still:
                del self._raised[kind]
                self._kept.attention_over(self._session, kind, moment)
                yield News(kind, "info", f"Over: {before.text}")
        self._shown = first
        if finding is None:
            return
        known = self._raised.get(finding.kind)
        since = known.since if known is not None else moment
        self._raised[finding.kind] = mqtt.Attention(finding.kind, since, finding.text)
        if known is None:
            cause = why()
            self._kept.attention_began(self._session, finding.kind, moment, uuid.uuid4().hex)
            told = (cause.kind, cause.evidence or None) if cause is not None else (None, None)
            yield News(finding.kind, "alert", finding.text, *told)


def left_open(journal: Journal) -> dict[str, list[mqtt.Attention]]:
    """Return what an earlier run raised and saw no end of, by session: it does not ring again."""
    found: dict[str, list[mqtt.Attention]] = {}
    for (session, kind), (since, _) in journal.open_attentions().items():
        told = [each for each in journal.history(session, since) if each.kind == kind]
        text = told[0].text if told else find(kind).text
        found.setdefault(session, []).append(mqtt.Attention(kind, since, text))
    return found
