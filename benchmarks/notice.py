"""From a change in a page to the message at an MQTT subscriber, visible and hidden.

The page stamps each change with the wall clock, the subscriber stamps its arrival; both run on
this machine. With `--hidden-for` the tab has been in the background for that many seconds first:
beyond five minutes Chrome lets its timers run once a minute.

The control: in each round the subscriber also sends itself a message over the same broker, on its
way neither through Chrome nor through the agent. What that takes is the machine's and the broker's.
"""

import argparse
import queue
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from paho.mqtt.client import MQTTMessage

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from figure import Figure
from night import Night
from notes import Notes
from person import Person
from subscriber import Subscriber

P50_BAR_MS, P99_BAR_MS = 15.0, 100.0
HIDDEN_S = 330.0
PAUSE_S = 1.05  # the agent publishes a session's state at most once a second
ARRIVE_LIMIT_S = 20.0


class Arrivals(Subscriber):
    """A subscriber that stamps each message as it arrives."""

    def __init__(self, port: int, topics: str) -> None:
        self._arrived: queue.SimpleQueue[tuple[float, str, bytes]] = queue.SimpleQueue()
        super().__init__(port, topics)

    def wait(self, topic: str, payload: bytes) -> float:
        """Return when the next message of that topic and payload arrived, by the wall clock."""
        while True:
            at, *message = self._arrived.get(timeout=ARRIVE_LIMIT_S)
            if message == [topic, payload]:
                return at

    def _take(self, _client: object, _context: object, message: MQTTMessage) -> None:
        self._arrived.put((time.time(), message.topic, bytes(message.payload)))


def measure(rounds: int, hidden_for: float) -> tuple[list[float], list[float]]:
    """Return the delays of the page's changes and of the control, in milliseconds."""
    delays, echoes = [], []
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
            wanted = "hidden" if hidden_for else "visible"
            assert person.evaluate(session, "document.visibilityState") == wanted
            threading.Event().wait(max(hidden_for, 2 * PAUSE_S))
            topic = f"colab/night/session/{night.id_of(notes.url('bench'))}/phase"
            arrivals = Arrivals(night.broker.port, "#")
            for number in range(rounds):
                phase = b"running" if number % 2 == 0 else b"idle"
                changed = person.evaluate(
                    session,
                    "document.querySelector('#cell').classList.toggle('running'),"
                    " performance.timeOrigin + performance.now()",
                )
                delays.append(1000 * arrivals.wait(topic, phase) - changed)
                threading.Event().wait(PAUSE_S / 2)
                sent, payload = time.time(), str(number).encode()
                arrivals.publish("control", payload)
                echoes.append(1000 * (arrivals.wait("control", payload) - sent))
                threading.Event().wait(PAUSE_S / 2)
            arrivals.close()
    return delays, echoes


def percentiles(delays: list[float]) -> tuple[float, float]:
    """Return p50 and p99, in milliseconds."""
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return round(cuts[49], 1), round(cuts[98], 1)


def main() -> None:
    """Tell p50 and p99 of a visible tab, and of one that has been hidden for a while."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="60 rounds, and hidden for 330 s")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--hidden-for", type=float, metavar="SECONDS")
    options = parser.parse_args()
    rounds = options.rounds or (60 if options.full else 20)
    hidden = options.hidden_for or (HIDDEN_S if options.full else 5.0)
    for hidden_for in (0.0, hidden):
        delays, echoes = measure(rounds, hidden_for)
        (p50, p99), (echo_p50, echo_p99) = percentiles(delays), percentiles(echoes)
        seen = {"rounds": rounds, "load": round(psutil.getloadavg()[0], 2)}
        seen |= {"max_ms": round(max(delays), 1), "control_p50_ms": echo_p50}
        seen |= {"control_p99_ms": echo_p99, "hidden_for_s": hidden_for}
        where = f"a tab hidden for {hidden_for:.0f} s" if hidden_for else "a visible tab"
        Figure(
            f"a change in {where} to an MQTT subscriber, p50", p50, "ms", P50_BAR_MS, seen
        ).tell()
        Figure(
            f"a change in {where} to an MQTT subscriber, p99", p99, "ms", P99_BAR_MS, seen
        ).tell()
        Figure("the control: the broker alone, p99", echo_p99, "ms").tell()


if __name__ == "__main__":
    main()
