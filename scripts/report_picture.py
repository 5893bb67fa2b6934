"""Draws docs/pictures/report.png: the top of the report of the night that the tests tell.

`PYTHONPATH=tests python scripts/report_picture.py` draws it anew. It needs a Chromium.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import nights
from colab_cdp_agent.chrome.installed import find_chromium
from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.report.gather import gather
from colab_cdp_agent.report.page import page
from colab_cdp_agent.report.timeline import Span

FILE: Final = Path("docs/pictures/report.png")
NAME: Final = "laptop"
SIZE: Final = "1000,1180"
LONG_AGO_S: Final = 1e12
MOST_BYTES: Final = 150_000


def draw(chromium: Path, folder: Path) -> None:
    """Draw the picture, with a folder for what it takes."""
    until = datetime(2026, 11, 25, 8).astimezone()
    kept = Journal(journal_path(folder, NAME), LONG_AGO_S)
    nights.tell(kept, until)
    asyncio.run(kept.close())
    span = Span(until - timedelta(hours=nights.HOURS), until)
    record = journal_reader.read(journal_path(folder, NAME), span.began)
    html = folder / "report.html"
    html.write_text(page(gather(record, NAME, span, {})), encoding="utf-8")
    sandbox = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    subprocess.run(
        [
            *(str(chromium), "--headless=new", "--disable-gpu", "--hide-scrollbars", *sandbox),
            *(f"--user-data-dir={folder / 'profile'}", f"--window-size={SIZE}"),
            *(f"--screenshot={FILE.absolute()}", html.as_uri()),
        ],
        check=True,
        capture_output=True,
    )


def main() -> int:
    """Draw the picture, and say how large it is."""
    chromium = find_chromium()
    if chromium is None:
        print("no Chromium or Chrome is installed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        draw(chromium, Path(folder))
    size = FILE.stat().st_size
    print(f"{FILE}: {size:,} bytes")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
