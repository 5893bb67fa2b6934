"""Attach to N tabs and run one script in each: the agent's link against a hand-written floor.

The floor is bare websockets and json: one socket, flat sessions, one evaluate a tab. Both run in
this process, against one Chromium, in random order; between two runs Chrome is given time to put
the sessions away. Only ratios say something: each is the median over the rounds of the time
against the floor's in the same round. The floor is run twice, as the null control.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from websockets.asyncio.client import connect

from chromium import Chromium
from colab_cdp_agent.chrome.browser import connect_browser
from colab_cdp_agent.chrome.endpoint import find_endpoint
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.chrome.tabs import Tabs
from figure import Figure, rounded

BAR = 1.3
PAGE = "data:text/html,<title>tab</title><button id=connect>Connect</button><pre>line</pre>"
SCRIPT = """function status() {
  const button = document.querySelector("#connect");
  const cells = [...Array(40).keys()].map((n) => ({ n, state: "idle" }));
  return { title: document.title, text: button?.textContent, cells };
}"""
SETTLE_S = 0.2


async def floor(address: str, tabs: int) -> None:
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
            result = await call(
                "Runtime.evaluate",
                {"expression": f"({SCRIPT})()", "returnByValue": True},
                attached["sessionId"],
            )
            assert len(result["result"]["value"]["cells"]) == 40

        reader = asyncio.create_task(read())
        targets = (await call("Target.getTargets", {}))["targetInfos"]
        mine = [target["targetId"] for target in targets if target["url"].startswith("data:")]
        assert len(mine) == tabs
        await asyncio.gather(*(one(target) for target in mine))
        reader.cancel()


async def ours(address: str, tabs: int) -> None:
    """Do it by the agent's link: probe, isolated world, deadline and event table included."""
    found = Tabs(lambda url: url.startswith("data:"))

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


RUNS = {"floor": floor, "agent": ours, "floor again": floor}


async def measure(port: int, tabs: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the wall time and this process's own processor time of each run, by its name."""
    import colab_cdp_agent.chrome.tab as tab_module

    tab_module.script = lambda _name: SCRIPT
    walls: dict[str, list[float]] = {name: [] for name in RUNS}
    cpus: dict[str, list[float]] = {name: [] for name in RUNS}
    for number in range(rounds + 1):
        for name in random.sample(list(RUNS), len(RUNS)):
            await asyncio.sleep(SETTLE_S)
            address = await find_endpoint("127.0.0.1", port)
            began, used = time.perf_counter(), time.process_time()
            await RUNS[name](address, tabs)
            if number:  # the first round only warms up
                walls[name].append(1000 * (time.perf_counter() - began))
                cpus[name].append(1000 * (time.process_time() - used))
    return {"wall": walls, "cpu": cpus}


def ratio(times: dict[str, list[float]], name: str) -> float:
    """Return the median over the rounds of a run's time against the floor's."""
    return statistics.median(a / b for a, b in zip(times[name], times["floor"], strict=True))


def main() -> None:
    """Tell one figure for each number of tabs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds, and 1 and 200 tabs too")
    parser.add_argument("--tabs", type=int, nargs="+")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    rounds = options.rounds or (60 if options.full else 30)
    for tabs in options.tabs or ([1, 10, 50, 200] if options.full else [50]):
        with Chromium() as chrome:
            for number in range(tabs):
                chrome.open(PAGE + str(number))
            times = asyncio.run(measure(chrome.port, tabs, rounds))
        wall, cpu = times["wall"], times["cpu"]
        seen = {
            "floor_again": ratio(wall, "floor again"),
            "own_cpu": ratio(cpu, "agent"),
            "floor_ms": statistics.median(wall["floor"]),
            "agent_ms": statistics.median(wall["agent"]),
            "best_to_best": min(wall["agent"]) / min(wall["floor"]),
        }
        Figure(
            f"attach to {tabs} tabs and run a script in each, against the hand-written floor",
            round(ratio(wall, "agent"), 2),
            "x",
            BAR,
            {"rounds": rounds, "load": psutil.getloadavg()[0], **rounded(seen)},
        ).tell()


if __name__ == "__main__":
    main()
