"""Alerts from a real page to a real receiver: what rings in a night, and how often."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chromium import Chromium, find_chromium
from colab_cdp_agent.tell.alerts.outbox import Kept
from colab_sim import Notebook
from mosquitto import find_mosquitto
from night import NAME, Night
from receivers import SECRET, WebReceiver
from stage import Stage

pytestmark = pytest.mark.skipif(
    not (find_chromium() and find_mosquitto()), reason="needs chromium and mosquitto"
)
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
    (file,) = (night.home / "state" / "alerts" / NAME).glob("*.json")
    return msgspec.json.decode(file.read_bytes(), type=Kept)


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
    assert "a, b, c, d, e and f" in phone.heard[0]["body"]["message"]
