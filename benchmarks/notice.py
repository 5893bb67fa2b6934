"""From a change in a page to the message at an MQTT subscriber, visible and hidden.

The page stamps each change with the wall clock, the subscriber stamps its arrival; both run on
this machine. With `--hidden-for` the tab has been in the background for that many seconds first:
beyond five minutes Chrome lets its timers run once a minute.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from night import Night
from notes import Notes
from person import Person

PAUSE_S = 1.05  # the agent publishes a session's state at most once a second


class Arrivals:
    """When each phase of one session arrived, by the order of the messages."""

    def __init__(self, night: Night, topic: str) -> None:
        self._night = night
        self._topic = topic
        self._seen = len(night.heard.messages)

    def wait(self, phase: bytes) -> float:
        """Return when the next message of that phase arrived."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for topic, payload in self._night.heard.messages[self._seen :]:
                self._seen += 1
                if topic == self._topic and payload == phase:
                    return time.time()
            time.sleep(0.0002)
        raise AssertionError(f"no {phase!r} within 20 s")


def measure(rounds: int, hidden_for: float) -> dict[str, float]:
    """Return the percentiles in milliseconds."""
    delays = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Notes(Path(folder)) as notes,
        Chromium() as chromium,
        Person(chromium) as person,
    ):
        target = chromium.open(notes.url("bench"))
        if hidden_for:
            chromium.open("about:blank")
        with Night(chromium.port, sites=[str(notes.profile)]) as night:
            night.until(lambda: night.session(notes.url("bench"))["phase"] == "idle")
            session = person.attach(target)
            threading.Event().wait(hidden_for)
            topic = f"colab/night/session/{night.id_of(notes.url('bench'))}/phase"
            for number in range(rounds):
                phase = b"running" if number % 2 == 0 else b"idle"
                arrivals = Arrivals(night, topic)
                changed = person.evaluate(
                    session,
                    "document.querySelector('#cell').classList.toggle('running'),"
                    " performance.timeOrigin + performance.now()",
                )
                delays.append(1000 * arrivals.wait(phase) - changed)
                threading.Event().wait(PAUSE_S)
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return {"p50_ms": cuts[49], "p99_ms": cuts[98], "max_ms": max(delays), "rounds": rounds}


def main() -> None:
    """Print one line of JSON for a visible tab and one for a hidden one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--hidden-for", type=float, default=330.0)
    options = parser.parse_args()
    for hidden_for in (0.0, options.hidden_for):
        result = measure(options.rounds, hidden_for)
        print(
            json.dumps({"hidden_for_s": hidden_for, **{k: round(v, 1) for k, v in result.items()}})
        )


if __name__ == "__main__":
    main()
