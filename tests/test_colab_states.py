"""What the agent says of Colab's page, in each of its generations and three languages."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from chromium import Chromium
from colab_sim import REPORT_ONLY, Notebook
from night import Night
from scene import needs_chromium_and_mosquitto
from stage import Stage

pytestmark = needs_chromium_and_mosquitto

GENERATIONS = (2020, 2023, 2025)
LANGUAGES = ("en", "ko", "es")
ALL = list(product(GENERATIONS, LANGUAGES))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def notebooks(stage: Stage) -> list[Notebook]:
    return [
        stage.notebook(f"{generation} {language}", generation=generation, language=language)
        for generation, language in ALL
    ]


@pytest.fixture(scope="module")
def chromium(stage: Stage, notebooks: list[Notebook]) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        for notebook in notebooks:
            chromium.open(notebook.url)
        yield chromium


@pytest.fixture(scope="module")
def night(chromium: Chromium) -> Iterator[Night]:
    off = {duty: {"on": False} for duty in ("keep_alive", "reconnect", "clear")}
    with Night(chromium.port, config={"duties": off}) as night:
        yield night


def everywhere(night: Night, notebooks: list[Notebook], key: str, value: str) -> None:
    """Wait until every notebook's status has that value."""
    for notebook in notebooks:
        night.until(lambda url=notebook.url: night.session(url)[key] == value)


@pytest.mark.parametrize(
    ("cell", "phase", "kernel"),
    [
        ("running", "running", "busy"),
        ("ok", "idle", "idle"),
        ("pending", "queued", "idle"),
        ("failed", "idle", "idle"),
        ("idle", "idle", "idle"),
    ],
)
def test_what_a_cell_does_is_told(
    stage: Stage, night: Night, notebooks: list[Notebook], cell: Any, phase: str, kernel: str
) -> None:
    for notebook in notebooks:
        stage.do(notebook.connection("connected"))
        stage.do(notebook.cell(cell))
    everywhere(night, notebooks, "phase", phase)
    everywhere(night, notebooks, "kernel", kernel)


RUNTIME: tuple[tuple[Any, str, str], ...] = (
    ("connecting", "connecting", "reconnecting"),
    ("connected", "connected", "idle"),
    ("allocating", "connecting", "reconnecting"),
    ("reconnect", "disconnected", "ended"),
    ("initializing", "connecting", "reconnecting"),
    ("no_runtime", "disconnected", "ended"),
    ("connected", "connected", "idle"),
)
"""What a page that was connected shows next, and what is told of it."""


def test_how_it_stands_with_the_runtime_is_told_in_any_language(
    stage: Stage, night: Night, notebooks: list[Notebook]
) -> None:
    for notebook in notebooks:
        stage.do(notebook.connection("connected"))
        stage.do(notebook.cell("idle"))
    everywhere(night, notebooks, "connection", "connected")
    for shown, connection, phase in RUNTIME:
        for notebook in notebooks:
            stage.do(notebook.connection(shown))
        everywhere(night, notebooks, "connection", connection)
        everywhere(night, notebooks, "phase", phase)


def test_a_failed_run_is_told_where_the_page_tells_it(
    stage: Stage, night: Night, notebooks: list[Notebook]
) -> None:
    told = [each for each, (year, _) in zip(notebooks, ALL, strict=True) if year == 2025]
    for notebook in told:
        stage.do(notebook.connection("connected"))
        stage.do(notebook.cell("running"))
        stage.do(notebook.cell("failed"))
        night.until(lambda url=notebook.url: night.attention(url) == "run_failed")
        stage.do(notebook.cell("idle"))


@pytest.mark.parametrize(
    ("dialog", "kind", "phase"),
    [
        ("captcha", "captcha", "needs_you"),
        ("still_there", "still_there", "needs_you"),
        ("run_anyway", "run_anyway", "needs_you"),
        ("drive_consent", "drive_consent", "needs_you"),
        ("account_blocked", "account_blocked", "limited"),
        ("usage_limit", "usage_limit", "limited"),
        ("too_many_sessions", "too_many_sessions", "limited"),
    ],
)
def test_a_dialog_that_is_for_the_person_is_told_and_stops_the_duties(
    stage: Stage, night: Night, notebooks: list[Notebook], dialog: Any, kind: str, phase: str
) -> None:
    english = [each for each, (_, language) in zip(notebooks, ALL, strict=True) if language == "en"]
    for notebook in english:
        stage.do(notebook.connection("connected"))
        stage.do(notebook.dialog(dialog))
    for notebook in english:
        state = night.until(
            lambda url=notebook.url: (found := night.session(url))["phase"] == phase and found
        )
        assert state["attention"]["kind"] == kind
    night.until(lambda: int(night.value("needs_you")) >= len(english))
    for notebook in english:
        stage.do(notebook.close_dialogs())
    everywhere(night, english, "phase", "idle")


def test_no_dialog_of_the_persons_is_touched_in_any_language(
    stage: Stage, chromium: Chromium, notebooks: list[Notebook]
) -> None:
    """Keep-alive comes by twice while every page but one shows a dialog; that one is the clock."""
    clock, *others = notebooks
    for notebook in notebooks:
        stage.do(notebook.connection("connected"))
    policy = {"keep_alive": {"every": "10s", "when": "connected"}, "clear": {"on": False}}
    with Night(chromium.port, config={"duties": policy}) as night:
        for kinds in (REPORT_ONLY, ("usage_limit", "too_many_sessions", "restart_session")):
            for notebook in others:
                for kind in kinds:
                    stage.do(notebook.dialog(kind))
            done = night.session(clock.url)["duties"]["keep_alive"]["count"]
            night.until(
                lambda before=done: (
                    night.session(clock.url)["duties"]["keep_alive"]["count"] >= before + 2
                ),
                limit=45,
            )
            for notebook in others:
                inside = [each for each in stage.do(notebook.touched()) if each["dialog"]]
                assert not inside, (notebook.name, inside)
                assert not stage.do(notebook.read())["answers"], notebook.name
                stage.do(notebook.close_dialogs())


def test_a_front_end_that_changed_is_unreadable_and_named(
    stage: Stage, night: Night, notebooks: list[Notebook]
) -> None:
    """Without the control, and with the control but none of its states."""
    first, second = notebooks[-2:]
    stage.do(first.remove_control())
    stage.do(second.strip_state())
    for notebook, missing in ((first, "colab-connect-button"), (second, "none of its states")):
        state = night.until(
            lambda url=notebook.url: (
                (found := night.session(url))["phase"] == "unreadable" and found
            ),
            limit=30,
        )
        assert missing in state["attention"]["text"]
        assert state["connection"] == "unknown"
    before = [len(stage.do(each.touched())) for each in (first, second)]
    assert before == [len(stage.do(each.touched())) for each in (first, second)]
    for notebook in (first, second):
        stage.do(notebook.restore_control())
    everywhere(night, [first, second], "connection", "connected")
