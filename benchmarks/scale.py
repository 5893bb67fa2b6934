"""Many agents and many watchers on one embedded broker: how old the news is, and what it costs.

The agents tell as the real one does, from processes of their own (`crowd.py`). Each session changes
twice a second, and so goes out once a second, which is the most that an agent sends of it.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from colab_cdp_agent.tell.broker import BrokerAddress, EmbeddedBroker
from colab_cdp_agent.tell.ports import first_free_port
from figure import Figure
from lookout import Lookout

AGE_BAR_S, CPU_BAR_PERCENT = 2.0, 50.0
EVERY_S = 0.5
START_LIMIT_S = 120.0
MIB = 2**20


@contextmanager
def crowd(port: int, names: Sequence[str], sessions: int) -> Iterator["subprocess.Popen[str]"]:
    """Run agents in a process of their own."""
    command = [
        *(sys.executable, str(Path(__file__).with_name("crowd.py")), "--port", str(port)),
        *("--sessions", str(sessions), "--every", str(EVERY_S), "--names", *names),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.communicate()


async def everything_is_heard(watchers: Sequence[Lookout], states: int) -> None:
    """Wait until every watcher has heard of every session."""
    async with asyncio.timeout(START_LIMIT_S):
        while any(len(watcher.held) < states for watcher in watchers):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.1)


async def observe(address: BrokerAddress, options: argparse.Namespace) -> None:
    """Let the watchers listen for a while, and tell the figures."""
    loop = asyncio.get_running_loop()
    watchers = [Lookout() for _ in range(options.watchers)]
    for watcher in watchers:
        await loop.create_connection(lambda watcher=watcher: watcher, address.host, address.port)
    await everything_is_heard(watchers, options.agents * options.sessions)
    await asyncio.sleep(5)  # what all sent at once when they came is not what is measured
    for watcher in watchers:
        watcher.begin()
    broker = psutil.Process(address.pid)
    before, began = broker.cpu_times(), time.monotonic()
    await asyncio.sleep(options.seconds)
    ages = [watcher.age_s() for watcher in watchers]
    after, seconds = broker.cpu_times(), time.monotonic() - began
    used = after.user + after.system - before.user - before.system
    heard = sum(watcher.heard for watcher in watchers)
    seen = {
        "seconds": options.seconds, "states_heard_a_second": round(heard / seconds),
        "slowest_s": round(max(watcher.slowest_s for watcher in watchers), 3),
        "broker_mib": round(broker.memory_info().rss / MIB, 1),
        "load": round(psutil.getloadavg()[0], 2),
    }  # fmt: skip
    what = f"{options.agents} agents of {options.sessions} sessions, {options.watchers} watchers"
    Figure(f"{what}: the oldest state anywhere", round(max(ages), 2), "s", AGE_BAR_S, seen).tell()
    share = round(100 * used / seconds, 1)
    Figure(f"{what}: the broker's share of a core", share, "%", CPU_BAR_PERCENT).tell()


async def measure(options: argparse.Namespace) -> None:
    """Start the broker and the agents, and observe them."""
    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(Path(folder) / "broker", port=first_free_port(()))
        address = await broker.start()
        names = [f"agent-{number}" for number in range(options.agents)]
        half = (len(names) + 1) // 2
        try:
            with (
                crowd(address.port, names[:half], options.sessions) as one,
                crowd(address.port, names[half:], options.sessions) as other,
            ):
                for process in (one, other):
                    assert process.stdout is not None
                    assert (await asyncio.to_thread(process.stdout.readline)) == "connected\n"
                await observe(address, options)
        finally:
            await broker.stop()


def main() -> None:
    """Tell the age of the oldest state, and the broker's processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five minutes, not half a one")
    parser.add_argument("--agents", type=int, default=100, help="two at least")
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--watchers", type=int, default=20)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    options.seconds = options.seconds or (300 if options.full else 30)
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(measure(options))


if __name__ == "__main__":
    main()
