"""Attach to N tabs and run one script in each: the agent's link against a hand-written floor.

The floor is bare websockets and json: one socket, flat sessions, one evaluate a tab. Both run in
this process, interleaved, against one Chromium; only their ratio says something.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from websockets.asyncio.client import connect

from chromium import Chromium
from colab_cdp_agent.chrome.browser import connect_browser
from colab_cdp_agent.chrome.endpoint import find_endpoint
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.chrome.tabs import Tabs

PAGE = "data:text/html,<title>tab</title><button id=connect>Connect</button><pre>line</pre>"
SCRIPT = """function status() {
  const button = document.querySelector("#connect");
  const cells = [...Array(40).keys()].map((n) => ({ n, state: "idle" }));
  return { title: document.title, text: button?.textContent, cells };
}"""


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


async def measure(port: int, tabs: int, rounds: int) -> dict[str, float]:
    """Time both in turn, and the floor twice as the null control."""
    import colab_cdp_agent.chrome.tab as tab_module

    tab_module.script = lambda _name: SCRIPT
    times: dict[str, list[float]] = {"floor": [], "agent": [], "floor again": []}
    for _round in range(rounds):
        for name, run in (("floor", floor), ("agent", ours), ("floor again", floor)):
            address = await find_endpoint("127.0.0.1", port)
            began = time.perf_counter()
            await run(address, tabs)
            times[name].append(time.perf_counter() - began)
    return {
        name: statistics.median(a / b for a, b in zip(each, times["floor"], strict=True))
        for name, each in times.items()
    } | {"floor_ms": 1000 * statistics.median(times["floor"])}


def main() -> None:
    """Print one line of JSON for each number of tabs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    for tabs in options.tabs:
        with Chromium() as chrome:
            for number in range(tabs):
                chrome.open(PAGE + str(number))
            result = asyncio.run(measure(chrome.port, tabs, options.rounds))
        print(json.dumps({"tabs": tabs, **{key: round(value, 2) for key, value in result.items()}}))


if __name__ == "__main__":
    main()
