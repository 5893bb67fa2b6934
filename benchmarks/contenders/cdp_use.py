"""cdp-use: one socket, typed commands, flat sessions by hand.

https://github.com/browser-use/cdp-use
"""

import asyncio
from typing import Any

from cdp_use.client import CDPClient

from contenders.contender import Contender, Told, Use


class CdpUse(Contender):
    """Tabs are session ids."""

    async def attach(self, use: Use) -> None:
        self._client = CDPClient(self.where.address)
        await self._client.start()
        targets = (await self._client.send.Target.getTargets())["targetInfos"]

        async def one(target: str) -> None:
            opened = await self._client.send.Target.attachToTarget(
                {"targetId": target, "flatten": True}
            )
            await use(opened["sessionId"])

        wanted = [each["targetId"] for each in targets if self.where.wants(each["url"])]
        await asyncio.gather(*(one(target) for target in wanted))

    async def evaluate(self, tab: str, function: str) -> Any:
        script = {"expression": f"({function})()", "returnByValue": True}
        result = await self._client.send.Runtime.evaluate(script, session_id=tab)
        return result["result"].get("value")

    async def bind(self, tab: str, told: Told) -> None:
        self._client.register.Runtime.bindingCalled(lambda event, _session: told(event["payload"]))
        await self._client.send.Runtime.enable(session_id=tab)
        await self._client.send.Runtime.addBinding({"name": self.binding}, session_id=tab)

    async def close(self) -> None:
        await self._client.stop()
