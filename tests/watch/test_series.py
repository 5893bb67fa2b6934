"""Series: bounded, dense where new, and never without what a person looks for in a curve."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.watch.series import MOST_POINTS, Series

values = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=1500)


def filled(values: list[float]) -> Series:
    series = Series()
    for second, value in enumerate(values):
        series.add(float(second), value, None)
    return series


@given(values)
def test_a_series_is_bounded_and_holds_only_what_was_added_in_order(values: list[float]) -> None:
    points = filled(values).points
    assert len(points) <= MOST_POINTS
    assert all(values[int(at)] == value for at, value in points)
    assert [at for at, _value in points] == sorted({at for at, _value in points})


@given(values)
def test_first_last_lowest_and_highest_always_stay(values: list[float]) -> None:
    kept = [value for _at, value in filled(values).points]
    assert (kept[0], kept[-1]) == (values[0], values[-1])
    assert (min(kept), max(kept)) == (min(values), max(values))


@pytest.mark.parametrize("count", [401, 5_000, 60_000])
def test_distances_grow_with_age_and_the_newest_stay_as_they_came(count: int) -> None:
    series = filled([0.0] * count)
    times = [at for at, _value in series.points]
    assert times[-50:] == [float(at) for at in range(count - 50, count)]
    ages = [(count - after, after - before) for before, after in pairwise(times[1:])]
    assert all(gap <= max(2.0, age / 10) for age, gap in ages)


def test_a_redrawn_bar_adds_no_point_for_the_same_step() -> None:
    series = Series()
    series.add(1.0, 0.5, 10)
    series.add(2.0, 0.4, 10)
    series.add(3.0, 0.4, None)
    series.add(4.0, 0.4, None)
    assert series.points == [(2.0, 0.4), (3.0, 0.4), (4.0, 0.4)]


def test_a_clock_that_goes_back_does_not_turn_the_curve_back() -> None:
    series = Series()
    series.add(5.0, 1.0, None)
    series.add(3.0, 2.0, None)
    assert series.points == [(5.0, 1.0), (5.0, 2.0)]
