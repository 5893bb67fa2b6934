"""What nobody heard is read from the page, while nobody else archives what that shows."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.watch import gap as room
from colab_cdp_agent.watch.gap import Gap
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import Printed
from colab_cdp_agent.watch.run import RunRecord

SESSION = "0123456789"
BEFORE, MEANWHILE, AFTER = "line 1\nline 2\n", "line 3\nline 4\n", "line 5\n"


class Page:
    """A page that has shown everything for long."""

    loaded_at = float("-inf")

    async def until(self, _holds: object, _limit_s: float) -> None:
        """Return at once."""


@pytest.mark.pure
def test_the_page_is_read_while_no_duty_archives_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = asyncio.Lock()

    async def read(_page: object, *, last: bool) -> Printed:
        assert last
        assert duty.locked()
        return Printed(BEFORE + MEANWHILE + AFTER, readable=True)

    monkeypatch.setattr(room, "read_printed", read)
    archive = Archive(tmp_path, 10**9, 1e9)
    record = RunRecord(archive.log(SESSION), ())

    @asynccontextmanager
    async def resting() -> AsyncGenerator[None]:
        async with duty:
            yield

    async def story() -> None:
        record.log.write("stdout", BEFORE)
        record.intake.write("stdout", AFTER)
        gap = Gap(SESSION, archive, record, lambda: None, resting)
        async with asyncio.TaskGroup() as tasks, duty:
            gap.begin(cast(PageWitness, cast(Any, Page())), tasks)
            await archive.append(SESSION, "night", MEANWHILE)
        await archive.flush()

    asyncio.run(story())
    kept = archive.path(SESSION).read_text("utf-8").splitlines()
    lines = [line for line in kept if not line.startswith("--- ")]
    assert lines == [f"line {number}" for number in range(1, 6)]
