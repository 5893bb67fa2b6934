"""The phone page: until twenty notebooks are painted, a tap there and back, and its weight."""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import Chromium
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.web.static_files import StaticFiles
from figure import Figure
from fleet import TITLES, Fleet
from mosquitto import HOST, Mosquitto
from page_server import PageServer
from person import Person
from phone import Phone

PAINT_BAR_MS, WEIGHT_BAR_KB, TAP_BAR_MS = 300.0, 250.0, 150.0
KB = 1000
CARDS = 20
# Notes when the first frame is painted in which every card stands.
WATCH = f"""
new MutationObserver((_, observer) => {{
  if (document.querySelectorAll(".card").length < {CARDS}) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => (window.paintedAt = performance.now())));
}}).observe(document, {{ childList: true, subtree: true }});
"""
# Taps, and resolves with how long it took until the answer stands in the card.
TAP = """
new Promise((resolve) => {
  const button = [...document.querySelectorAll(".buttons button")]
    .find((each) => each.checkVisibility() && each.innerText === "Reconnect");
  const says = button.closest(".actions").querySelector(".answer");
  const began = performance.now();
  new MutationObserver((_, observer) => {
    if (says.dataset.outcome !== "ok") return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  }).observe(says, { childList: true, attributes: true });
  button.click();
})
"""


def painted(phone: Phone, url: str, *, cached: bool) -> tuple[float, float]:
    """Load the page anew; return until the first text and until every card is painted, in ms."""
    phone.call("Network.setCacheDisabled", cacheDisabled=not cached)
    phone.call("Page.navigate", url=url)
    phone.until("window.paintedAt")
    text, cards = phone.value(
        "[performance.getEntriesByName('first-contentful-paint')[0].startTime, paintedAt]"
    )
    return text, cards


def main() -> None:
    """Tell the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    rounds = options.rounds or (30 if options.full else 8)
    with (
        tempfile.TemporaryDirectory() as folder,
        Mosquitto(Path(folder)) as broker,
        PageServer(Link(HOST, broker.port)) as server,
        Chromium() as chromium,
        Person(chromium) as person,
    ):
        fleet = Fleet(broker.port)
        fleet.publish_night()
        fleet.answer = lambda _verb, _request: {"status": "ok"}
        with Phone(person, chromium, "about:blank") as phone:
            phone.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
            painted(phone, server.url, cached=True)
            new = [painted(phone, server.url, cached=False) for _round in range(rounds)]
            again = [painted(phone, server.url, cached=True) for _round in range(rounds)]
            phone.open_card(TITLES[0])
            taps = []
            for _round in range(rounds):
                taps.append(phone.value(TAP))
                time.sleep(0.1)
        fleet.close()
    tell(new, again, taps)


def tell(
    new: list[tuple[float, float]], again: list[tuple[float, float]], taps: list[float]
) -> None:
    """Tell the figures."""
    seen = {"rounds": len(new), "load": psutil.getloadavg()[0]}
    texts, cards = zip(*new, strict=True)
    Figure(
        f"phone page, nothing cached, until {CARDS} notebooks are painted",
        round(statistics.median(cards)),
        "ms",
        PAINT_BAR_MS,
        seen | {"first_text_ms": statistics.median(texts), "max_ms": max(cards)},
    ).tell()
    Figure(
        "the same, opened again",
        round(statistics.median(cards for _, cards in again)),
        "ms",
        PAINT_BAR_MS,
        seen | {"max_ms": max(cards for _, cards in again)},
    ).tell()
    Figure(
        "from a tap in the page over the broker to the answer in the card",
        round(statistics.median(taps)),
        "ms",
        TAP_BAR_MS,
        seen | {"max_ms": max(taps)},
    ).tell()
    sizes = {name: len(file.compressed) for name, file in StaticFiles().files.items()}
    Figure(
        "weight of the whole page, compressed",
        round(sum(sizes.values()) / KB),
        "kB",
        WEIGHT_BAR_KB,
        {"libraries_kb": sum(s for n, s in sizes.items() if n.startswith("vendor/")) / KB},
    ).tell()


if __name__ == "__main__":
    main()
