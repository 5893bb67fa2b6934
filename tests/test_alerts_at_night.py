"""Alerts from a real page to a real receiver: what rings in a night, and how often."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chromium import Chromium, free_port
from colab_cdp_agent.tell.alerts.occasion import SHORTEST_RUN_S
from colab_cdp_agent.tell.alerts.outbox import Kept
from colab_sim import Notebook
from night import NAME, Night
from receivers import SECRET, WebReceiver
from scene import needs_chromium_and_mosquitto
from stage import Stage

pytestmark = needs_chromium_and_mosquitto
LIMIT_S = 60.0


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


@pytest.fixture
def phone() -> Iterator[WebReceiver]:
    with WebReceiver() as phone:
        yield phone


def configured(*urls: str, **more: Any) -> dict[str, Any]:
    quiet = {"keep_alive": {"on": False}, "clear": {"on": False}}
    return {"duties": quiet, "alerts": {"apprise": [*urls], **more}}


def opened(stage: Stage, chromium: Chromium, *names: str) -> list[Notebook]:
    notebooks = [stage.notebook(name) for name in names]
    for notebook in notebooks:
        chromium.open(notebook.url)
        stage.do(notebook.opened())
    return notebooks


def outbox(night: Night) -> Kept:
    """Return what one channel has yet to ring, as it lies on disk."""
    files = [*(night.home / "state" / f"alerts-{NAME}").glob("*.json")]
    return msgspec.json.decode(files[0].read_bytes(), type=Kept) if files else Kept()


def over(night: Night) -> list[str]:
    """Return the kinds that were told to be over."""
    return [each["kind"] for each in night.events() if each["text"].startswith("Over: ")]


def phase_is(night: Night, notebooks: list[Notebook], phase: str) -> None:
    for notebook in notebooks:
        night.until(lambda url=notebook.url: night.session(url)["phase"] == phase, LIMIT_S)


def test_a_captcha_rings_once_and_its_end_is_told_without_a_sound(
    stage: Stage, chromium: Chromium, phone: WebReceiver
) -> None:
    notebooks = opened(stage, chromium, "train")
    with Night(chromium.port, config=configured(phone.ntfy)) as night:
        phase_is(night, notebooks, "idle")
        stage.do(notebooks[0].dialog("captcha"))
        phone.until(lambda: phone.heard)
        (ring,) = phone.heard
        title = night.session(notebooks[0].url)["title"]
        assert ring["body"]["title"] == f"{title}: captcha"
        assert ring["body"]["message"] == "Colab shows a captcha: solve it in the tab."
        assert (ring["headers"]["X-Priority"], ring["headers"]["X-Tags"]) == (
            "high", "rotating_light",
        )  # fmt: skip
        night.until(lambda: outbox(night).standing)
        night.kill()
        night.start()
        night.until(lambda: night.attention(notebooks[0].url) == "captcha", LIMIT_S)
        stage.do(notebooks[0].close_dialogs())
        phone.until(lambda: len(phone.heard) == 2, 2 * LIMIT_S)
        assert phone.titles[1] == f"{title}: over: captcha"
        assert phone.heard[1]["headers"]["X-Priority"] == "low"
        assert SECRET not in night.log()


def test_six_notebooks_that_lose_their_runtime_ring_once(
    stage: Stage, chromium: Chromium, phone: WebReceiver
) -> None:
    notebooks = opened(stage, chromium, "a", "b", "c", "d", "e", "f")
    with Night(chromium.port, config=configured(phone.json)) as night:
        phase_is(night, notebooks, "idle")
        for notebook in notebooks:
            stage.do(notebook.connection("reconnect"))
        phone.until(lambda: phone.heard)
        night.until(lambda: len(outbox(night).standing) == len(notebooks))
        assert outbox(night).waiting == ()
        assert phone.titles == ["6 notebooks: disconnected"]
        stage.do(notebooks[0].dialog("captcha"))
        phone.until(lambda: len(phone.heard) == 2)
        stage.do(notebooks[0].close_dialogs())
        night.until(lambda: night.attention(notebooks[0].url) == "disconnected")
        assert night.until(lambda: over(night)) == ["captcha"]
    assert "a, b, c, d, e and f" in phone.heard[0]["body"]["message"]


def test_what_an_agent_that_was_killed_had_not_delivered_rings_once_when_both_are_back(
    stage: Stage, chromium: Chromium
) -> None:
    (notebook,) = opened(stage, chromium, "killed")
    phone = WebReceiver(free_port())
    with Night(chromium.port, config=configured(phone.json)) as night:
        phase_is(night, [notebook], "idle")
        stage.do(notebook.dialog("captcha"))
        night.until(lambda: outbox(night).failures, LIMIT_S)
        night.kill()
        (waiting,) = outbox(night).waiting
        assert (waiting.kind, outbox(night).standing) == ("captcha", ())
        with phone:
            night.start()
            phone.until(lambda: phone.heard, LIMIT_S)
            night.until(lambda: outbox(night).standing, LIMIT_S)
            assert outbox(night).waiting == ()
            assert [title.partition(": ")[2] for title in phone.titles] == ["captcha"]
        assert len(night.logged("alerts do not go through; they are tried again for a day")) == 1
        assert SECRET not in night.log()


def test_a_cell_that_was_run_by_hand_does_not_ring_and_one_that_failed_does(
    stage: Stage, chromium: Chromium, phone: WebReceiver
) -> None:
    (notebook,) = opened(stage, chromium, "by hand")
    with Night(chromium.port, config=configured(phone.json)) as night:
        phase_is(night, [notebook], "idle")
        stage.do(notebook.cell("running"))
        phase_is(night, [notebook], "running")
        stage.do(notebook.cell("ok"))
        finished = night.until(
            lambda: [each for each in night.events() if each["kind"] == "run_finished"], LIMIT_S
        )
        assert 0 < finished[0]["run_s"] < SHORTEST_RUN_S
        stage.do(notebook.cell("running"))
        phase_is(night, [notebook], "running")
        stage.do(notebook.cell("failed"))
        phone.until(lambda: phone.heard, LIMIT_S)
        assert [title.partition(": ")[2] for title in phone.titles] == ["run failed"]
