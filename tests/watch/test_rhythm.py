"""A run is stalled when it is silent for longer than its own rhythm warrants, and never sooner."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.watch.rhythm import (
    FORGET_PAUSES,
    SHORTEST_STALL_S,
    STALL_PAUSES,
    UNHEARD_STALL_S,
    Rhythm,
    lifetime_near,
)

MINUTE = 60.0
HOUR = 3600.0
EVENING = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)

pauses = st.lists(st.floats(0, 2 * HOUR), min_size=1, max_size=60)
moment = st.floats(0, 1e9)
silence = st.floats(0, 100 * HOUR)


def after(*pauses: float, began: float = 1000.0) -> tuple[Rhythm, float]:
    """Return the rhythm of a run with such pauses, and when it was heard last."""
    rhythm, at = Rhythm(), began
    rhythm.begin(at)
    for pause in pauses:
        at += pause
        rhythm.heard(at)
    return rhythm, at


def patience(rhythm: Rhythm, heard: float) -> float:
    """Return after how many minutes of silence a run is called stalled."""
    return next(m for m in range(100_000) if rhythm.stalled(heard + m * MINUTE) is not None)


def test_what_never_began_is_not_stalled() -> None:
    rhythm = Rhythm()
    rhythm.heard(5.0)
    rhythm.slept(5.0)
    assert rhythm.stalled(1e9) is None


@given(pauses, moment, silence)
def test_nothing_is_stalled_before_ten_minutes_of_silence(
    given: list[float], began: float, silent: float
) -> None:
    rhythm, heard = after(*given, began=began)
    found = rhythm.stalled(heard + silent)
    assert found is None or found >= SHORTEST_STALL_S
    assert found is None or found == pytest.approx(silent)


@given(pauses, silence)
def test_nothing_is_stalled_before_four_of_its_pauses_that_came_twice(
    given: list[float], silent: float
) -> None:
    rhythm, heard = after(*given)
    twice = sorted(given)[-2] if len(given) > 1 else 0.0
    found = rhythm.stalled(heard + silent)
    assert found is None or found >= STALL_PAUSES * twice - 1e-6


@given(st.floats(SHORTEST_STALL_S, 3 * HOUR))
def test_a_run_that_prints_once_an_epoch_has_time_from_its_first_epoch_on(epoch: float) -> None:
    for epochs in (1, 2, 3, 50):
        rhythm, heard = after(*[epoch] * epochs)
        assert rhythm.stalled(heard + STALL_PAUSES * epoch - 1) is None
        assert rhythm.stalled(heard + STALL_PAUSES * epoch + 1) is not None


def test_one_long_pause_early_on_is_forgotten_after_a_while() -> None:
    download = 20 * MINUTE
    rhythm, heard = after(download, *[1.0] * 60)
    assert patience(rhythm, heard) == STALL_PAUSES * download / MINUTE
    rhythm, heard = after(download, *[1.0] * round(FORGET_PAUSES * download))
    assert patience(rhythm, heard) == SHORTEST_STALL_S / MINUTE


def test_two_long_pauses_make_the_shorter_of_them_usual() -> None:
    for long in ((20.0, 12.0), (12.0, 20.0)):
        seconds = [1.0] * round(5 * HOUR)
        rhythm, heard = after(*(each * MINUTE for each in long), *seconds)
        assert patience(rhythm, heard) == STALL_PAUSES * 12


def test_a_long_pause_that_comes_again_stays_usual() -> None:
    epoch = [*[1.0] * 3600, 12 * MINUTE]
    rhythm, heard = after(*epoch, *epoch, *[1.0] * round(9 * HOUR))
    assert patience(rhythm, heard) == STALL_PAUSES * 12


@given(silence)
def test_a_run_that_never_printed_is_stalled_after_an_hour_only(silent: float) -> None:
    rhythm, began = after()
    assert (rhythm.stalled(began + silent) is not None) == (silent >= UNHEARD_STALL_S)


@given(pauses, silence, silence)
def test_stalled_stays_stalled_until_the_run_is_heard_again(
    given: list[float], silent: float, longer: float
) -> None:
    rhythm, heard = after(*given)
    if rhythm.stalled(heard + silent) is not None:
        assert rhythm.stalled(heard + silent + longer) is not None
    rhythm.heard(heard + silent)
    assert rhythm.stalled(heard + silent + SHORTEST_STALL_S - 1) is None


@given(pauses, st.floats(0, 10 * HOUR), st.floats(0, 10 * HOUR))
def test_sleep_is_no_silence(given: list[float], asleep: float, silent: float) -> None:
    sleeper, heard = after(*given)
    sleeper.slept(asleep)
    awake, _heard = after(*given)
    found = sleeper.stalled(heard + asleep + silent)
    if found is not None:
        assert found == pytest.approx(silent, abs=1e-3)
    if awake.stalled(heard + silent - 1e-3) is not None:
        assert found is not None


def test_sleep_is_no_pause_either() -> None:
    rhythm, heard = after(1.0, 1.0)
    rhythm.slept(8 * HOUR)
    rhythm.heard(heard + 8 * HOUR + 1)
    assert patience(rhythm, heard + 8 * HOUR + 1) == SHORTEST_STALL_S / MINUTE


def test_a_new_run_has_a_rhythm_of_its_own() -> None:
    rhythm, heard = after(HOUR, HOUR)
    rhythm.begin(heard + 1)
    rhythm.heard(heard + 2)
    assert patience(rhythm, heard + 2) == SHORTEST_STALL_S / MINUTE


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0, None), (10.9, None), (11, "a free runtime ends after 12"), (11.9, "after 12 at most"),
     (12, None), (22.9, None), (23, "a runtime of Pro+ ends after 24"), (24, None), (-5, None)],
)  # fmt: skip
def test_a_limit_of_life_is_told_in_the_last_hour_before_it(hours: float, said: str | None) -> None:
    text = lifetime_near(EVENING, EVENING + timedelta(hours=hours))
    assert text is None if said is None else said in (text or "")


def test_a_runtime_whose_start_nobody_saw_has_no_known_end() -> None:
    assert lifetime_near(None, EVENING) is None


def test_only_the_limits_that_may_apply_are_told() -> None:
    assert lifetime_near(EVENING, EVENING + timedelta(hours=11.5), plan_hours=[24]) is None
    text = lifetime_near(EVENING, EVENING + timedelta(hours=7.5), plan_hours=[8])
    assert text == "The runtime has lived for 7 hours: a runtime of this plan ends after 8 at most."
