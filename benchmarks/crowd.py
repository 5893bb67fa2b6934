"""Many simulated agents in a process of their own, for `scale.py`: all that tells, and no Chrome.

Each has the agent's own board, bulletin and publisher. Its sessions change twice a second, in what
a training run changes: the step, the loss, the time left, the last line.
"""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

import samples
from colab_cdp_agent.config import Commands, Publish
from colab_cdp_agent.retry import keep
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.bulletin import Bulletin
from colab_cdp_agent.tell.link import BrokerLostError, Link
from colab_cdp_agent.tell.publisher import Identity, Publisher
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.session_id import session_id

HOST = "127.0.0.1"
STEPS = 10_000


class Agent:
    """One agent that watches nothing, and tells all the same."""

    def __init__(self, name: str, sessions: int) -> None:
        board = Board()
        self._bulletin = Bulletin(board, "colab", name, Publish(), Commands())
        self._publisher = Publisher(Identity("colab", name, name), board, lambda *_, **__: None)
        self._states = [samples.state(session_id(name, str(number))) for number in range(sessions)]
        self.connected = asyncio.Event()

    async def publish(self, link: Link) -> None:
        """Publish for ever."""
        await keep(
            lambda: self._publisher.run(link, self.connected.set),
            on=(BrokerLostError,),
            failed=lambda error: print(error, file=sys.stderr),
            first=1,
            longest=8,
        )

    async def train(self, every_s: float) -> None:
        """Change every session, each at a moment of its own, again and again."""
        pause = every_s / len(self._states)
        step, due = 0, time.monotonic()
        while True:
            step += 1
            for state in self._states:
                self._bulletin.state(_at_step(state, step))
                due += pause
                await asyncio.sleep(max(0.0, due - time.monotonic()))


def _at_step(state: mqtt.State, step: int) -> mqtt.State:
    loss = round(2.0 / step**0.5, 5)
    now = datetime.now(UTC)
    progress = mqtt.Progress(
        fraction=step % STEPS / STEPS, step=step, total=STEPS, rate=2.0,
        eta_s=(STEPS - step) / 2, metrics={"loss": loss}, at=now,
    )  # fmt: skip
    line = f"step {step}/{STEPS} loss: {loss}"
    output = mqtt.Output(lines=step, bytes=step * 40, last_line=line, last_at=now)
    return replace(state, progress=progress, output=output, updated=now)


async def main() -> None:
    """Say `connected` once every agent is, and go on until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--names", nargs="+", required=True)
    parser.add_argument("--sessions", type=int, required=True)
    parser.add_argument("--every", type=float, required=True)
    options = parser.parse_args()
    agents = [Agent(name, options.sessions) for name in options.names]
    link = Link(HOST, options.port)
    async with asyncio.TaskGroup() as tasks:
        working = [tasks.create_task(agent.publish(link)) for agent in agents]
        for agent in agents:
            await agent.connected.wait()
            working.append(tasks.create_task(agent.train(options.every)))
        print("connected", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for task in working:
            task.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(main())
