"""The one loop that tries again."""

import asyncio
import time
from collections.abc import Awaitable, Callable

HEALTHY_AFTER_S = 10.0


def delay(failures: int, first: float, longest: float) -> float:
    """Return how many seconds to wait after that many failures in a row: doubled each time."""
    return float(min(longest, first * 2 ** min(failures - 1, 30)))


async def keep(
    run: Callable[[], Awaitable[None]],
    *,
    on: tuple[type[Exception], ...],
    failed: Callable[[Exception], None],
    first: float,
    longest: float,
) -> None:
    """Run something again and again, for ever, after each failure of the kinds `on`.

    A run that held for ten seconds was healthy: the wait before the next begins anew. A handshake
    alone is not health. Any other exception is a defect and leaves at once. An exception group is
    taken for its first member of the kinds `on` when it holds nothing else.
    """
    failures = 0
    while True:
        began = time.monotonic()
        try:
            await run()
        except on as error:
            failed(error)
        except ExceptionGroup as group:
            expected, unexpected = group.split(on)
            if unexpected is not None or expected is None:
                raise
            failed(first_leaf(expected))
        healthy = time.monotonic() - began >= HEALTHY_AFTER_S
        failures = 1 if healthy else failures + 1
        await asyncio.sleep(delay(failures, first, longest))


def first_leaf(group: ExceptionGroup[Exception]) -> Exception:
    """Return the first exception of a group that is not itself a group."""
    error = group.exceptions[0]
    return first_leaf(error) if isinstance(error, ExceptionGroup) else error
