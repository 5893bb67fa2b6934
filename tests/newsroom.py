"""An agent's side of MQTT without its watch, someone who listens, and a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import samples
from colab_cdp_agent.answer import Answer
from colab_cdp_agent.config import BrokerUrl, Commands, Mqtt, Publish
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.broker import BrokerAddress, EmbeddedBroker
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_agent.tell.commands import Gate
from colab_cdp_agent.tell.dispatcher import CarryOut, Dispatcher
from colab_cdp_agent.tell.messenger import Messenger
from colab_cdp_agent.tell.publisher import Identity, Publisher
from colab_cdp_protocols import mqtt
from mosquitto import HOST
from subscriber import Subscriber

LIMIT_S = 30.0
STATUS = "colab/host/status"
NO_DEVICES = Publish(homeassistant=False)
"""For those who listen below `colab/` only."""
INFO = mqtt.Info(
    "1", "h", samples.MOMENT, (), mqtt.ChromeInfo("waiting", None, samples.MOMENT, None), (),
    "external", "one",
)  # fmt: skip


class Listening(Protocol):
    """A broker that listens on loopback."""

    @property
    def port(self) -> int: ...


async def carry_out(_session: str | None, _verb: str, _args: Any) -> Answer:
    return Answer("ok")


class Newsroom:
    """An agent's side of MQTT: board, bulletin, publisher and messenger, by default as `host`."""

    def __init__(
        self,
        settings: Mqtt,
        instance: str = "one",
        root: str = "colab",
        publish: Publish = Publish(),  # noqa: B008 - frozen
        name: str = "host",
        embedded: EmbeddedBroker | None = None,
        started: Callable[[BrokerAddress], None] = lambda _address: None,
        commands: Commands = Commands(),  # noqa: B008 - frozen
        carry_out: CarryOut = carry_out,
    ) -> None:
        self.board = Board()
        self.bulletin = Bulletin(self.board, root, name, publish, commands)
        self.notes: list[mqtt.Happening] = []
        self.dispatcher = Dispatcher(
            root,
            name,
            gate=Gate(commands, datetime.now(UTC)),
            board=self.board,
            sessions=self.bulletin.states,
            carry_out=carry_out,
            note=lambda _session, happening: self.notes.append(happening),
        )
        publisher = Publisher(Identity(root, name, instance), self.board, self.dispatcher.take)
        broker = embedded or EmbeddedBroker(Path("unused"))
        self.messenger = Messenger(settings, broker, publisher, started)
        self.task: asyncio.Task[None] | None = None

    def check(self) -> None:
        if self.task is not None and self.task.done():
            self.task.result()

    def told(self, below: str = "") -> dict[str, bytes]:
        """Return what a broker that was told everything retains, below a level."""
        values = self.board.values.items()
        return {topic: payload for topic, payload in values if payload and topic.startswith(below)}


def at(broker: Listening) -> Mqtt:
    return Mqtt(url=BrokerUrl(f"mqtt://{HOST}:{broker.port}"))


@asynccontextmanager
async def running(newsroom: Newsroom) -> AsyncIterator[None]:
    """Publish for as long as the block runs; it is left by cancellation."""
    tasks = [
        asyncio.create_task(newsroom.messenger.run()),
        asyncio.create_task(newsroom.dispatcher.run()),
    ]
    newsroom.task = tasks[0]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def hearing(broker: Listening) -> AsyncIterator[Subscriber]:
    subscriber = await asyncio.to_thread(Subscriber, broker.port, "#")
    try:
        yield subscriber
    finally:
        await asyncio.to_thread(subscriber.close)


async def until(
    subscriber: Subscriber, holds: Callable[[], Any], check: Callable[[], None] = lambda: None
) -> None:
    found = await asyncio.to_thread(subscriber.until, holds, LIMIT_S, check)
    assert found, f"after {LIMIT_S} s: {subscriber.values}"


async def settled(newsroom: Newsroom, subscriber: Subscriber) -> None:
    """Wait until the broker retains just what stands on the board, and that the agent lives."""

    def holds() -> bool:
        wanted = newsroom.told() | {STATUS: mqtt.ONLINE}
        return subscriber.values == wanted and not newsroom.board._changed

    await until(subscriber, holds, newsroom.check)


async def condition(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


def play(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(story)


def told_state(newsroom: Newsroom, **changes: Any) -> None:
    newsroom.bulletin.state(samples.state(**changes))
