"""The page: whatever was read is text on it; it loads and runs nothing, and says what it draws."""

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colab_cdp_agent.keep import record
from colab_cdp_agent.keep.record import Record
from colab_cdp_agent.report import pictures
from colab_cdp_agent.report.gather import gather
from colab_cdp_agent.report.markup import VOID, joined, lines, tag
from colab_cdp_agent.report.night import Curve
from colab_cdp_agent.report.page import STYLE, page
from colab_cdp_agent.report.page_notebook import MOST_ENTRIES
from colab_cdp_agent.report.timeline import NOT_WATCHED, UNKNOWN, Span
from colab_cdp_agent.report.words import Clock
from colab_cdp_protocols import mqtt
from records import ALL_NIGHT, BEGAN, SESSION, SPAN, at, event, phase, records, run, unhurried

EVIL = '<script>alert(1)</script>" onload="x" \x1b[31mred\x1b[0m \u202egnp.exe & 훈련'
PLAIN = '<script>alert(1)</script>" onload="x" red  gnp.exe & 훈련'


class Reader(HTMLParser):
    """Reads a page; every element must be closed where it should."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.style = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self._open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self._open.pop() == name

    def handle_data(self, text: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += text
        else:
            self.said.append(text)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.elements if found == name]


def shown(rows: Record, span: Span = SPAN) -> Reader:
    return Reader(page(gather(rows, "me", span, {SESSION: ("/home/me/archive/2026.txt",)})))


def full(text: str) -> Record:
    """Return a night in which everything that can be told of says a text."""
    return Record(
        watches=(ALL_NIGHT,),
        sessions=(record.Session(SESSION, text, "colab"),),
        phases=(phase(1, "running"), phase(90, text)),
        events=(event(5, text, "alert", text=text, cause=text, evidence=f"{text}\n{text}"),),
        runs=(
            run(
                text, 1, 90, ended=at(90), outcome=text, cause=text, evidence=text,
                progress=mqtt.Progress(fraction=0.5, step=3, metrics={text: 1.0}),
            ),
        ),
        points=tuple(
            record.Point(SESSION, text, name, at(minute), minute, value)
            for name in (text, *"abcdefgh")
            for minute, value in ((1, 2.0), (2, None), (3, 1.0))
        ),
        limits=(record.Limit(SESSION, text, at(5), text, text, 3, 60.0),),
        attentions=(record.Attention(SESSION, text, at(5), "x"),),
    )  # fmt: skip


def test_whatever_was_read_is_text_on_the_page() -> None:
    found = shown(full(EVIL))
    said = "".join(found.said)
    assert PLAIN in said
    assert "script" not in {name for name, _attributes in found.elements}
    assert not any(key.startswith("on") for _name, each in found.elements for key in each)
    assert "\x1b" not in said
    assert "\u202e" not in said


@given(texts=st.lists(st.text(st.characters(exclude_categories=())), min_size=2, max_size=2))
def test_no_text_becomes_markup(texts: list[str]) -> None:
    child, attribute = texts
    found = Reader(tag("p", child, lines(attribute), joined(child), data_x=attribute))
    ((name, _attributes),) = found.elements
    assert name == "p"


@settings(unhurried, max_examples=50)
@given(rows=records)
def test_every_night_is_a_whole_page(rows: Record) -> None:
    found = shown(rows)
    assert "nan" not in " ".join(each["d"] or "" for each in found.all("path"))


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    found = shown(full("train"))
    assert {"script", "link", "img", "iframe", "object", "form"}.isdisjoint(
        name for name, _attributes in found.elements
    )
    for _name, attributes in found.elements:
        assert not {"src", "srcset", "style", "action"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")
    assert re.findall(r"url\((?!\"#)", found.style) == []
    assert "@import" not in found.style


def test_its_policy_allows_its_own_style_and_nothing_else() -> None:
    found = shown(full("train"))
    (policy,) = [
        each["content"] or ""
        for each in found.all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(found.style.encode()).digest()).decode()
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]


def test_every_link_on_the_page_leads_to_a_place_on_it() -> None:
    found = shown(full("train"))
    places = [each["id"] for _name, each in found.elements if "id" in each]
    assert len(places) == len(set(places))
    links = {each["href"] for each in found.all("a")}
    assert links <= {f"#{place}" for place in places}
    assert f"#{SESSION}" in links


def test_every_picture_says_in_words_what_it_shows() -> None:
    for attributes in shown(full("train")).all("svg"):
        assert attributes.get("aria-hidden") == "true" or (
            attributes["role"] == "img" and attributes["aria-label"]
        )


def test_every_column_has_a_heading() -> None:
    found = shown(full("train"))
    assert all(each["scope"] == "col" for each in found.all("th"))
    assert all(each["data-head"] for each in found.all("td"))
    assert found.all("html") == [{"lang": "en"}]


@pytest.mark.parametrize("name", [*get_args(mqtt.Phase), NOT_WATCHED, UNKNOWN])
def test_every_phase_has_a_colour(name: str) -> None:
    assert re.search(rf"\.{pictures.phase_class(name)}\b", STYLE.read_text("utf-8"))


def test_a_phase_of_a_later_version_is_drawn_all_the_same() -> None:
    assert pictures.phase_class('x" onload="') == pictures.phase_class(UNKNOWN)


def test_the_bar_of_a_night_is_as_wide_as_the_night() -> None:
    rows = Record(watches=(ALL_NIGHT,), phases=(phase(-1, "running"), phase(60, "idle")))
    bar = Reader(
        pictures.bar(gather(rows, "me", SPAN, {}).notebooks[0].stretches, SPAN, Clock(SPAN), "x")
    )
    drawn = [(each["x"], each["width"], each["class"]) for each in bar.all("rect")]
    assert drawn == [
        ("0.00%", "10.00%", "phase-running"),
        ("10.00%", "90.00%", "phase-idle"),
    ]


def test_a_moment_in_which_a_person_was_needed_is_never_too_short_to_be_seen() -> None:
    rows = Record(
        watches=(ALL_NIGHT,),
        phases=(phase(-1, "running"), phase(60, "needs_you"), phase(60.02, "idle")),
    )
    bar = Reader(
        pictures.bar(gather(rows, "me", SPAN, {}).notebooks[0].stretches, SPAN, Clock(SPAN), "x")
    )
    last = bar.all("rect")[-1]  # on top of the others
    assert last["class"] == "phase-needs_you"
    assert float((last["width"] or "").rstrip("%")) >= pictures.LEAST_WIDTH


def test_a_notebook_that_flaps_all_night_is_drawn_in_few_pieces() -> None:
    phases = tuple(phase(number / 10, ("running", "idle")[number % 2]) for number in range(5_999))
    (notebook,) = gather(Record(watches=(ALL_NIGHT,), phases=phases), "me", SPAN, {}).notebooks
    assert len(notebook.stretches) > pictures.MOST_PIECES
    drawn = Reader(pictures.bar(notebook.stretches, SPAN, Clock(SPAN), "x")).all("rect")
    assert len(drawn) == pictures.MOST_PIECES


def test_a_curve_is_broken_where_it_was_not_finite() -> None:
    values = (1.0, 0.5, None, 2.0, None, 0.0)
    drawn = Curve("loss", tuple((at(minute), value) for minute, value in enumerate(values)))
    (path,) = Reader(pictures.curve(drawn, "x")).all("path")
    assert re.findall(r"[ML][^ML]+", path["d"] or "") == [
        "M0 50.0h0", "L200 75.0", "M600 0.0h0", "M1000 100.0h0",
    ]  # fmt: skip


@given(hours=st.floats(0.001, 24 * 40))
def test_the_hours_below_a_bar_are_few_and_lie_within_it(hours: float) -> None:
    span = Span(BEGAN, BEGAN + timedelta(hours=hours))
    marks = [float((each["x"] or "").rstrip("%")) for each in _axis(span)]
    assert len(marks) <= pictures.MOST_TICKS
    assert all(0 < mark < 100 for mark in marks)
    assert marks == sorted(marks)


def _axis(span: Span) -> list[dict[str, Any]]:
    return Reader(pictures.axis(span, Clock(span))).all("text")


def test_a_night_with_very_much_in_it_is_a_page_of_bounded_size() -> None:
    events = tuple(event(number / 100, "reconnect", text=str(number)) for number in range(50_000))
    found = shown(Record(watches=(ALL_NIGHT,), events=events))
    assert len(found.all("tr")) <= MOST_ENTRIES + 2
    assert "49,001 earlier lines left out." in found.said
