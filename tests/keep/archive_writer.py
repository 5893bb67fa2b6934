"""A process that prints into an archive until it is killed: numbered lines, and a bar.

It tells on its standard output each number that it has handed to the archive, and each time that
the archive has synced a file: `synced`.
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from colab_cdp_agent.keep import archive as archive_module
from colab_cdp_agent.keep.archive import Archive

archive_module.WRITE_EVERY_S = 0.1  # more of them before the kill


async def write(folder: Path, session: str, first: int) -> None:
    """Write lines from a number on, for ever, in pieces that end anywhere."""
    archive = Archive(folder, 10**9, 1e9)
    log = archive.log(session)
    sync = os.fsync

    def told(file: int) -> None:
        sync(file)
        os.write(1, b"synced\n")

    os.fsync = told  # type: ignore[assignment]  # the archive syncs by number
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(archive.run())
        for number in count(first):
            log.write("stdout", f"line {number:06d}")
            log.write("stderr", f"\rbar {number}")
            log.write("stdout", f" is whole\nline {number:06d}b is who")
            log.write("stdout", "le\n")
            os.write(1, f"{number}\n".encode())
            await asyncio.sleep(0.0005)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
