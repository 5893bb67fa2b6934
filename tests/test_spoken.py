"""Lengths of time, and numbers of things, as a person says them."""

import pytest

from colab_cdp_agent.spoken import counted, duration, shortened, times


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (60, "1 min"), (3_599, "1 h 00 min"),
        (3_600 + 360, "1 h 06 min"), (86_399, "1 d 0 h"), (90_000, "1 d 1 h"), (-5, "0 s"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_in_its_largest_units(seconds: float, says: str) -> None:
    assert duration(seconds) == says


@pytest.mark.parametrize(
    ("number", "says", "often"),
    [(0, "0 lines", "0 times"), (1, "1 line", "once"), (2_000, "2,000 lines", "2,000 times")],
)
def test_of_one_thing_there_is_no_plural(number: int, says: str, often: str) -> None:
    assert (counted(number, "line"), times(number)) == (says, often)


@pytest.mark.parametrize(
    ("text", "told"), [("", ""), ("훈련 12", "훈련 12"), ("훈련 123", "훈련 1…")]
)
def test_a_long_text_is_cut_with_an_ellipsis_and_is_no_longer_than_asked(
    text: str, told: str
) -> None:
    assert shortened(text, 5) == told
