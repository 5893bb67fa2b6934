"""Playwright: a driver in Node, which holds the one socket and enables what it may ever need.

https://playwright.dev/python/docs/api/class-browsertype#browser-type-connect-over-cdp
"""

import asyncio
from typing import Any, ClassVar

from playwright.async_api import Playwright as Driver
from playwright.async_api import async_playwright

from contenders.contender import Contender, Told, Use


class Playwright(Contender):
    """Tabs are pages. The driver is started once, and is not timed."""

    _driver: ClassVar[Driver | None] = None

    async def prepare(self) -> None:
        Playwright._driver = Playwright._driver or await async_playwright().start()

    async def attach(self, use: Use) -> None:
        assert Playwright._driver is not None
        self._browser = await Playwright._driver.chromium.connect_over_cdp(self.where.address)
        pages = [page for context in self._browser.contexts for page in context.pages]
        await asyncio.gather(*(use(page) for page in pages if self.where.wants(page.url)))

    async def evaluate(self, tab: Any, function: str) -> Any:
        return await tab.evaluate(function)

    async def bind(self, tab: Any, told: Told) -> None:
        await tab.expose_function(self.binding, told)

    async def close(self) -> None:
        await self._browser.close()
