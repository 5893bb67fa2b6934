"""The end of the archive is read with all that was heard, and followed by what it lacks."""

import asyncio
from pathlib import Path

import pytest

from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.archived_tail import ArchivedTail

pytestmark = pytest.mark.pure

SESSION = "0123456789"


def test_what_was_heard_a_moment_ago_stands_in_it(tmp_path: Path) -> None:
    archive = Archive(tmp_path, 10**9, 1e9)

    async def story() -> None:
        archive.log(SESSION).write("stdout", "line 1\nline 2\n")
        tail = await ArchivedTail.read(archive, SESSION)
        assert await tail.joined("line 1\nline 2\nline 3\n") == [("stdout", "line 3\n")]
        heard = [("stdout", "line 3\nline 4\n")]
        assert await tail.joined("line 2\nline 3\n", heard) == [("stdout", "line 3\nline 4\n")]

    asyncio.run(story())


def test_it_stays_as_it_was_read(tmp_path: Path) -> None:
    archive = Archive(tmp_path, 10**9, 1e9)

    async def story() -> None:
        await archive.append(SESSION, "night", "line 1\n")
        tail = await ArchivedTail.read(archive, SESSION)
        await archive.append(SESSION, "night", "line 2\n")
        assert await tail.joined("line 1\nline 2\n") == [("stdout", "line 2\n")]

    asyncio.run(story())
