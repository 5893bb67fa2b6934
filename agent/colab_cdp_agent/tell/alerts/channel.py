"""One channel: rings what its outbox says is due, and remembers on disk what is still to ring."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog

from colab_cdp_agent.settings.units import QuietHours
from colab_cdp_agent.tell.alerts.alert import Alert
from colab_cdp_agent.tell.alerts.message import message
from colab_cdp_agent.tell.alerts.order import Message, Outcome
from colab_cdp_agent.tell.alerts.outbox import Kept, Outbox
from colab_cdp_agent.tell.alerts.outbox_file import OutboxFile

LOOK_EVERY_S: Final = 30.0
"""The longest sleep while something waits: clocks are set, and computers sleep."""

log = structlog.get_logger()


class Channel:
    """One push channel, on its own: what it does not take waits, and delays no other.

    Args:
        name: what it is called in the log; nothing of its address is in it.
        send: sends one message.
        file: where the outbox is kept.
        quiet: the hours in which nothing rings.
        clock: tells the time, in UTC.

    Attributes:
        outbox: what is to ring; whoever changes it calls `look`.

    """

    def __init__(
        self,
        name: str,
        send: Callable[[Message], Awaitable[Outcome]],
        file: OutboxFile,
        quiet: QuietHours | None,
        clock: Callable[[], datetime],
    ) -> None:
        self.outbox = Outbox()
        self._name = name
        self._send = send
        self._file = file
        self._quiet = quiet
        self._clock = clock
        self._news = asyncio.Event()
        self._fails = self._file_fails = False
        self._kept = Kept()

    @property
    def quiet(self) -> bool:
        """Whether nothing may ring now."""
        return self._quiet is not None and self._quiet.cover(self._clock().astimezone().time())

    def load(self) -> None:
        """Go on with what an earlier run of the agent left to ring."""
        try:
            self._kept = self._file.read(self._clock())
        except OSError as error:
            self._note_file(error)
        since = self.outbox.kept().waiting
        self.outbox = Outbox(self._kept)
        for alert in since:
            self.outbox.take(alert)

    def look(self) -> None:
        """Say that the outbox has changed."""
        self._news.set()

    async def run(self) -> None:
        """Ring for ever; what has not rung when this is cancelled is on disk."""
        try:
            while True:
                self._news.clear()
                now, quiet = self._clock(), self.quiet
                alerts = self.outbox.due(now, quiet=quiet)
                await self._keep()
                if alerts:
                    await self._ring(alerts, now)
                    continue
                wait_s = self.outbox.wait_s(now)
                if wait_s is not None:
                    wait_s = LOOK_EVERY_S if quiet else min(wait_s, LOOK_EVERY_S)
                await self._wait(wait_s)
        finally:
            self._write()

    async def _ring(self, alerts: tuple[Alert, ...], now: datetime) -> None:
        outcome = await self._send(message(alerts, now, self.outbox.dropped))
        if outcome.how == "sent":
            self.outbox.sent(self._clock(), quiet=self.quiet)
        else:
            self.outbox.failed(self._clock())
        self._note(outcome)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _note(self, outcome: Outcome) -> None:
        """Say that the channel fails, and that it works again: each once."""
        fails = outcome.how != "sent"
        if fails and not self._fails:
            log.warning(
                "alerts do not go through; they are tried again for a day",
                channel=self._name,
                reason=outcome.reason,
            )
        elif self._fails and not fails:
            log.info("alerts go through again", channel=self._name)
        self._fails = fails

    async def _keep(self) -> None:
        kept = self.outbox.kept()
        if kept == self._kept:
            return
        try:
            await asyncio.to_thread(self._file.write, kept)
        except OSError as error:
            self._note_file(error)
        else:
            self._kept, self._file_fails = kept, False

    def _write(self) -> None:
        try:
            self._file.write(self.outbox.kept())
        except OSError as error:
            self._note_file(error)

    def _note_file(self, error: OSError) -> None:
        """Say once that what waits cannot be kept; it rings all the same."""
        if not self._file_fails:
            log.warning(
                "alerts that wait would not outlive the agent: their file cannot be used",
                channel=self._name,
                reason=str(error),
            )
        self._file_fails = True
