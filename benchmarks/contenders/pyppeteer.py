"""pyppeteer: one socket, and the old sessions that are nested in messages of the browser's.

https://pyppeteer.github.io/pyppeteer/
"""

import asyncio
from typing import Any

from pyppeteer import connect

from contenders.contender import Contender, Told, Use


class Pyppeteer(Contender):
    """Tabs are pages."""

    async def attach(self, use: Use) -> None:
        self._browser = await connect(browserWSEndpoint=self.where.address, defaultViewport=None)

        async def one(target: Any) -> None:
            await use(await target.page())

        wanted = [each for each in self._browser.targets() if self.where.wants(each.url)]
        await asyncio.gather(*(one(target) for target in wanted))

    async def evaluate(self, tab: Any, function: str) -> Any:
        return await tab.evaluate(f"({function})()", force_expr=True)

    async def bind(self, tab: Any, told: Told) -> None:
        await tab.exposeFunction(self.binding, told)

    async def close(self) -> None:
        await self._browser.disconnect()
