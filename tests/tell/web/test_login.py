"""Passwords, cookies and tickets: what lets a browser in, for how long, and how often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.tell.password_file import new_password
from colab_cdp_agent.tell.web import login
from colab_cdp_agent.tell.web.login import (
    COOKIE_LIFE_S,
    TICKET_LIFE_S,
    Login,
)

NOW = 1_800_000_000.0
PASSWORD = "abcd-efgh-jkmn-pqrs"


@given(st.text())
def test_any_other_password_is_wrong(typed: str) -> None:
    bare = "".join(filter(str.isalnum, typed)).lower()
    assert Login(PASSWORD).accepts(typed) is (bare == PASSWORD.replace("-", ""))


@pytest.mark.parametrize("typed", [PASSWORD, "ABCD EFGH JKMN PQRS", " abcdefghjkmnpqrs "])
def test_a_password_may_be_typed_as_a_phone_types_it(typed: str) -> None:
    assert Login(PASSWORD).accepts(typed)


def test_a_cookie_is_good_until_it_expires_and_over_a_restart() -> None:
    cookie = Login(PASSWORD).cookie(NOW)
    after_restart = Login(PASSWORD)
    assert after_restart.knows(cookie, NOW + COOKIE_LIFE_S - 1)
    assert not after_restart.knows(cookie, NOW + COOKIE_LIFE_S + 1)


def test_with_another_password_no_cookie_is_good() -> None:
    assert not Login(new_password()).knows(Login(PASSWORD).cookie(NOW), NOW)


def test_a_ticket_admits_once_and_not_late() -> None:
    entrance = Login(PASSWORD)
    ticket, another = entrance.ticket(NOW), entrance.ticket(NOW)
    assert entrance.admits(ticket, NOW)
    assert not entrance.admits(ticket, NOW)
    assert not entrance.admits(another, NOW + TICKET_LIFE_S + 1)
    assert entrance.admits(another, NOW + TICKET_LIFE_S - 1)


def test_a_ticket_is_no_cookie_and_a_cookie_no_ticket() -> None:
    entrance = Login(PASSWORD)
    assert not entrance.knows(entrance.ticket(NOW), NOW)
    assert not entrance.admits(entrance.cookie(NOW), NOW)


@given(st.text(max_size=300) | st.from_regex(r"\d{1,12}\.[\w-]{1,12}\.[0-9a-f]{64}"))
def test_nothing_else_is_a_cookie_or_a_ticket(text: str) -> None:
    entrance = Login(PASSWORD)
    assert not entrance.knows(text, NOW)
    assert not entrance.admits(text, NOW)


@given(st.integers(0, 200), st.characters())
def test_a_cookie_with_one_character_changed_is_none(place: int, character: str) -> None:
    entrance = Login(PASSWORD)
    cookie = entrance.cookie(NOW)
    place %= len(cookie)
    forged = cookie[:place] + character + cookie[place + 1 :]
    assert entrance.knows(forged, NOW) is (forged == cookie)


def test_used_tickets_are_forgotten_after_very_many() -> None:
    entrance = Login(PASSWORD)
    for _ in range(login.MOST_USED_TICKETS + 5):
        assert entrance.admits(entrance.ticket(NOW), NOW)
    assert len(entrance._used) == login.MOST_USED_TICKETS
