"""Some at once, so much a second: over any time no more than both together."""

from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.tell.web.allowance import Allowance


@given(
    st.floats(1, 100),
    st.floats(0.1, 50),
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 20)), max_size=50),
)
def test_no_more_is_given_than_the_burst_and_what_came_since(
    burst: float, rate: float, steps: list[tuple[float, float]]
) -> None:
    allowance = Allowance(burst, rate, 0.0)
    now = taken = 0.0
    for passed, amount in steps:
        now += passed
        if allowance.take(amount, now):
            taken += amount
        assert taken <= burst + rate * now + 1e-6


def test_whoever_waits_may_go_on() -> None:
    allowance = Allowance(10, 2, 0.0)
    assert allowance.take(10, 0.0)
    assert not allowance.take(1, 0.0)
    assert allowance.take(2, 1.0)
