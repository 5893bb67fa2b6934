"""The ringing: what happens in the sessions, handed to every channel that is configured."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.settings.telling import Alerts
from colab_cdp_agent.tell.alerts import occasion
from colab_cdp_agent.tell.alerts.alert import Alert, alert_of, title_of
from colab_cdp_agent.tell.alerts.channel import Channel
from colab_cdp_agent.tell.alerts.order import Message, Outcome
from colab_cdp_agent.tell.alerts.outbox_file import OutboxFile
from colab_cdp_agent.tell.alerts.push import Push
from colab_cdp_protocols import mqtt

MENDING: Final = frozenset({"connecting", "reconnecting"})

Send = Callable[[Message], Awaitable[Outcome]]


def names(urls: Sequence[PushUrl]) -> Iterator[str]:
    """Yield what each channel is called: by its service, with a number where there are several."""
    seen: Counter[str] = Counter()
    for url in urls:
        seen[url.channel] += 1
        nth = seen[url.channel]
        yield url.channel if nth == 1 else f"{url.channel} ({nth})"


class Ringing:
    """Rings for what happens, as the configuration has it.

    Args:
        settings: the channels, and what rings.
        folder: where it is kept what is still to ring.
        states: the present states, by session.
        way: leads to a channel.
        clock: tells the time, in UTC.

    """

    def __init__(
        self,
        settings: Alerts,
        folder: Path,
        states: Mapping[str, mqtt.State],
        way: Callable[[PushUrl], Send] = lambda url: Push(url).send,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ring = settings.ring
        self._states = states
        self._clock = clock
        self._folder = folder
        self._files = {
            folder / f"{blake2b(url.reveal().encode(), digest_size=8).hexdigest()}.json": url
            for url in settings.apprise
        }  # of an address that is named twice, one channel
        self._channels = [
            Channel(name, way(url), OutboxFile(path), settings.quiet, clock)
            for name, (path, url) in zip(
                names([*self._files.values()]), self._files.items(), strict=True
            )
        ]

    async def run(self) -> None:
        """Ring for ever; what an earlier run of the agent left to ring comes first."""
        for channel in self._channels:
            channel.load()
        self._forget_others()
        async with asyncio.TaskGroup() as tasks:
            for channel in self._channels:
                tasks.create_task(channel.run(), name="push channel")

    def happening(self, session: str, happening: mqtt.Happening) -> None:
        """Take what happened in a session."""
        alert = alert_of(session, happening, self._ring, self._states.get(session))
        self._take(session, happening, alert)

    def browser(self, name: str, happening: mqtt.Happening) -> None:
        """Take what happened to a browser itself; its name is empty where there is one."""
        subject = f"chrome {name}".rstrip()  # no session's id has a blank or is so short
        alert = alert_of(subject, happening, self._ring, None)
        if alert is not None:
            title = f"Chrome '{name}'" if name else "Chrome"
            alert = msgspec.structs.replace(alert, title=title)
        self._take(subject, happening, alert)

    def _take(self, session: str, happening: mqtt.Happening, alert: Alert | None) -> None:
        over = occasion.ends(happening)
        for channel in self._channels:
            if alert is not None:
                channel.outbox.take(alert)
            elif over:
                channel.outbox.over((session, happening.kind), self._clock(), quiet=channel.quiet)
            else:
                continue
            channel.look()

    def state(self, state: mqtt.State) -> None:
        """Take how a session stands."""
        now, mending = self._clock(), state.phase in MENDING
        for channel in self._channels:
            if channel.outbox.stands(state.id, title_of(state), now, mending=mending):
                channel.look()

    def _forget_others(self) -> None:
        """Remove what is kept for channels that are configured no more."""
        ours = {path.stem for path in self._files}
        for path in self._folder.glob("*.json"):
            if path.name.partition(".")[0] not in ours and path.is_file():
                path.unlink(missing_ok=True)
