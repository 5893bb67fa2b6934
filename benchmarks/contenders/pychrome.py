"""pychrome: a socket and two threads for each tab, and calls that block.

https://github.com/fate0/pychrome
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pychrome

from contenders.contender import Contender, Told, Use, Where


class Pychrome(Contender):
    """Tabs are pychrome's; a pool of threads calls them at once, as many as there are."""

    def __init__(self, where: Where) -> None:
        super().__init__(where)
        self._threads = ThreadPoolExecutor(where.count + 1)
        self._tabs: list[Any] = []

    async def attach(self, use: Use) -> None:
        browser = pychrome.Browser(self.where.http)
        listed = await self._run(browser.list_tab)
        # The address of a tab is told nowhere else.
        self._tabs = [tab for tab in listed if self.where.wants(tab._kwargs["url"])]  # noqa: SLF001

        async def one(tab: Any) -> None:
            await self._run(tab.start)
            await use(tab)

        await asyncio.gather(*(one(tab) for tab in self._tabs))

    async def evaluate(self, tab: Any, function: str) -> Any:
        script = {"expression": f"({function})()", "returnByValue": True}
        result = await self._run(tab.Runtime.evaluate, **script)
        return result["result"].get("value")

    async def bind(self, tab: Any, told: Told) -> None:
        tab.set_listener("Runtime.bindingCalled", lambda payload, **_: told(payload))
        await self._run(tab.Runtime.enable)
        await self._run(tab.Runtime.addBinding, name=self.binding)

    async def close(self) -> None:
        for tab in self._tabs:
            tab.stop()
        self._threads.shutdown(wait=False)

    async def _run(self, call: Any, **options: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: call(**options))
