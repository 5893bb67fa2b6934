"""The process of one contender: `python -m contenders.child MODULE CLASS`.

Each line of its input asks for something (`do`, and what that needs), each line of its output is
an answer. Its own clock says how long a thing took, its own processor time what it cost.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from contenders.contender import STATUS, Contender, Where

CELLS = 40
LOST_PAUSE_S = 0.005


class Child:
    """Does what the driver asks of one contender."""

    def __init__(self, contender: type[Contender]) -> None:
        self._class = contender
        self._contender: Contender
        self._tabs: dict[str, Any] = {}
        self._told: list[tuple[float, str]] = []
        self._hung: asyncio.Task[dict[str, Any]]

    async def attach(self, **where: Any) -> dict[str, Any]:
        """Attach to the wanted tabs, and evaluate in each."""
        self._tabs.clear()
        self._contender = self._class(Where(**where))
        await self._contender.prepare()
        async with spent() as answer:
            await self._contender.attach(self._use)
        assert len(self._tabs) == where["count"], f"{len(self._tabs)} tabs"
        return answer

    async def cycle(self, times: int, apart_from: str = "") -> dict[str, Any]:
        """Evaluate in all tabs at once, so many times; but not in the one with that number."""
        tabs = [tab for number, tab in self._tabs.items() if number != apart_from]
        async with spent() as answer:
            for _time in range(times):
                await asyncio.gather(*map(self._status, tabs))
        return answer

    async def watch(self) -> dict[str, Any]:
        """Notice every change in the tabs from now on."""
        await self._contender.watch(list(self._tabs.values()), self._tell)
        self._told.clear()
        return {}

    async def told(self) -> dict[str, Any]:
        """Return the changes that were noticed since this was asked last, and when."""
        noticed = self._told.copy()
        self._told.clear()
        return {"noticed": noticed}

    async def ask_hung(self, number: str) -> dict[str, Any]:
        """Evaluate in a tab that does not answer, and leave it at that."""
        self._hung = asyncio.create_task(self._ask_hung(self._tabs[number]))
        return {}

    async def end_of_hung(self, limit_s: float) -> dict[str, Any]:
        """Return after how many seconds that ended by itself, and by which error, if it did."""
        await asyncio.wait([self._hung], timeout=limit_s)
        return self._hung.result() if self._hung.done() else {"how": None}

    async def until_lost(self, limit_s: float) -> dict[str, Any]:
        """Evaluate until that fails; return when and how, by the wall clock."""
        (tab,) = self._tabs.values()
        try:
            async with asyncio.timeout(limit_s) as deadline:
                while True:
                    await self._contender.evaluate(tab, STATUS)
                    await asyncio.sleep(LOST_PAUSE_S)
        except Exception as error:
            if deadline.expired():
                raise
            return {"at_ms": 1000 * time.time(), "how": _named(error)}

    async def used(self) -> dict[str, Any]:
        """Return the processor time that was used so far."""
        return {"cpu_ms": 1000 * time.process_time()}

    async def close(self) -> dict[str, Any]:
        """Leave the browser."""
        await self._contender.close()
        return {}

    async def _ask_hung(self, tab: Any) -> dict[str, Any]:
        began = time.perf_counter()
        try:
            await self._status(tab)
        except Exception as error:  # noqa: BLE001 - each library has its own
            return {"after_s": time.perf_counter() - began, "how": _named(error)}
        return {"after_s": time.perf_counter() - began, "how": "an answer"}

    async def _use(self, tab: Any) -> None:
        self._tabs[(await self._status(tab))["number"]] = tab

    async def _status(self, tab: Any) -> Any:
        status = await self._contender.evaluate(tab, STATUS)
        assert len(status["cells"]) == CELLS, status
        return status

    def _tell(self, state: str) -> None:
        self._told.append((1000 * time.time(), state))


@asynccontextmanager
async def spent() -> AsyncGenerator[dict[str, Any]]:
    """Write down what something took, in milliseconds: by the clock, and of the processor."""
    answer: dict[str, Any] = {}
    began, used = time.perf_counter(), time.process_time()
    yield answer
    answer["ms"] = 1000 * (time.perf_counter() - began)
    answer["cpu_ms"] = 1000 * (time.process_time() - used)


def _named(error: BaseException) -> str:
    """Return an error in one line."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first[:200]}".removesuffix(": ")


async def main() -> None:
    """Do what each line of the input asks for, until it ends."""
    child = Child(getattr(import_module(f"contenders.{sys.argv[1]}"), sys.argv[2]))
    # What a library prints goes to the standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        try:
            answer = await getattr(child, asked.pop("do"))(**asked)
        except Exception as error:  # noqa: BLE001 - told to the driver, who decides
            answer = {"error": _named(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    asyncio.run(main())
