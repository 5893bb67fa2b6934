"""Who may ask at all: by the name in Host, the page in Origin, and the count of wrong passwords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.tell.web.guard import (
    MOST_ADDRESSES,
    WITHIN_S,
    WRONG_TRIES,
    WrongTries,
    is_own_host,
    is_own_origin,
)

NAMES = ("desk", "desk.local")


@pytest.mark.parametrize("host", ["127.0.0.1:8770", "localhost:8770", "[::1]:8770"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_own_host(host, 8770, None)
    assert is_own_host(host, 8770, NAMES)


@pytest.mark.parametrize("host", ["192.168.1.5:8770", "desk:8770", "desk.local:8770"])
def test_the_local_network_knows_this_machine_only_where_it_may_come(host: str) -> None:
    assert is_own_host(host, 8770, NAMES)
    assert not is_own_host(host, 8770, None)


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example:8770", "127.0.0.1.evil.example:8770", "localhost.evil.example:8770",
        "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8771", "[::1]", "localhost:", ":8770",
        "desk.evil.example:8770", "0x7f000001:8770", "127.1:8770",
    ],
)  # fmt: skip
def test_no_other_name_is_this_machine(host: str) -> None:
    assert not is_own_host(host, 8770, None)
    assert not is_own_host(host, 8770, NAMES)


@given(st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z][a-z0-9-]{1,10}){1,3}:8770", fullmatch=True))
def test_no_name_of_the_internet_is_this_machine(host: str) -> None:
    assert is_own_host(host, 8770, NAMES) is (host == "desk.local:8770")


def test_only_the_page_that_was_served_here_may_act() -> None:
    assert is_own_origin("http://127.0.0.1:8770", "127.0.0.1:8770")
    for origin in (None, "null", "https://127.0.0.1:8770", "http://localhost:8770", "http://evil"):
        assert not is_own_origin(origin, "127.0.0.1:8770")


def test_after_a_few_wrong_tries_an_address_waits_a_minute() -> None:
    tries = WrongTries()
    for second in range(WRONG_TRIES):
        assert tries.may_try("a", second)
        tries.failed("a", second)
    assert not tries.may_try("a", 10)
    assert tries.may_try("b", 10)
    assert tries.may_try("a", WITHIN_S + 1)


@given(st.lists(st.tuples(st.integers(0, 2000), st.floats(0, 10)), max_size=400))
def test_what_is_remembered_of_wrong_tries_is_bounded(steps: list[tuple[int, float]]) -> None:
    tries = WrongTries()
    now = 0.0
    for address, passed in steps:
        now += passed
        if tries.may_try(str(address), now):
            tries.failed(str(address), now)
        assert len(tries._tries) <= MOST_ADDRESSES


def test_where_very_many_try_nobody_new_may() -> None:
    tries = WrongTries()
    for number in range(MOST_ADDRESSES):
        tries.failed(str(number), 0.0)
    assert not tries.may_try("new", 1.0)
    assert tries.may_try("new", WITHIN_S + 1)
