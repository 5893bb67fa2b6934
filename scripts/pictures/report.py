"""The top of the report, as a browser shows it, of the night that the tests tell."""

from datetime import datetime
from pathlib import Path
from typing import Final

import nights
from chromium import Chromium
from person import Person
from phone import Phone

FILE: Final = Path("docs/pictures/report.png")
UNTIL: Final = datetime(2026, 11, 25, 8).astimezone()
WIDTH: Final = 1000
HEIGHT: Final = 1180


def draw(folder: Path) -> None:
    """Draw it, with a folder for what it takes."""
    url = nights.page_of_it(folder, "laptop", UNTIL).as_uri()
    with (
        Chromium(["--hide-scrollbars"]) as chromium,
        Person(chromium) as person,
        Phone(person, chromium, url, width=WIDTH, height=HEIGHT) as screen,
    ):
        screen.until("document.readyState === 'complete'")
        FILE.write_bytes(screen.picture())
