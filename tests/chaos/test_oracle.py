"""The oracle hears a lie, a doubled event and what is untrue; and lets pass what a fault allows."""

import json
from typing import Any

import pytest

from chaos.oracle import Meanwhile, Oracle

SESSION = "abc"
WELL = {
    "phase": "running",
    "connection": "connected",
    "kernel": "busy",
    "attention": None,
    "witnesses": {"agree": True},
    "output": {"last_line": "run 1 line 5"},
    "updated": "2026-01-01T00:00:00Z",
}
EVENT = {"id": "1", "kind": "tab_gone", "text": "The tab is gone", "severity": "alert"}
ALLOWS = Meanwhile(
    frozenset({"sleeping"}), kernels=frozenset({"idle"}), events=frozenset({"tab_gone"})
)


@pytest.fixture
def oracle() -> Oracle:
    """Return an oracle that was told the plain truth."""
    oracle = Oracle([SESSION, "other"])
    say(oracle, "state", WELL)
    return oracle


def say(oracle: Oracle, what: str, body: dict[str, Any]) -> None:
    """Tell an oracle something of the notebook."""
    oracle.hear(f"colab/night/session/{SESSION}/{what}", json.dumps(body).encode())


def test_the_plain_truth_is_well(oracle: Oracle) -> None:
    """Up to the line that is told, and no further."""
    assert oracle.breaches == []
    assert oracle.well(SESSION, (1, 5)) is None
    assert oracle.well(SESSION, (1, 6)) is not None
    assert oracle.well("other", (1, 0)) is not None


@pytest.mark.parametrize("lie", [{"phase": "sleeping"}, {"phase": "idle"}, {"kernel": "idle"}])
def test_what_is_not_so_is_a_lie(oracle: Oracle, lie: dict[str, str]) -> None:
    """Where no fault stands."""
    say(oracle, "state", WELL | lie)
    assert len(oracle.breaches) == 1


@pytest.mark.parametrize("fault", [SESSION, "other"])
def test_a_fault_allows_it_of_its_target_alone(oracle: Oracle, fault: str) -> None:
    """And no longer than it stands."""
    asleep = WELL | {"phase": "sleeping", "kernel": "unknown"}
    oracle.begin(ALLOWS, fault)
    say(oracle, "state", asleep)
    assert (oracle.breaches == []) is (fault == SESSION)
    oracle.breaches.clear()
    oracle.end()
    say(oracle, "state", asleep)
    assert len(oracle.breaches) == 1


def test_an_event_that_is_not_true_is_a_breach(oracle: Oracle) -> None:
    """Where no fault brings it about."""
    say(oracle, "event", EVENT)
    assert len(oracle.breaches) == 1


def test_what_a_broker_retains_is_answered_at_any_later_time(oracle: Oracle) -> None:
    """Not before, though, and no other kind."""
    command = EVENT | {"kind": "command", "severity": "info"}
    say(oracle, "event", command)
    assert len(oracle.breaches) == 1
    oracle.breaches.clear()
    oracle.begin(Meanwhile(lasting=frozenset({"command"})), "other")
    oracle.end()
    say(oracle, "event", command | {"id": "2"})
    assert oracle.breaches == []
    say(oracle, "event", EVENT | {"id": "3"})
    assert len(oracle.breaches) == 1


def test_all_is_well_once_what_is_owed_was_told(oracle: Oracle) -> None:
    """Of each fault anew."""
    owes = Meanwhile(owed=frozenset({"tab_gone"}))
    for number in range(2):
        oracle.begin(owes, SESSION)
        assert oracle.well(SESSION, (1, 5)) is not None
        say(oracle, "event", EVENT | {"id": str(number), "severity": "info"})
        assert oracle.well(SESSION, (1, 5)) is None
    assert oracle.breaches == []


def test_an_event_comes_once(oracle: Oracle) -> None:
    """The same id again is a breach, unless a broker was cut off."""
    oracle.begin(ALLOWS, SESSION)
    say(oracle, "event", EVENT)
    assert oracle.breaches == []
    say(oracle, "event", EVENT)
    assert len(oracle.breaches) == 1


def test_a_broker_that_is_cut_off_may_bring_an_event_twice(oracle: Oracle) -> None:
    """As QoS 1 has it."""
    oracle.begin(Meanwhile(events=ALLOWS.events, everyone=True, twice=True), "other")
    say(oracle, "event", EVENT)
    say(oracle, "event", EVENT)
    assert oracle.breaches == []


def test_what_stands_is_raised_once_and_over_once(oracle: Oracle) -> None:
    """Whatever ids the events have."""
    over = EVENT | {"text": "Over: the tab is gone", "severity": "info"}
    oracle.begin(ALLOWS, SESSION)
    for number, event in enumerate((EVENT, over, EVENT)):
        say(oracle, "event", event | {"id": f"good {number}"})
    assert oracle.breaches == []
    say(oracle, "event", EVENT | {"id": "raised again"})
    for number in range(2):
        say(oracle, "event", over | {"id": f"over {number}"})
    assert len(oracle.breaches) == 2
