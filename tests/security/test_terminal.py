"""Whatever others wrote, a terminal that shows it is not steered by it.

Beside these: tests/tell/test_screen.py, tests/remote/, tests/report/test_terminal.py.
"""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from colab_cdp_agent.doctor.finding import Finding, show
from colab_cdp_agent.printable import printable, printable_json, printable_lines
from colab_cdp_agent.replies import fail
from hostile import ATTACKS, HOSTILE, steering

any_text = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_of_no_attack_is_anything_left_that_steers(attack: str) -> None:
    shown = printable(f"before{attack}after")
    assert steering(shown, allowed="") == ""
    assert shown.startswith("before")
    assert shown.endswith("after")


def test_sequences_that_begin_without_end_cost_no_more_than_their_length() -> None:
    """Quadratic, it would not end within the limit of a test."""
    for opening in ("\x9d", "\x90", "\x1b]", "\x1bP", "\x9b0", "\x1b[0", "\x1b "):
        assert steering(printable(opening * 1_000_000)) == ""


def test_a_sentence_that_ends_a_command_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    fail(ValueError(f"no session is {HOSTILE}"))
    said = capsys.readouterr().err
    assert said.startswith("colab-cdp-agent: no session is ")
    assert steering(said) == ""


def test_what_the_doctor_found_steers_nothing() -> None:
    drawn = io.StringIO()
    show(Console(file=drawn, width=80), Finding(ok=False, what=HOSTILE, remedy=HOSTILE))
    assert steering(drawn.getvalue()) == ""
    assert len(drawn.getvalue().splitlines()) == 2


@given(st.recursive(any_text | st.integers(), lambda each: st.lists(each, max_size=3)))
def test_json_says_the_same_and_steers_nothing(value: object) -> None:
    written = printable_json(json.dumps(value, ensure_ascii=False))
    assert steering(written) == ""
    assert json.loads(written) == value


@given(any_text)
def test_several_lines_stay_several_and_nothing_else(text: str) -> None:
    shown = printable_lines(text)
    assert steering(shown) == ""
    assert shown.count("\n") <= text.count("\n")
