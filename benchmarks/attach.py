"""Attach to N tabs and run one script in each: the agent's link against a hand-written floor.

The floor is bare websockets and json: one socket, flat sessions, one evaluate a tab. Both run in
this process, against one Chromium, in random order; between two runs Chrome is given time to put
the sessions away. Only ratios say something: each is the median over the rounds of the time
against the floor's in the same round.

Beside them runs the floor once more, as the null control, and a floor that evaluates in an isolated
world, as the agent must: a page's own scripts see nothing of it there.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from websockets.asyncio.client import connect

import colab_cdp_agent.chrome.tab as tab_module
from chromium import Chromium
from colab_cdp_agent.chrome.browser import connect_browser
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.chrome.tabs import Tabs
from figure import Figure

BAR = 1.3
PAGE = "data:text/html,<title>{}</title><button id=connect>Connect</button><pre>line</pre>"
SCRIPT = """function status() {
  const button = document.querySelector("#connect");
  const cells = [...Array(40).keys()].map((n) => ({ n, state: "idle" }));
  return { title: document.title, text: button?.textContent, cells };
}"""
SETTLE_S = 0.2
QUIET_SHARE = 0.06  # of a core: what fifty idle tabs need
QUIET_LIMIT_S = 30.0


async def floor(address: str, tabs: int, kind: str, *, isolated: bool = False) -> None:
    """Do it by hand."""
    async with connect(address, compression=None, max_size=None, ping_interval=None) as socket:
        waiting: dict[int, asyncio.Future[Any]] = {}
        last = 0

        async def read() -> None:
            async for frame in socket:
                message = json.loads(frame)
                if "id" in message:
                    waiting.pop(message["id"]).set_result(message["result"])

        async def call(method: str, params: dict[str, Any], session: str | None = None) -> Any:
            nonlocal last
            last += 1
            waiting[last] = asyncio.get_running_loop().create_future()
            frame = {"id": last, "method": method, "params": params}
            await socket.send(json.dumps(frame | ({"sessionId": session} if session else {})))
            return await waiting[last]

        async def one(target: str) -> None:
            attached = await call("Target.attachToTarget", {"targetId": target, "flatten": True})
            session = attached["sessionId"]
            script = {"expression": f"({SCRIPT})()", "returnByValue": True}
            if isolated:
                world = {"frameId": target, "worldName": tab_module.WORLD}
                made = await call("Page.createIsolatedWorld", world, session)
                script["contextId"] = made["executionContextId"]
            result = await call("Runtime.evaluate", script, session)
            assert len(result["result"]["value"]["cells"]) == 40

        reader = asyncio.create_task(read())
        targets = (await call("Target.getTargets", {}))["targetInfos"]
        mine = [each["targetId"] for each in targets if each["url"].startswith(PAGE.format(kind))]
        assert len(mine) == tabs
        await asyncio.gather(*(one(target) for target in mine))
        reader.cancel()


async def ours(address: str, tabs: int, kind: str) -> None:
    """Do it by the agent's link: probe, isolated world, deadline and event table included."""
    found = Tabs(lambda url: url.startswith(PAGE.format(kind)))

    async def one(tab: Tab) -> None:
        await tab.attach()
        result = await tab.run("status", {}, dict[str, Any])
        assert len(result["cells"]) == 40

    async with connect_browser(address, found.take, patience=5) as browser:
        reader = asyncio.create_task(browser.read())
        await found.discover(browser)
        work = []
        async for tab in found.arrivals():
            work.append(asyncio.create_task(one(tab)))
            if len(work) == tabs:
                break
        await asyncio.gather(*work)
        reader.cancel()


RUNS: dict[str, Callable[[str, int, str], Awaitable[None]]] = {
    "floor": floor,
    "agent": ours,
    "floor again": floor,
    "isolated floor": partial(floor, isolated=True),
}


