"""The words of the report: times and curves as a person says them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.report import words
from colab_cdp_agent.report.night import Curve
from colab_cdp_agent.report.timeline import Span
from colab_cdp_agent.report.words import Clock
from records import BEGAN, at


@given(ago=st.floats(0, 100), hours=st.floats(0.1, 100))
def test_a_time_of_day_stands_alone_only_where_it_can_be_no_other(ago: float, hours: float) -> None:
    span = Span(BEGAN, BEGAN + timedelta(hours=hours))
    said = Clock(span)(span.ended - timedelta(hours=ago))
    assert (len(said) > len("22:00")) or max(ago, hours) < 24


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((2.0, 1.0), "2 → 1"),
        ((2.0, 0.5, 3.0, 1.0), "2 → 1 (lowest 0.5, highest 3)"),
        ((2.0, None), "2 → not finite"),
        ((0.123456,), "0.1235"),
        ((None, None), "never a finite number"),
    ],
)
def test_a_curve_is_said_by_its_ends_and_its_extremes(
    values: tuple[float | None, ...], says: str
) -> None:
    points = tuple((at(minute), value) for minute, value in enumerate(values))
    assert words.curve_line(Curve("loss", points)) == says
