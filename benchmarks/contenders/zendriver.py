"""zendriver: one socket, flat sessions, a task for each tab.

https://zendriver.dev/
"""

import asyncio
from typing import Any

import zendriver
from zendriver import cdp

from contenders.contender import Contender, Told, Use


class Zendriver(Contender):
    """Tabs are zendriver's."""

    async def attach(self, use: Use) -> None:
        self._browser = await zendriver.start(host="127.0.0.1", port=self.where.port)
        wanted = (tab for tab in self._browser.tabs if self.where.wants(tab.url or ""))
        await asyncio.gather(*(use(tab) for tab in wanted))

    async def evaluate(self, tab: Any, function: str) -> Any:
        return await tab.evaluate(f"({function})()")

    async def bind(self, tab: Any, told: Told) -> None:
        tab.add_handler(cdp.runtime.BindingCalled, lambda event: told(event.payload))
        await tab.send(cdp.runtime.add_binding(self.binding))

    async def close(self) -> None:
        for target in self._browser.targets:
            await target.aclose()
        assert self._browser.connection is not None
        await self._browser.connection.aclose()  # `Browser.stop` closes the browser itself
