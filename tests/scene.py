"""A person, their Chrome, a small notebook site and the agent, together for a few tests."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chromium import Chromium, find_chromium
from mosquitto import find_mosquitto
from night import UNTIL_LIMIT_S, Night
from notes import Notes
from person import Person
from wiretap import Wiretap

needs_chromium_and_mosquitto = pytest.mark.skipif(
    find_chromium() is None or find_mosquitto() is None,
    reason="no Chromium or no mosquitto installed",
)


@dataclass
class Scene:
    """Everything that is on while the tests of a module run."""

    notes: Notes
    chromium: Chromium
    night: Night
    person: Person
    wiretap: Wiretap

    def open(self, name: str) -> str:
        """Open a notebook in a tab, wait until the agent reads it, and return the target."""
        target = self.chromium.open(self.notes.url(name))
        self.until(name, "idle")
        return target

    def state(self, name: str, nth: int = 1) -> dict[str, Any]:
        """Return the published state of a notebook."""
        return self.night.session(self.night.id_of(self.notes.url(name), nth))

    def until(
        self, name: str, phase: str, *, nth: int = 1, limit: float = UNTIL_LIMIT_S
    ) -> dict[str, Any]:
        """Return the state of a notebook as soon as it is published in that phase."""

        def reached() -> dict[str, Any] | None:
            state = self.state(name, nth)
            return state if state["phase"] == phase else None

        return self.night.until(reached, limit) or {}

    def run_cell(self, session: str) -> None:
        """Let the page in a session of the person's show a running cell."""
        self.person.evaluate(session, "document.querySelector('#cell').className = 'running'")

    def follows(self, name: str, target: str) -> None:
        """Make sure that a change in the page is published: it is watched, not only read once."""
        session = self.person.attach(target)
        self.run_cell(session)
        self.until(name, "running", limit=5)
        self.person.evaluate(session, "document.querySelector('#cell').className = ''")
        self.until(name, "idle", limit=5)
        self.person.call("Target.detachFromTarget", sessionId=session)


@contextmanager
def set_scene(
    folder: Path,
    flags: Sequence[str] = (),
    *,
    config: Mapping[str, Any] | None = None,
    profile: Mapping[str, str] | None = None,
    headless: bool = True,
) -> Iterator[Scene]:
    """Start everything; `profile` are files that lie in Chrome's profile folder beforehand."""
    chromium = Chromium(flags, headless=headless)
    for name, text in (profile or {}).items():
        (chromium.profile / name).write_text(text, encoding="utf-8")
    with (
        Notes(folder) as notes,
        chromium,
        Wiretap(chromium.port) as wiretap,
        Night(wiretap.port, config=config, sites=[str(notes.profile)]) as night,
        Person(chromium) as person,
    ):
        yield Scene(notes, chromium, night, person, wiretap)
