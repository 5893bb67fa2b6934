"""Hours of printing: whether anything grows that should not, and whether any line is lost.

Each sample goes to a file at once; the picture in `docs/pictures/` is drawn in the end, and with
`--draw FILE` out of such a file again. The broker is the embedded one, the duties are on.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

import page
from colab_cdp_agent.spoken import duration
from colab_cdp_agent.tell.broker import BrokerAddress, EmbeddedBroker
from colab_cdp_agent.tell.ports import first_free_port
from figure import Figure
from printing import Kernels, settled, watched
from soak_picture import draw
from soak_run import (
    AGENT_CPU,
    AGENT_MEMORY,
    DESCRIPTORS,
    THREADS,
    USUAL_TABS,
    Ending,
    Quantity,
    Recorder,
    Run,
    Sample,
    Setting,
    title,
)
from vitals import Vitals

ROOT = Path(__file__).parents[1]
GROWTH_BAR_MIB = 2.0
EVERY_S = 5.0
END_LIMIT_S = 60.0


@contextmanager
def embedded_broker() -> Iterator[BrokerAddress]:
    """Run the broker that an agent starts where no other is named."""
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
    ):
        broker = EmbeddedBroker(Path(folder) / "broker", port=first_free_port(()))
        address = runner.run(broker.start())
        try:
            yield address
        finally:
            runner.run(broker.stop())


def soak(setting: Setting, every_s: float, recorder: Recorder) -> None:
    """Let the kernels print to their end, and record what all weigh meanwhile."""
    kernels = Kernels(setting.tabs, setting.rate, setting.seconds)
    with (
        # Around the kernels: what waits for their last word gets none once they are killed.
        futures.ThreadPoolExecutor(1) as waiting,
        embedded_broker() as broker,
        watched(kernels, broker) as (chromium, night),
    ):
        vitals = Vitals(night.agent.pid, broker.pid, chromium.pid, night.home / "state")
        kernels.begin()
        printed = waiting.submit(kernels.printed)
        began = due = time.monotonic()
        while True:
            due += every_s
            futures.wait([printed], max(0.0, due - time.monotonic()))
            if printed.done():
                break  # a sample of the moment since the last one would say nothing of the share
            at = time.monotonic() - began
            assert at < setting.seconds + END_LIMIT_S, "the kernels do not end"
            recorder.add(Sample(round(at, 1), vitals.read()))
            night.heard.messages.clear()  # else this process grows, and presses on the others
        found = settled(night, printed.result())
    recorder.add(Ending(printed.result(), printed.result() - found.kept, found.twice))


def figures(run: Run) -> Iterator[Figure]:
    """Yield what a run came to, as far as it came."""
    what = f"{title(run.setting)}, for {duration(run.lasted_s)}"
    if run.ending is not None:
        seen = {"lines_sent": run.ending.printed}
        yield Figure(f"{what}: lines lost", run.ending.lost, "", 0, seen)
        yield Figure(f"{what}: lines archived twice", run.ending.twice, "", 0)
    for quantity, says, unit in (
        (AGENT_MEMORY, "memory at most", "MiB"),
        (AGENT_CPU, "share of a core", "%"),
    ):
        held, seen = round(run.held(quantity), 2), _seen(run.weights(quantity))
        yield Figure(f"{what}: {says}", held, unit, run.bar(quantity), seen)
    yield _growth(what, run, AGENT_MEMORY, GROWTH_BAR_MIB if run.usual else None)
    yield _growth(what, run, DESCRIPTORS, 0)
    yield _growth(what, run, THREADS, 0)


def _growth(what: str, run: Run, quantity: Quantity, bar: float | None) -> Figure:
    name, grown = quantity.title.rpartition(" ")[2], round(run.growth(quantity), 1)
    return Figure(
        f"{what}: growth, {name}", grown, quantity.unit, bar, _seen(run.weights(quantity))
    )


def _seen(weights: list[float]) -> dict[str, float]:
    return {"first": weights[0], "least": min(weights), "most": max(weights), "last": weights[-1]}


def show(file: Path, picture: Path | None) -> int:
    """Draw a recorded run, and tell its figures; 1 where a bar is not met."""
    run = Run.read(file)
    assert len(run.samples) > 1, f"{file} holds too little to be drawn"
    picture = picture or ROOT / "docs" / "pictures" / f"{name_of(run.setting.tabs)}.svg"
    picture.write_text(draw(run), "utf-8")
    told = list(figures(run))
    for figure in told:
        figure.tell()
    return int("NOT MET" in (page.verdict(asdict(figure)) for figure in told))


def name_of(tabs: int) -> str:
    """Return what a run's files are called."""
    return "soak" if tabs == USUAL_TABS else f"soak-{tabs}"


def main() -> int:
    """Record a run and show it, or show one that was recorded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=USUAL_TABS)
    parser.add_argument("--rate", type=float, default=80, help="lines a second, of all tabs")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float, default=4)
    length.add_argument("--minutes", type=float, help="in place of hours")
    parser.add_argument(
        "--every", type=float, default=EVERY_S, help="seconds from sample to sample"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="where the samples go")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="where the picture goes")
    parser.add_argument("--draw", type=Path, metavar="FILE", help="draw what was recorded there")
    options = parser.parse_args()
    if options.draw:
        return show(options.draw, options.picture)
    minutes = options.hours * 60 if options.minutes is None else options.minutes
    setting = Setting(options.tabs, options.rate, minutes * 60, page.machine())
    record = options.record or ROOT / "build" / f"{name_of(options.tabs)}.jsonl"
    soak(setting, options.every, Recorder(record, setting))
    return show(record, options.picture)


if __name__ == "__main__":
    sys.exit(main())
