"""Everything that plays a part in the night: a real Chromium, kernels, a broker, and the agent.

Between the agent and each of the two stands a relay, below what it keeps a disk of its own, and
before its clocks one that can be set.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from chaos.lines import Kept, Number, kept, number_of
from chaos.small_disk import SmallDisk
from chaos.wrong_clock import WrongClock
from chromium import Chromium
from colab_cdp_agent.keep import day_file
from colab_sim import Notebook
from mosquitto import HOST, Mosquitto
from night import Night
from person import eventually
from relay import Relay
from silencing import FLAGS, PROFILE
from stage import Stage
from wiretap import Wiretap
from witnessed import START_LIMIT_S, until_phase

IN_FRONT = "about:blank"
NAMES = ("one", "two", "three")
CELL = """\
import itertools, time
for number in itertools.count():
    print("run {run} line", number, flush=True)
    time.sleep({pause_s})
"""
PAUSE_S = 0.1
CONFIG = {
    "awake": False,
    "web": {"on": False},
    "duties": {"keep_alive": {"every": "10s"}, "clear": {"every": "30s", "max_lines": 1000}},
}
TAIL_BYTES = 4_000


class Player:
    """One notebook: what it is, and what is true of it.

    Attributes:
        run: how many runs were begun in it.
        loads: how often its pages were loaded by us.

    """

    def __init__(self, stage: Stage, name: str) -> None:
        self.notebook: Notebook = stage.notebook(name, kernel=True)
        self.url = self.notebook.url
        self.session = ""
        self.run = 0
        self.loads = 0
        self._stage = stage
        self._printed: Number = (0, -1)

    def begin_run(self) -> None:
        """Run the cell, as a person does."""
        self.run += 1
        code = CELL.format(run=self.run, pause_s=PAUSE_S)
        self._stage.do(self.notebook.source(code))
        self._stage.do(self.notebook.run())

    def ended(self) -> None:
        """Wait until the server knows that the run is over."""
        eventually(lambda: self.notebook.sheet.cells[0].state == "idle")

    def printed(self) -> Number:
        """Return the last line that the kernel has printed, by the server's word; or the first."""

        async def shown() -> str:
            outputs = self.notebook.sheet.cells[0].as_json(outputs=True)["outputs"]
            return "".join(each["text"][-1000:] for each in outputs if each["kind"] == "stream")

        numbers = filter(None, map(number_of, self._stage.do(shown()).split("\n")))
        self._printed = max(self._printed, (self.run, 0), *numbers)
        return self._printed


class Theatre(ExitStack):
    """All of it, up from entry to exit."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: Stage
        self.players: list[Player]
        self.chromium: Chromium
        self.wiretap: Wiretap
        self.broker: Mosquitto
        self.relay: Relay
        self.clock: WrongClock
        self.disk: SmallDisk
        self.archive_disk: SmallDisk
        self.night: Night

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            enter = stack.enter_context
            self.stage = enter(Stage())
            self.chromium = Chromium((*FLAGS, *self.stage.sim.chromium_flags))
            (self.chromium.profile / "Local State").write_text(PROFILE, encoding="utf-8")
            enter(self.chromium)
            self.wiretap = enter(Wiretap(self.chromium.port))
            self.broker = enter(Mosquitto(self.chromium.profile))
            self.relay = enter(Relay(self.broker.port))
            self.clock = enter(WrongClock())
            self.night = Night(
                self.wiretap.port,
                config=CONFIG,
                broker=self.broker,
                arguments=("--mqtt", f"mqtt://{HOST}:{self.relay.port}"),
                environment=self.clock.environment,
            )
            self.disk = enter(SmallDisk(self.night.home / "state"))
            self.archive_disk = enter(SmallDisk(self.night.home / "state" / "archive"))
            self.players = [Player(self.stage, name) for name in NAMES]
            self.open_all()
            enter(self.night)
            self._begin()
            self.enter_context(stack.pop_all())
        return self

    def _begin(self) -> None:
        for player in self.players:
            player.session = self.night.id_of(player.url)
            until_phase(self.night, player.url, "idle", START_LIMIT_S)
            player.begin_run()
        for player in self.players:
            until_phase(self.night, player.url, "running")

    def open_all(self) -> None:
        """Open every notebook in a tab, with another tab in front."""
        for player in self.players:
            self.open(player)
        self.chromium.open(IN_FRONT)

    def open(self, player: Player) -> None:
        """Open a notebook in a tab, and wait until its page shows it."""
        self.chromium.open(player.url)
        self.loaded(player)

    def loaded(self, player: Player, pages: int = 1) -> None:
        """Take note that a notebook is being loaded, and wait until its page shows it."""
        player.loads += 1
        self.stage.do(player.notebook.opened(pages))

    def start_chromium(self) -> None:
        """Start Chromium, and open every notebook again: headless it starts with one tab."""
        self.chromium.start()
        self.open_all()

    @contextmanager
    def untouched(self, player: Player) -> Iterator[None]:
        """Make sure that nothing touches a notebook's page for as long as the block runs."""
        before = self.stage.do(player.notebook.touched())
        yield
        after = self.stage.do(player.notebook.touched())
        assert after == before, f"the page was touched: {after[len(before) :]}"

    def kept(self, player: Player) -> Kept:
        """Return what the archive holds of a notebook."""
        return kept(each.path.read_text("utf-8") for each in self._files(player))

    def last_kept(self, player: Player) -> Number:
        """Return the last line that the archive holds of a notebook."""
        ends = (_end(each.path) for each in self._files(player))
        numbers = (number_of(line) for text in ends for line in text.split("\n"))
        return max(filter(None, numbers), default=(0, -1))

    def _files(self, player: Player) -> list[day_file.Found]:
        return day_file.files(self.night.home / "state" / "archive" / player.session)


def _end(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        return file.read().decode(errors="replace")
