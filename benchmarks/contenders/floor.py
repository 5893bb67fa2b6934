"""The floor: what a good engineer writes by hand, with bare `websockets` and `json`.

One socket, flat sessions, one `Runtime.evaluate` a tab; no deadline, and no way back.
"""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from contenders.contender import Contender, Told, Use, Where


class Floor(Contender):
    """Tabs are session ids."""

    def __init__(self, where: Where) -> None:
        super().__init__(where)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._told: dict[str, Told] = {}
        self._last = 0
        self._socket: ClientConnection
        self._reader: asyncio.Task[None]

    async def attach(self, use: Use) -> None:
        self._socket = await connect(
            self.where.address, compression=None, max_size=None, ping_interval=None
        )
        self._reader = asyncio.create_task(self._read())
        targets = (await self._call("Target.getTargets", {}))["targetInfos"]
        wanted = [each["targetId"] for each in targets if self.where.wants(each["url"])]
        await asyncio.gather(*(self._use(target, use) for target in wanted))

    async def evaluate(self, tab: str, function: str) -> Any:
        script = {"expression": f"({function})()", "returnByValue": True}
        return (await self._call("Runtime.evaluate", script, tab))["result"].get("value")

    async def bind(self, tab: str, told: Told) -> None:
        self._told[tab] = told
        await self._call("Runtime.enable", {}, tab)
        await self._call("Runtime.addBinding", {"name": self.binding}, tab)

    async def close(self) -> None:
        self._reader.cancel()
        await self._socket.close()

    async def _use(self, target: str, use: Use) -> None:
        await use(await self._open(target))

    async def _open(self, target: str) -> str:
        target_flat = {"targetId": target, "flatten": True}
        session: str = (await self._call("Target.attachToTarget", target_flat))["sessionId"]
        return session

    async def _call(self, method: str, params: dict[str, Any], session: str | None = None) -> Any:
        self._last += 1
        answer = self._waiting[self._last] = asyncio.get_running_loop().create_future()
        frame = {"id": self._last, "method": method, "params": params}
        await self._socket.send(json.dumps(frame | ({"sessionId": session} if session else {})))
        return await answer

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                message = json.loads(frame)
                if "id" in message:
                    self._waiting.pop(message["id"]).set_result(message["result"])
                elif message["method"] == "Runtime.bindingCalled":
                    self._told[message["sessionId"]](message["params"]["payload"])
        except ConnectionClosed as error:
            for answer in self._waiting.values():
                answer.set_exception(error)


class IsolatedFloor(Floor):
    """The floor in a world of its own: a page's own scripts see nothing of it there.

    Tabs are session ids with the world's number.
    """

    async def evaluate(self, tab: Any, function: str) -> Any:
        session, world = tab
        script = {"expression": f"({function})()", "returnByValue": True, "contextId": world}
        return (await self._call("Runtime.evaluate", script, session))["result"].get("value")

    async def bind(self, tab: Any, told: Told) -> None:
        session, world = tab
        self._told[session] = told
        binding = {"name": self.binding, "executionContextId": world}
        await self._call("Runtime.enable", {}, session)
        await self._call("Runtime.addBinding", binding, session)

    async def _open(self, target: str) -> Any:
        session = await super()._open(target)
        world = {"frameId": target, "worldName": "colab-cdp-agent"}
        made = await self._call("Page.createIsolatedWorld", world, session)
        return session, made["executionContextId"]
