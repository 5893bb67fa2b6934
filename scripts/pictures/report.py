"""The top of the report, as a browser shows it, of the night that the tests tell."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import nights
from chromium import Chromium
from colab_cdp_agent.keep import journal_reader
from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.report.gather import gather
from colab_cdp_agent.report.page import page
from colab_cdp_agent.report.timeline import Span
from person import Person
from phone import Phone

FILE: Final = Path("docs/pictures/report.png")
NAME: Final = "laptop"
WIDTH: Final = 1000
HEIGHT: Final = 1180
LONG_AGO_S: Final = 1e12


def draw(folder: Path) -> None:
    """Draw it, with a folder for what it takes."""
    until = datetime(2026, 11, 25, 8).astimezone()
    kept = Journal(journal_path(folder, NAME), LONG_AGO_S)
    nights.tell(kept, until)
    asyncio.run(kept.close())
    span = Span(until - timedelta(hours=nights.HOURS), until)
    record = journal_reader.read(journal_path(folder, NAME), span.began)
    html = folder / "report.html"
    html.write_text(page(gather(record, NAME, span, {})), encoding="utf-8")
    with (
        Chromium(["--hide-scrollbars"]) as chromium,
        Person(chromium) as person,
        Phone(person, chromium, html.as_uri(), width=WIDTH, height=HEIGHT) as screen,
    ):
        screen.until("document.readyState === 'complete'")
        FILE.write_bytes(screen.picture())
