"""Work that ends by itself, or by Ctrl+C and its like."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from colab_cdp_agent import loop
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.replies import say
from colab_cdp_agent.signals import STOPPED, on_signals


def run_until_stopped(work: Coroutine[Any, Any, int]) -> int:
    """Run something that ends by itself, and return its exit code; a signal cancels it once."""

    async def main() -> int:
        stop = stop_on_signals()
        working, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not working.done():
            working.cancel()
        try:
            return await working
        except asyncio.CancelledError:
            say(STOPPED)
            return ExitCode.ENDED_AS_ASKED

    return loop.run(main())


def stop_on_signals() -> asyncio.Event:
    """Return an event that is set by Ctrl+C and by a request to terminate, on every system."""
    running = asyncio.get_running_loop()
    stop = asyncio.Event()

    def stop_soon() -> None:
        if not running.is_closed():  # a second signal may come when everything has ended
            running.call_soon_threadsafe(stop.set)

    on_signals(stop_soon)
    return stop
