"""The report on a terminal: nothing steers it, nothing is wider than it, and a pipe is plain."""

from io import StringIO
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from colab_cdp_agent.keep import record
from colab_cdp_agent.keep.record import Record
from colab_cdp_agent.report.gather import gather
from colab_cdp_agent.report.glyphs import GLYPHS, bar
from colab_cdp_agent.report.terminal import MOST_ENTRIES, Report
from colab_cdp_agent.report.timeline import NOT_WATCHED, UNKNOWN, Stretch
from colab_cdp_agent.sparkline import sparkline
from colab_cdp_protocols import mqtt
from records import ALL_NIGHT, SESSION, SPAN, at, event, phase, records, run, unhurried, watch

EVIL = "\x1b[31m[bold]loss[/bold]\x07\r\n\u202e 훈련 :smile: \x9b2J"


class Paper(StringIO):
    """A file of some encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override] # StringIO says None
        return self._encoding


def printed(rows: Record, width: int = 80, encoding: str = "utf-8", *, colour: bool = False) -> str:
    paper = Paper(encoding)
    console = Console(
        file=paper, width=width, highlight=False, markup=False, emoji=False,
        force_terminal=colour, color_system="truecolor" if colour else None,
    )  # fmt: skip
    Report(console, gather(rows, "me", SPAN, {})).show()
    return paper.getvalue()


def night(title: str = "train", **rows: tuple[object, ...]) -> Record:
    sessions = (record.Session(SESSION, title, "colab"),)
    return Record(watches=(ALL_NIGHT,), sessions=sessions, **rows)  # type: ignore[arg-type] # a row each


@settings(unhurried, max_examples=50)
@given(rows=records, width=st.sampled_from([60, 80, 132]))
def test_no_night_is_wider_than_the_terminal(rows: Record, width: int) -> None:
    for line in printed(rows, width).splitlines():
        assert cell_len(line.rstrip()) <= width
        assert line.isprintable()


def test_nothing_that_a_page_said_steers_the_terminal() -> None:
    rows = night(
        EVIL,
        phases=(phase(1, EVIL),),
        events=(event(5, EVIL, "alert", text=EVIL, cause=EVIL, evidence=EVIL),),
        runs=(run("r", 1, 5, ended=at(5), outcome=EVIL, cause=EVIL, evidence=EVIL),),
        points=(record.Point(SESSION, "r", EVIL, at(2), 1, 1.0),),
        limits=(record.Limit(SESSION, EVIL, at(5), EVIL, EVIL, 1, None),),
        attentions=(record.Attention(SESSION, EVIL, at(5), "x"),),
    )
    said = printed(rows)
    assert all(line.isprintable() for line in said.splitlines())
    assert "[bold]loss[/bold]" in said
    assert "훈련 :smile:" in said


def test_a_pipe_has_no_colour_and_a_terminal_has() -> None:
    rows = night(phases=(phase(1, "running"),))
    assert "\x1b" not in printed(rows)
    assert "\x1b[" in printed(rows, colour=True)


def test_a_narrow_encoding_gets_plain_characters() -> None:
    rows = night(
        phases=(phase(1, "running"), phase(300, "idle")),
        runs=(run("r", 1, 300, ended=at(300), outcome="finished"),),
        points=tuple(record.Point(SESSION, "r", "loss", at(m), m, 1.0 / m) for m in (2, 3, 4)),
    )
    assert "█" in printed(rows)
    assert "#" in printed(rows, encoding="cp1252")
    assert not any(character in printed(rows, encoding="cp1252") for character in "█░▁▂▃▄▅▆▇")


def test_it_says_what_a_person_asks_for() -> None:
    rows = Record(
        watches=(watch(-10, 300, 300), watch(330, 600)),
        sessions=(record.Session(SESSION, "훈련", "colab"),),
        phases=(phase(1, "running"), phase(340, "limited")),
        events=(
            *(event(minute, "keep_alive") for minute in range(5, 300, 5)),
            event(120, "clear"),
            event(340, "usage_limit", "alert", text="Colab refuses.", evidence="a dialog"),
        ),
        runs=(
            run(
                "r", 1, 200, ended=at(200), outcome="failed", cause="It ran out of memory.",
                evidence="line 1\nCUDA out of memory",
                progress=mqtt.Progress(fraction=0.25, epoch=3, epochs=12, step=100, total=400),
            ),
        ),
        points=tuple(
            record.Point(SESSION, "r", "loss", at(m), m, 2.0 - m / 100) for m in range(1, 101)
        ),
        limits=(record.Limit(SESSION, "usage_limit", at(340), "Colab refuses.", "T4", 3, 7_200.0),),
        attentions=(record.Attention(SESSION, "usage_limit", at(340), "x"),),
    )  # fmt: skip
    said = " ".join(printed(rows, 110).split())
    for words in (
        "me: ", "1 notebook · 1 run · 1 failed", "Needs you 훈련: Colab refuses. (since",
        "usage limit in 훈련 with 3 sessions on T4 after 2 h 00 min; it has not lifted yet",
        "(30 min): the agent was not running", "훈련 limited", "failed after 3 h 19 min",
        "because: It ran out of memory.", "│ CUDA out of memory",
        "epoch 3 of 12 · step 100 of 400 · 25%", "1.99 → 1",
        "usage limit: Colab refuses.", "│ a dialog", "not watched for 30 min",
        "Cleared once, kept alive 59 times.",
    ):  # fmt: skip
        assert words in said


def test_of_very_much_the_latest_is_shown() -> None:
    events = tuple(event(number / 10, "reconnect", text=f"try {number}") for number in range(200))
    said = printed(night(events=events))
    assert f"{201 - MOST_ENTRIES} earlier lines left out" in said
    assert "try 199" in said
    assert "try 5\n" not in said


@pytest.mark.parametrize("name", [*get_args(mqtt.Phase), NOT_WATCHED, UNKNOWN])
def test_every_phase_has_a_character_and_a_plain_one(name: str) -> None:
    drawn = GLYPHS[name]
    assert len(drawn.character) == 1
    assert drawn.plain.isascii()


def test_a_cell_of_the_bar_shows_what_filled_most_of_it_or_that_a_person_was_needed() -> None:
    parts = [
        Stretch(at(0), at(170), "running"),
        Stretch(at(170), at(300), "idle"),
        Stretch(at(300), at(301), "needs_you"),
        Stretch(at(301), at(600), "idle"),
    ]
    assert bar(parts, SPAN, 4) == ["running", "idle", "needs_you", "idle"]


@given(
    values=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    width=st.integers(1, 40),
)
def test_a_sparkline_is_as_long_as_there_is_room(values: list[float | None], width: int) -> None:
    assert len(sparkline(values, width)) == min(width, len(values))


def test_a_sparkline_rises_with_its_values() -> None:
    assert sparkline([0.0, 1.0, None, 2.0, 7.0], 10) == "▁▂?▃█"
