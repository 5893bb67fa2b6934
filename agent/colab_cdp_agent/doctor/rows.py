"""One line for each state, alarm and value of a profile: which of its detectors answered in a page.

Pure.
"""

from collections.abc import Iterator, Sequence

import msgspec

from colab_cdp_agent.watch.detector import Detector
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.seen import PageReading


class Row(msgspec.Struct, frozen=True):
    """What is looked for, the detector that answered, and its place among those that are tried."""

    name: str
    tried: int
    place: int | None = None
    detector: Detector | None = None

    def __str__(self) -> str:
        """Return the line."""
        if self.place is None:
            return f"{self.name:<26} -  none of {self.tried}"
        of = f"{self.place + 1} of {self.tried}"
        if self.detector is None:
            return f"{self.name:<26} ✓  {of}"
        return f"{self.name:<26} ✓  {of}, {self.detector.trust}: {self.detector}"


def rows(profile: Profile, reading: PageReading) -> Iterator[Row]:
    """Yield a row for each state and value that a profile has detectors for, and for the alarms."""
    for state, detectors in profile.states.items():
        yield _row(f"states.{state}", detectors, reading.states.get(state))
    for raised in reading.alarms:
        lists = [alarm.detect for alarm in profile.alarms if alarm.kind == raised.kind]
        if len(lists) == 1:
            yield _row(f"alarms {raised.kind}", lists[0], raised.detector)
        else:  # of two lists for a kind it is not told which
            yield Row(f"alarms {raised.kind}", len(lists), raised.detector)
    if not reading.alarms:
        yield Row("alarms", len(profile.alarms))
    for name in ("resources", "accelerator", "build"):
        tried = len(getattr(profile.reads, name))
        if tried:
            yield Row(f"reads.{name}", tried, 0 if name in reading.values else None)


def _row(name: str, detectors: Sequence[Detector], place: int | None) -> Row:
    detector = None if place is None else detectors[place]
    return Row(name, len(detectors), place, detector)