class Times:
    """What each run took, in milliseconds: by the clock, and of this process's own processor."""

    def __init__(self) -> None:
        self.wall: dict[str, list[float]] = {name: [] for name in RUNS}
        self.cpu: dict[str, list[float]] = {name: [] for name in RUNS}

    async def run(self, name: str, port: int, tabs: int, kind: str) -> None:
        """Carry one run out."""
        address = (await locate("127.0.0.1", port, None)).address
        began, used = time.perf_counter(), time.process_time()
        await RUNS[name](address, tabs, kind)
        self.wall[name].append(1000 * (time.perf_counter() - began))
        self.cpu[name].append(1000 * (time.process_time() - used))

    def figure(self, what: str, bar: float | None) -> Figure:
        """Return the agent's ratio to the floor, and the others beside it."""
        seen = {
            "rounds": len(self.wall["floor"]),
            "load": psutil.getloadavg()[0],
            "floor_again": ratio(self.wall, "floor again"),
            "isolated_floor": ratio(self.wall, "isolated floor"),
            "own_cpu": ratio(self.cpu, "agent"),
            "floor_ms": statistics.median(self.wall["floor"]),
            "agent_ms": statistics.median(self.wall["agent"]),
            "best_to_best": min(self.wall["agent"]) / min(self.wall["floor"]),
        }
        beside = {name: round(value, 2) for name, value in seen.items()}
        return Figure(what, round(ratio(self.wall, "agent"), 2), "x", bar, beside)


def ratio(times: dict[str, list[float]], name: str) -> float:
    """Return the median over the rounds of a run's time against the floor's."""
    return statistics.median(a / b for a, b in zip(times[name], times["floor"], strict=True))


async def measure(chromium: Chromium, tabs: int, rounds: int) -> Times:
    """Run everything in the same tabs, after a round that only warms up."""
    for number in range(tabs):
        chromium.open(PAGE.format("any") + str(number))
    times = Times()
    for number in range(rounds + 1):
        for name in random.sample(list(RUNS), len(RUNS)):
            await asyncio.sleep(SETTLE_S)
            await (times if number else Times()).run(name, chromium.port, tabs, "any")
    return times


async def measure_fresh(chromium: Chromium, tabs: int, rounds: int) -> Times:
    """Run everything in tabs that nobody has attached to before."""
    times = Times()
    for _round in range(rounds):
        names = random.sample(list(RUNS), len(RUNS))
        opened = [
            chromium.open(PAGE.format(name.replace(" ", "-")) + str(number))
            for name in names
            for number in range(tabs)
        ]
        await until_quiet(chromium)
        for name in names:
            await asyncio.sleep(SETTLE_S)
            await times.run(name, chromium.port, tabs, name.replace(" ", "-"))
        for target in opened:
            chromium.close(target)
    return times


async def until_quiet(chromium: Chromium) -> None:
    """Wait until Chrome has nothing left to do."""
    browser = psutil.Process(chromium.pid)
    deadline, used = time.monotonic() + QUIET_LIMIT_S, 0.0
    while time.monotonic() < deadline:
        before, used = used, 0.0
        for process in (browser, *browser.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # one that is spare ends at any time
                times = process.cpu_times()
                used += times.user + times.system
        if used - before < QUIET_SHARE:
            return
        await asyncio.sleep(1)


def main() -> None:
    """Tell one figure for each number of tabs, and one for tabs that are attached to at first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds, and 1 to 200 tabs")
    parser.add_argument("--tabs", type=int, nargs="+")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    rounds = options.rounds or (60 if options.full else 25)
    for tabs in options.tabs or ([1, 10, 50, 200] if options.full else [50]):
        with Chromium() as chromium:
            times = asyncio.run(measure(chromium, tabs, rounds))
        what = f"attach and run a script, in {tabs} tabs at once, against the floor"
        times.figure(what, BAR).tell()
    with Chromium() as chromium:
        fresh = asyncio.run(measure_fresh(chromium, 25, rounds // 5))
    fresh.figure(
        "the same for the first time, in 25 tabs: their isolated worlds are made", None
    ).tell()


if __name__ == "__main__":
    tab_module.script = lambda _name: SCRIPT
    main()
