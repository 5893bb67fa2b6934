"""What a person should look at: one alert for each occurrence, and one end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.watch.attention import Attention, News
from colab_cdp_agent.watch.cause import Cause
from colab_cdp_agent.watch.finding import Finding
from colab_cdp_protocols import mqtt

BEGAN = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)


KINDS = ["captcha", "run_failed", "stalled"]


class Kept:
    """Remembers what stands open, as the journal does."""

    def __init__(self) -> None:
        self.open: dict[str, datetime] = {}

    def attention_began(self, _session: str, kind: str, since: datetime, _occurrence: str) -> None:
        assert kind not in self.open
        self.open[kind] = since

    def attention_over(self, _session: str, kind: str, _at: datetime) -> None:
        del self.open[kind]


def no_cause() -> Cause | None:
    return None


findings = st.none() | st.builds(Finding, st.sampled_from(KINDS), st.text(max_size=3))
steps = st.lists(
    st.tuples(findings, st.frozensets(st.sampled_from(KINDS))) | st.just("restart"), max_size=30
)


@given(steps)
def test_alert_and_end_alternate_for_each_kind_over_restarts_of_the_agent(
    story: list[tuple[Finding | None, frozenset[str]] | str],
) -> None:
    kept = Kept()
    attention = Attention("s", kept)
    told: list[News] = []
    for turn, step in enumerate(story):
        if isinstance(step, str):
            before_it = [mqtt.Attention(*each, "as before") for each in kept.open.items()]
            attention = Attention("s", kept, before_it)
            continue
        finding, still = step
        before = set(kept.open)
        told += attention.take(finding, still, BEGAN + timedelta(minutes=turn), no_cause)
        raised = attention.now
        assert (raised and raised.kind) == (finding and finding.kind)
        assert raised is None or kept.open[raised.kind] == raised.since
        assert set(kept.open) == (before & still) | ({finding.kind} if finding else set())
    for kind in {news.kind for news in told}:
        of_kind = [news.severity for news in told if news.kind == kind]
        assert of_kind[0] == "alert"
        assert all(before != after for before, after in pairwise(of_kind))
    for news in told:
        assert news.text.startswith("Over: ") == (news.severity == "info")


def test_what_something_more_urgent_hides_does_not_ring_again() -> None:
    attention = Attention("s", Kept())
    died, captcha = Finding("kernel_died", "It died."), Finding("captcha", "A captcha.")
    assert len(list(attention.take(died, {"kernel_died"}, BEGAN, no_cause))) == 1
    (alert,) = attention.take(captcha, {"kernel_died"}, BEGAN, no_cause)
    assert (alert.kind, alert.severity) == ("captcha", "alert")
    (over,) = attention.take(died, {"kernel_died"}, BEGAN, no_cause)
    assert (over.kind, over.severity) == ("captcha", "info")
    assert attention.now is not None
    assert attention.now.kind == "kernel_died"


def test_an_alert_brings_its_cause_and_a_longer_sentence_is_no_second_alert() -> None:
    attention = Attention("s", Kept())
    cause = Cause("error", "The run ended with ValueError.")
    (alert,) = attention.take(Finding("run_failed", "It failed."), (), BEGAN, lambda: cause)
    assert (alert.cause, alert.evidence) == ("error", "The run ended with ValueError.")
    later = BEGAN + timedelta(hours=1)
    assert not list(attention.take(Finding("run_failed", "It failed: no."), (), later, no_cause))
    assert attention.now is not None
    assert (attention.now.since, attention.now.text) == (BEGAN, "It failed: no.")
