"""From a tap on a phone to the verified effect in the page and the answer on the phone.

The request is a `reconnect`, and the page connects in the very turn in which it is clicked: what is
measured is all the agent's, and the broker's. The control is a message that the subscriber sends to
itself over the same broker.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from colab_cdp_protocols import mqtt
from figure import Figure
from night import Night
from notes import Notes
from notice import Arrivals, percentiles
from person import Person

P50_BAR_MS = 150.0
PAUSE_S = 1.2  # no more than ten requests in ten seconds are carried out
CONNECTS = """
  const control = document.querySelector("#control");
  window.lose = () => { control.className = "offline"; };
  control.addEventListener("click", () => { control.className = "connected"; });
"""


def can_connect(profile: Path) -> Path:
    """Write a site profile whose page can be connected again, and return its file."""
    known = json.loads(profile.read_text(encoding="utf-8"))
    known["states"]["press_connect"] = [{"css": "#control.offline"}]
    known["actions"] = {"connect": [{"steps": [{"click": "#control"}]}]}
    file = profile.with_name("tapped.yaml")
    file.write_text(json.dumps(known), encoding="utf-8")
    return file


def measure(rounds: int) -> tuple[list[float], list[float]]:
    """Return the delays of the answers and of the control, in milliseconds."""
    delays, echoes = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        Notes(Path(folder)) as notes,
        Chromium() as chromium,
        Person(chromium) as person,
    ):
        session = person.attach(chromium.open(notes.url("bench")))
        chromium.open("about:blank")
        with Night(chromium.port, sites=[str(can_connect(notes.profile))]) as night:
            night.until(lambda: night.session(notes.url("bench"))["phase"] == "idle")
            person.evaluate(session, CONNECTS)
            known = {"root": "colab", "agent": "night", "verb": "reconnect"}
            number = night.id_of(notes.url("bench"))
            request = mqtt.SESSION_REQUEST.at(**known, id=number)
            response = mqtt.SESSION_RESPONSE.at(**known, id=number)
            arrivals = Arrivals(night.broker.port, "#")
            for _ in range(rounds):
                person.evaluate(session, "lose()")
                night.until(lambda: night.session(notes.url("bench"))["phase"] == "ended")
                sent = time.time()
                arrivals.publish(request, b"")
                wanted = mqtt.encode(mqtt.Response("ok", data={"result": "reconnected"}))
                delays.append(1000 * (arrivals.wait(response, wanted) - sent))
                sent = time.time()
                arrivals.publish("control", b"x")
                echoes.append(1000 * (arrivals.wait("control", b"x") - sent))
                threading.Event().wait(PAUSE_S)
            arrivals.close()
    return delays, echoes


def main() -> None:
    """Tell p50 and p99 of a hidden tab."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="60 rounds in place of 15")
    options = parser.parse_args()
    delays, echoes = measure(60 if options.full else 15)
    (p50, p99), (echo_p50, echo_p99) = percentiles(delays), percentiles(echoes)
    seen = {"rounds": len(delays), "load": round(psutil.getloadavg()[0], 2), "p99_ms": p99}
    seen |= {"control_p50_ms": echo_p50, "control_p99_ms": echo_p99}
    what = "a tap to the verified effect in a hidden tab and the answer, p50"
    Figure(what, p50, "ms", P50_BAR_MS, seen).tell()


if __name__ == "__main__":
    main()
