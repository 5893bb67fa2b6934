"""Chrome, the broker and the agent die, in any order, and all is told again as it is."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

from chromium import Chromium
from night import Night
from notes import Notes
from person import Person, eventually
from scene import needs_chromium_and_mosquitto

pytestmark = needs_chromium_and_mosquitto

NAME = "survivor"
HEALED_WITHIN_S = 30


def test_whatever_dies_in_whatever_order_heals_by_itself(tmp_path: Path) -> None:
    with (
        Notes(tmp_path) as notes,
        Chromium() as chromium,
        Night(chromium.port, sites=[str(notes.profile)]) as night,
    ):
        url = notes.url(NAME)
        chromium.open(url)
        told(night, url, "idle")
        session = night.id_of(url)
        parts: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "Chrome": (chromium.kill, lambda: chromium.start(url)),
            "broker": (night.broker.kill, night.broker.start),
            "agent": (night.kill, night.start),
        }
        for order in permutations(parts):
            for part in order:
                parts[part][0]()
            for part in order:
                parts[part][1]()
            with Person(chromium) as person:
                pages = [page for page in chromium.pages() if page["url"] == url]
                assert len(pages) == 1, (order, chromium.pages())
                page = person.attach(pages[0]["id"])
                until_loaded(person, page)
                show(person, page, "running")
                told(night, url, "running")
                show(person, page, "")
                told(night, url, "idle")
            assert night.id_of(url) == session
            assert [page["url"] for page in chromium.pages()] == [url], order


def until_loaded(person: Person, page: str) -> None:
    """Wait until the page has its cell."""
    eventually(lambda: person.evaluate(page, "document.querySelector('#cell') !== null"))


def show(person: Person, page: str, state: str) -> None:
    """Let the page show its cell in a state."""
    person.evaluate(page, f"document.querySelector('#cell').className = '{state}'")


def told(night: Night, url: str, phase: str) -> None:
    """Wait until a notebook's phase is published."""
    night.until(lambda: night.session(url)["phase"] == phase, HEALED_WITHIN_S)
