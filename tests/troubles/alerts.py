"""Alerts that do not go through, or cannot be kept."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from chromium import free_port
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.tell.alerts.alert import Alert
from colab_cdp_agent.tell.alerts.channel import Channel
from colab_cdp_agent.tell.alerts.outbox_file import OutboxFile
from colab_cdp_agent.tell.alerts.push import Push
from mosquitto import HOST
from troubles.register import Place, logged, played, says

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ALERT = Alert("1", "0123456789", "captcha", "Solve it.", NOW, NOW)


def rung(file: Path) -> str:
    """Return what is logged when a channel, whose server is not there, is to ring."""
    push = Push(PushUrl(f"json://{HOST}:{free_port()}"))

    async def story() -> None:
        channel = Channel("json", push.send, OutboxFile(file), None, lambda: NOW)
        channel.load()
        channel.outbox.take(ALERT)
        ringing = asyncio.create_task(channel.run())
        while not channel._fails:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        ringing.cancel()
        await asyncio.wait({ringing})

    return logged(lambda: played(story()))


@says(
    "alerts do not go through; they are tried again for a day",
    "alerts that wait would not outlive the agent: their file cannot be used",
)
def not_rung_and_not_kept(place: Place) -> str:
    (place.folder / "file").write_text("in the way", encoding="ascii")
    return rung(place.folder / "file" / "outbox.json")


@says("the alerts that waited were damaged; they are set aside")
def damaged(place: Place) -> str:
    file = place.folder / "outbox.json"
    file.write_text("no JSON", encoding="ascii")
    return rung(file)
