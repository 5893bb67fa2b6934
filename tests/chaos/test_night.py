"""A short night: ten faults in an order out of a seed. `make chaos` plays the long ones."""

import pytest

from chaos.performance import Performance
from chaos.schedule import each_once
from chaos.theatre import NAMES, Theatre

SEED = 1
PATIENCE = 4.0
FAULTS = (
    "Chromium killed",
    "agent killed",
    "archive's disk full",
    "broken MQTT",
    "broker killed",
    "clock set by 8 h",
    "duplicate tab",
    "garbage from Chromium",
    "kernel killed",
    "tab crashed",
)


@pytest.mark.timeout(400)
def test_a_short_night_is_told_truly_and_healed() -> None:
    """No status lies, no line is lost or doubled, nothing forbidden is done, all heals."""
    steps = list(each_once(SEED, FAULTS, len(NAMES)))
    with Theatre() as theatre:
        performance = Performance(theatre, PATIENCE)
        healed = list(performance.play(steps))
    assert [each.step for each in healed] == steps
