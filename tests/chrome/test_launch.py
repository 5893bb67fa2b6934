"""A Chromium without a window, as the demo and the trial of captures start it."""

import asyncio

import psutil
import pytest

from chromium import find_chromium
from colab_cdp_agent.chrome.launch import headless


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")
def test_the_agents_secrets_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> list[dict[str, str]]:
        async with headless((), ()):
            return [child.environ() for child in psutil.Process().children()]

    monkeypatch.setenv("COLAB_CDP_AGENT_MQTT_PASSWORD", "hunter2")
    seen = asyncio.run(story())
    assert seen
    assert not any("hunter2" in each.values() for each in seen)
