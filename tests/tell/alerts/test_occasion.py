"""What rings: every kind has its place, and a group rings for what is worth waking somebody."""

import re
from pathlib import Path
from typing import get_args

import pytest

import samples
from colab_cdp_agent.settings.telling import Alerts, Occasion
from colab_cdp_agent.tell.alerts.alert import alert_of
from colab_cdp_agent.tell.alerts.occasion import (
    OCCASIONS,
    PATIENCE_S,
    SHORTEST_RUN_S,
    Group,
    begins,
    ends,
)
from colab_cdp_agent.watch import consent
from colab_cdp_agent.watch.duties import RECONNECT_PAUSES_S, DutyName
from colab_cdp_agent.watch.finding import SENTENCES, STOPS_DUTIES
from colab_cdp_agent.watch.profile import AttentionKind
from colab_cdp_protocols import mqtt

ROOT = Path(__file__).parents[3]
DEFAULT = Alerts().ring
NO_OCCASION = {"phase", "command", *get_args(DutyName)}


def told(
    kind: str, severity: mqtt.Severity = "alert", run_s: float | None = None
) -> mqtt.Happening:
    return mqtt.Happening("1", samples.MOMENT, kind, severity, "It is so.", run_s=run_s)


def rings(happening: mqtt.Happening, *ring: str) -> bool:
    return alert_of("s", happening, ring, None) is not None


def test_every_kind_that_is_told_of_has_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from mqtt_words import EVENTS, SAID  # noqa: PLC0415 - what docs/mqtt.md tells of

    told_of = {*SENTENCES, *get_args(AttentionKind), *SAID, *EVENTS}
    assert told_of - NO_OCCASION == set(OCCASIONS) - {consent.KIND}  # of a browser, in its state


def test_every_kind_is_told_to_the_people_who_set_what_rings() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    for kind, occasion in OCCASIONS.items():
        (row,) = re.findall(rf"^\| `{kind}` \|.*$", page, re.MULTILINE)
        assert f"| {occasion.group or 'none'} |" in row.replace("`", "")


def test_the_configuration_knows_every_kind_and_every_group() -> None:
    assert {*get_args(Group), *OCCASIONS} == set(get_args(Occasion))


def test_what_stops_the_duties_needs_a_person() -> None:
    assert {kind for kind in STOPS_DUTIES if OCCASIONS[kind].group != "needs_you"} == set()


@pytest.mark.parametrize("kind", OCCASIONS)
def test_a_kind_rings_by_its_own_name_and_never_without_being_asked_for(kind: str) -> None:
    happening = told(kind, "alert", run_s=0.2)
    assert rings(happening, kind)
    assert not rings(happening)
    others = [each for each in OCCASIONS if each != kind]
    assert not rings(happening, *others)


@pytest.mark.parametrize("kind", OCCASIONS)
def test_a_kind_rings_by_its_group(kind: str) -> None:
    group = OCCASIONS[kind].group
    happening = told(kind, run_s=SHORTEST_RUN_S)
    assert rings(happening, *get_args(Group)) == (group is not None)
    assert not rings(happening, *(each for each in get_args(Group) if each != group))


def test_a_cell_that_was_run_by_hand_does_not_ring_when_it_finished() -> None:
    assert not rings(told("run_finished", "info", 0.2), *DEFAULT)
    assert not rings(told("run_finished", "info", SHORTEST_RUN_S - 1), *DEFAULT)
    assert rings(told("run_finished", "info", SHORTEST_RUN_S), *DEFAULT)


def test_a_lost_connection_waits_by_its_group_until_every_try_was_made() -> None:
    by_group = alert_of("s", told("disconnected"), DEFAULT, None)
    by_name = alert_of("s", told("disconnected"), ("disconnected",), None)
    assert by_group is not None
    assert by_name is not None
    assert (by_group.patient, by_name.patient) == (True, False)
    assert (by_group.ripe_at - by_group.at).total_seconds() == PATIENCE_S > sum(RECONNECT_PAUSES_S)
    assert by_name.ripe_at < by_group.ripe_at


@pytest.mark.parametrize("kind", ["phase", "keep_alive", "reconnect", "clear", "unheard_of"])
@pytest.mark.parametrize("severity", ["info", "warning", "alert"])
def test_what_is_no_occasion_neither_rings_nor_ends_anything(
    kind: str, severity: mqtt.Severity
) -> None:
    assert not begins(told(kind, severity))
    assert not ends(told(kind, severity))


def test_an_end_is_told_only_of_what_lasts() -> None:
    assert ends(told("captcha", "info"))
    assert not begins(told("captcha", "info"))
    assert not ends(told("run_finished", "info"))


def test_an_alert_brings_title_progress_and_the_last_line() -> None:
    state = samples.state(
        title="train\x1b[31m",
        progress=mqtt.Progress(fraction=0.42, eta_s=4_200.0),
        output=mqtt.Output(last_line="step 42\x07"),
    )
    alert = alert_of("s", told("captcha"), DEFAULT, state)
    assert alert is not None
    assert (alert.title, alert.progress) == ("train", "42 % · 1 h 10 min left · step 42")
