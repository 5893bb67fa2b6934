"""The phone page of the real agent: a tap in the page, its effect in the notebook, the answer."""

from collections.abc import Iterator

import pytest

from chromium import Chromium, free_port
from colab_sim import Notebook
from night import Night
from person import Person, eventually
from phone import Phone
from scene import needs_chromium_and_mosquitto
from stage import Stage

pytestmark = needs_chromium_and_mosquitto

PORT = free_port()
OFF = {"on": False}
CONFIG = {
    "duties": {"keep_alive": OFF, "reconnect": OFF, "clear": OFF},
    "commands": {"allow": ["reconnect", "clear", "screenshot", "log", "history"]},
    "web": {"port": PORT},
}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def night(chromium: Chromium) -> Iterator[Night]:
    with Night(chromium.port, config=CONFIG) as night:
        eventually(lambda: night.logged("the phone page is served"))
        yield night


@pytest.fixture(scope="module")
def pocket() -> Iterator[Chromium]:
    """Yield the phone's own browser, of which no agent knows."""
    with Chromium() as chromium:
        yield chromium


@pytest.fixture
def phone(pocket: Chromium, night: Night) -> Iterator[Phone]:
    assert night.agent.poll() is None
    with Person(pocket) as person, Phone(person, pocket, f"http://127.0.0.1:{PORT}") as phone:
        phone.shows("#agents", "night: watching")
        yield phone
        assert phone.complaints() == []


def opened(stage: Stage, chromium: Chromium, name: str) -> Notebook:
    notebook = stage.notebook(name, title=name)
    chromium.open(notebook.url)
    stage.do(notebook.opened())
    return notebook


def test_a_captcha_is_on_the_card_and_a_disconnected_tab_is_reconnected_by_a_tap(
    stage: Stage, chromium: Chromium, phone: Phone
) -> None:
    notebook = opened(stage, chromium, "tapped")
    card = phone.open_card("tapped")
    stage.do(notebook.dialog("captcha"))
    phone.shows(card, "Needs you")
    phone.shows(card, "Colab shows a captcha: solve it in the tab.")
    phone.tap(f"{card} button", "Reconnect")
    phone.shows(f"{card} .answer", "Reconnect: refused, captcha")
    stage.do(notebook.close_dialogs())
    stage.do(notebook.connection("reconnect"))
    phone.shows(card, "Ended")
    phone.tap(f"{card} button", "Reconnect")
    phone.shows(f"{card} .answer", "✓ Reconnect: done, reconnected")
    assert stage.do(notebook.read())["connect_clicks"] == 1
    phone.shows(card, "Idle")


def test_a_screenshot_the_log_and_the_night_come_on_request(
    stage: Stage, chromium: Chromium, phone: Phone
) -> None:
    notebook = opened(stage, chromium, "looked-at")
    card = phone.open_card("looked-at")
    phone.shows(card, "Idle")
    stage.do(notebook.cell("running"))
    stage.do(
        notebook.print([f"step {number}/100 loss {1 / number:.3f}" for number in range(1, 60)])
    )
    phone.shows(card, "loss 0.017")
    phone.tap(f"{card} button", "Screenshot")
    phone.until("document.querySelector('#sheet-body img')?.naturalWidth > 100")
    phone.press("Escape")
    phone.until("!document.querySelector('#sheet').open")
    phone.tap(f"{card} button", "Clear output")
    phone.shows(f"{card} .answer", "✓ Clear output: done, cleared 59 lines")
    phone.tap(f"{card} button", "Night")
    phone.shows("#sheet-body", "Idle → Running")
    phone.press("Escape")
    phone.until("!document.querySelector('#sheet').open")
    phone.tap(f"{card} button", "Log")
    phone.shows("#sheet-body", "step 59/100 loss 0.017")


def test_what_is_not_allowed_is_refused_with_its_reason(
    stage: Stage, chromium: Chromium, phone: Phone
) -> None:
    opened(stage, chromium, "guarded")
    card = phone.open_card("guarded")
    phone.tap(f"{card} button", "Pause")
    phone.shows(f"{card} .answer", "Pause: refused, pause is not allowed")


def test_an_agent_that_was_killed_is_lost_and_found_by_the_page(phone: Phone, night: Night) -> None:
    night.kill()
    phone.shows("#link-state", "Connection lost")
    night.start()
    phone.until("document.querySelector('#link-state').dataset.state === 'live'")
    phone.shows("#agents", "night: watching")
