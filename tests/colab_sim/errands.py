"""Tasks with an owner: none outlives it, and no failure is lost."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Errands:
    """Background tasks; `close` ends them and raises what any of them raised."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[Exception] = []

    def start(self, errand: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run `errand` in the background."""
        task = asyncio.create_task(errand, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._failures.append(error)

    async def close(self) -> None:
        """Cancel what still runs, wait for its end, and raise the failures of all."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._failures:
            raise ExceptionGroup("errands of the stand-in failed", self._failures)
