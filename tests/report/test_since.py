"""Since when: what a person writes is the moment that they mean."""

import time as clock
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.config import ConfigError
from colab_cdp_agent.report.since import parse_since

NOW = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


@pytest.fixture
def seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(clock, "tzset"):
        pytest.skip("this system's zone cannot be set for a test")
    monkeypatch.setenv("TZ", "KST-9")
    clock.tzset()
    yield
    monkeypatch.undo()
    clock.tzset()


@pytest.mark.usefixtures("seoul")
@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("22:00", "2026-11-24T13:00"),
        ("15:30", "2026-11-25T06:30"),
        ("15:31", "2026-11-24T06:31"),
        ("6:05", "2026-11-24T21:05"),
        ("12h", "2026-11-24T18:30"),
        ("90m", "2026-11-25T05:00"),
        ("2026-11-24T22:00", "2026-11-24T13:00"),
        ("2026-11-24 22:00:30", "2026-11-24T13:00:30"),
        ("2026-11-24", "2026-11-23T15:00"),
        ("2026-11-24T22:00Z", "2026-11-24T22:00"),
        ("2026-11-24T22:00+01:00", "2026-11-24T21:00"),
    ],
)
def test_a_moment_is_read(text: str, utc: str) -> None:
    assert parse_since(text, NOW) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "25:00", "12:60", "12", "12 h", "-3h", "2026-13-01", "9999999d", "٣h"]
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--since: expected a time such as 22:00, .* found"):
        parse_since(text, NOW)


def test_what_lies_ahead_is_refused() -> None:
    with pytest.raises(ConfigError, match="a time that has been"):
        parse_since("2026-11-26T00:00", NOW)


def refusal(text: str) -> str | None:
    try:
        assert parse_since(text, NOW) <= NOW
    except ConfigError as error:
        return str(error)
    return None


@given(st.text(max_size=20))
def test_any_text_is_a_moment_that_has_been_or_refused(text: str) -> None:
    assert (refusal(text) or "--since: expected").startswith("--since: expected")


@given(st.times())
def test_a_time_of_day_was_within_the_last_day(moment: time) -> None:
    since = parse_since(f"{moment:%H:%M}", NOW)
    assert NOW - timedelta(days=1, hours=1) <= since <= NOW
    assert f"{since.astimezone():%H:%M}" == f"{moment:%H:%M}"
