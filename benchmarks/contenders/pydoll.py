"""pydoll: a socket for the browser, and one for each tab.

https://pydoll.tech/docs/features/advanced/remote-connections/
"""

import asyncio
from typing import Any

from pydoll.browser.chromium import Chrome
from pydoll.commands import RuntimeCommands

from contenders.contender import Contender, Told, Use, Where


class Pydoll(Contender):
    """Tabs are pydoll's."""

    def __init__(self, where: Where) -> None:
        super().__init__(where)
        self._tabs: list[Any] = []

    async def attach(self, use: Use) -> None:
        self._browser = Chrome()
        await self._browser.connect(self.where.address)
        targets = await self._browser.get_targets()

        async def one(target: Any) -> None:
            tab = await self._browser.get_tab_by_target(target)
            self._tabs.append(tab)
            await use(tab)

        await asyncio.gather(*(one(each) for each in targets if self.where.wants(each["url"])))

    async def evaluate(self, tab: Any, function: str) -> Any:
        answer = await tab.execute_script(f"({function})()", return_by_value=True)
        return answer["result"]["result"].get("value")

    async def bind(self, tab: Any, told: Told) -> None:
        await tab.enable_runtime_events()
        await tab.on("Runtime.bindingCalled", lambda event: told(event["params"]["payload"]))
        # Nothing public sends a command of one's own, or closes a socket and leaves the tab.
        await tab._execute_command(RuntimeCommands.add_binding(self.binding))  # noqa: SLF001

    async def close(self) -> None:
        for tab in self._tabs:
            await tab._connection_handler.close()  # noqa: SLF001
        await self._browser.close()
