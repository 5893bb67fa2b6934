"""May a question be raised: once for a start, once for each word of a person, never by itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.browser import BrowserLostError, HandshakeRefusedError, NoAnswerError
from colab_cdp_agent.watch.consent import Consent, ConsentNeededError, Notice
from colab_cdp_protocols import mqtt

ERRORS = (
    HandshakeRefusedError("HTTP 403"),
    NoAnswerError("no answer in 120 s"),
    BrowserLostError("it broke off"),
    ChromeAbsentError("nothing listens", "start it"),
)
LATE = NoAnswerError("no answer")


def why(consent: Consent) -> str:
    with pytest.raises(ConsentNeededError) as raised:
        consent.ask("Chrome")
    return str(raised.value)


@pytest.mark.parametrize(
    ("error", "needs_you", "says"),
    [
        (ERRORS[0], True, "consent: it was refused in Edge; to be asked again"),
        (ERRORS[1], True, "nobody clicked Allow in Edge within 120 s; close the old question"),
        (ERRORS[2], False, "consent: Edge asks anew for each connection"),
    ],
)
def test_how_a_question_ends(error: Exception, says: str, *, needs_you: bool) -> None:
    consent = Consent()
    assert "click Allow in Edge" in consent.ask("Edge")
    assert isinstance(consent.ended(error), ConsentNeededError) == needs_you
    assert says in why(consent)
    assert consent.renew()
    consent.ask("Edge")


def test_a_connection_that_is_lost_is_not_made_again_unasked() -> None:
    consent = Consent()
    consent.ask("Chrome")
    consent.given()
    assert consent.ended(LATE) is LATE
    assert "asks anew for each connection" in why(consent)


def test_a_browser_that_does_not_ask_never_uses_the_right_up() -> None:
    consent = Consent()
    for error in ERRORS:
        consent.given()
        assert consent.ended(error) is error
    assert not consent.renew()
    consent.ask("Chrome")


@given(st.lists(st.sampled_from(["ask", "given", "renew", *range(len(ERRORS))]), max_size=40))
def test_there_are_never_more_questions_than_words_of_a_person(steps: list[str | int]) -> None:
    consent, questions, words = Consent(), 0, 1
    for step in steps:
        if step == "ask":
            try:
                consent.ask("Chrome")
            except ConsentNeededError:
                continue
            questions += 1
        elif step == "given":
            consent.given()
        elif step == "renew":
            words += consent.renew()
        else:
            consent.ended(ERRORS[int(step)])
        assert questions <= words <= questions + 1


def test_a_person_is_told_once_and_that_it_is_over() -> None:
    notice = Notice()
    story: list[mqtt.ChromeState] = [
        "waiting", "connected", "needs_you", "needs_you", "waiting", "needs_you", "connected",
        "frozen", "connected",
    ]  # fmt: skip
    infos = [mqtt.ChromeInfo(state, None, datetime.now(UTC), "why") for state in story]
    told = [
        happening and (happening.severity, happening.text) for happening in map(notice.take, infos)
    ]
    assert [each for each in told if each] == [("alert", "why"), ("info", "Over: consent")]
    assert told.index(("alert", "why")) == 2
