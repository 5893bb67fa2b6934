"""What is told of several browsers together, and that one is attached to once."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.attached import Attached
from colab_cdp_agent.watch.browsers import WORST_FIRST, summary
from colab_cdp_agent.watch.company import Company
from colab_cdp_protocols import mqtt

infos = st.builds(
    mqtt.ChromeInfo, state=st.sampled_from(get_args(mqtt.ChromeState)), product=samples.words,
    since=samples.moments, reason=samples.words,
)  # fmt: skip


def test_every_state_has_its_place_among_the_worst() -> None:
    assert {*WORST_FIRST} == {*get_args(mqtt.ChromeState)}
    assert WORST_FIRST[-1] == "connected"


@given(st.dictionaries(samples.texts, infos, min_size=1, max_size=8))
def test_the_summary_is_the_worst_and_tells_the_reason_of_each(
    told: dict[str, mqtt.ChromeInfo],
) -> None:
    found = summary(told)
    if len(told) == 1:
        assert [found] == [*told.values()]
        return
    assert found.state == min((info.state for info in told.values()), key=WORST_FIRST.index)
    assert found.since in {info.since for info in told.values() if info.state == found.state}
    for name, info in told.items():
        assert info.reason is None or f"{name}: {info.reason}" in (found.reason or "")


def test_a_browser_is_attached_to_under_one_name_at_a_time() -> None:
    attached = Attached()
    with attached.hold("ws://127.0.0.1:9222/devtools/browser/one", "work"):
        with attached.hold("ws://127.0.0.1:9333/devtools/browser/two", "home"):
            pass
        again = attached.hold("ws://localhost:9222/devtools/browser/one", "again")
        with pytest.raises(ChromeAbsentError, match="is watched as 'work' already"), again:
            pass
    with attached.hold("ws://127.0.0.1:9222/devtools/browser/one", "again"):
        pass


def test_accounts_are_counted_apart_and_a_network_is_one() -> None:
    company = Company()
    for session, browser in (("a", "work"), ("b", "work"), ("c", "home")):
        company.take(session, "connected", 0.0, browser)
    assert (company.connected("work"), company.connected("home")) == (2, 1)
    for session, browser in (("a", "work"), ("c", "home")):
        company.take(session, "disconnected", 5.0, browser)
    assert company.lost_together("a", 6.0) == 1
    assert (company.connected("work"), company.connected("home")) == (1, 0)


def test_with_one_browser_nothing_is_told_that_was_not_told_before() -> None:
    keys = msgspec.to_builtins(samples.state("0123456789")).keys()
    assert "browser" not in keys
    named = msgspec.structs.replace(samples.state("0123456789"), browser="work")
    assert msgspec.to_builtins(named).keys() - keys == {"browser"}
