"""The night as it is played: fault after fault, each healed within its limit, all looked at."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random

import psutil

from chaos.faults import FAULTS
from chaos.lines import Number
from chaos.oracle import Oracle
from chaos.schedule import Step
from chaos.theatre import IN_FRONT, Player, Theatre
from night import DEFECTS
from wiretap import HARMLESS

MEMORY_BYTES = 200 * 2**20
MOST_DESCRIPTORS = 64
MOST_THREADS = 24
MOST_CHILDREN = 4
FIRST_LIMIT_S = 30.0
SHOWN = 5
ALLOWED = HARMLESS | {"Page.setWebLifecycleState"}
"""The duties wake up a page that sleeps, to be able to touch it."""


class BreachError(AssertionError):
    """Something is not as it must be; `str` says what."""


@dataclass(frozen=True)
class Healed:
    """A fault that was healed, or could not be brought about here."""

    step: Step
    after_s: float = 0.0
    lacking: str | None = None


class Performance:
    """Plays one night in a theatre that is up.

    Args:
        theatre: where it is played.
        patience: how many times its limit a fault may take, where the machine has other work.

    Attributes:
        step: the one that is played, None before the first.
        admitted: how many lines the archive lacks and says so.

    """

    def __init__(self, theatre: Theatre, patience: float = 1.0) -> None:
        self.step: Step | None = None
        self.admitted = 0
        self._theatre = theatre
        self._patience = patience
        theatre.night.heard.messages.clear()  # of the time before all was running
        self._oracle = Oracle(player.session for player in theatre.players)
        self._logged_bytes = 0

    def play(self, steps: Iterable[Step]) -> Iterator[Healed]:
        """Play one step after the other.

        Raises:
            AssertionError: something is not as it must be.

        """
        self._until_well(FIRST_LIMIT_S)
        for step in steps:
            self.step = step
            lacking = FAULTS[step.fault].lacking(self._theatre)
            yield Healed(step, lacking=lacking) if lacking else self._play(step)

    def _play(self, step: Step) -> Healed:
        fault, theatre = FAULTS[step.fault], self._theatre
        player = theatre.players[step.target]
        self._listen()
        self._oracle.begin(fault.meanwhile, player.session)
        with fault.does(theatre, player, Random(step.seed)):
            if step.noticed and fault.noticed_s:
                met = theatre.players if fault.meanwhile.everyone else [player]
                self._until(lambda: self._unnoticed(met, fault.meanwhile.seen), fault.noticed_s)
            else:
                time.sleep(step.held_s)
        began = time.monotonic()
        self._until_well(fault.healed_s)
        after_s = time.monotonic() - began
        self._oracle.end()
        self._look()
        return Healed(step, after_s)

    def _until_well(self, limit_s: float) -> None:
        reached = {player: player.printed() for player in self._theatre.players}
        self._until(lambda: self._unwell(reached), limit_s)

    def _unwell(self, reached: dict[Player, Number]) -> str | None:
        night = self._theatre.night
        if night.heard.values.get("colab/night/status") != b"online":
            return "the agent is not online"
        chrome = json.loads(night.value("info"))["chrome"]
        if chrome["state"] != "connected":
            return f"Chrome is {chrome}"
        for player, number in reached.items():
            told = self._oracle.well(player.session, number)
            if told is not None:
                return f"{player.notebook.name}: {told}"
            if self._theatre.last_kept(player) < number:
                return f"{player.notebook.name}: {number} is not archived"
        return None

    def _unnoticed(self, players: list[Player], wanted: frozenset[str]) -> str | None:
        for player in players:
            if not wanted & self._oracle.told[player.session].phases:
                return f"{player.notebook.name} is not told as one of {sorted(wanted)}"
        return None

    def _until(self, lacks: Callable[[], str | None], limit_s: float) -> None:
        """Wait until nothing lacks; no lie may be told meanwhile."""
        last: list[str | None] = ["nothing was looked at"]

        def holds() -> bool:
            self._listen()
            last[0] = lacks()
            return last[0] is None

        limit_s *= self._patience
        if not self._theatre.night.heard.until(holds, limit_s, self._check):
            raise BreachError(f"not within {limit_s:g} s: {last[0]}")

    def _check(self) -> None:
        if self._oracle.breaches:
            raise BreachError("; ".join(self._oracle.breaches[:SHOWN]))
        code = self._theatre.night.agent.poll()
        if code is not None:
            raise BreachError(f"the agent ended with {code}")

    def _listen(self) -> None:
        heard = self._theatre.night.heard.messages
        count = len(heard)  # more may come at its end meanwhile
        messages = heard[:count]
        del heard[:count]
        for topic, payload in messages:
            self._oracle.hear(topic, payload)

    def _look(self) -> None:
        """Look at everything that must hold whenever all is well."""
        self._listen()
        self._check()
        breaches = [*self._look_at_archive(), *self._look_at_pages(), *self._look_at_agent()]
        if breaches:
            raise BreachError("; ".join(breaches[:SHOWN]))

    def _look_at_archive(self) -> Iterator[str]:
        self.admitted = 0
        for player in self._theatre.players:
            kept = self._theatre.kept(player)
            self.admitted += kept.admitted
            if kept.twice:
                yield f"{player.notebook.name}: archived twice: {kept.twice[:SHOWN]}"
            if kept.lost:
                yield f"{player.notebook.name}: lost without a mark: {kept.lost[:SHOWN]}"

    def _look_at_pages(self) -> Iterator[str]:
        theatre = self._theatre
        for player in theatre.players:
            log = player.notebook.sheet.log
            if log.loads != player.loads:
                yield f"{player.notebook.name} was loaded {log.loads} times, not {player.loads}"
            if log.answers or log.commands:
                yield f"{player.notebook.name} was told {log.answers} and {log.commands}"
        found = [page["url"] for page in theatre.chromium.pages()]
        wanted = [player.url for player in theatre.players]
        if sorted(url for url in found if url != IN_FRONT) != sorted(wanted):
            yield f"the tabs are {found}"
        if forbidden := set(theatre.wiretap.methods) - ALLOWED:
            yield f"Chrome was asked for {sorted(forbidden)}"

    def _look_at_agent(self) -> Iterator[str]:
        agent = psutil.Process(self._theatre.night.agent.pid)
        weights = {
            "bytes of memory": (agent.memory_info().rss, MEMORY_BYTES),
            "descriptors": (agent.num_fds(), MOST_DESCRIPTORS),
            "threads": (agent.num_threads(), MOST_THREADS),
            "children": (len(agent.children(recursive=True)), MOST_CHILDREN),
        }
        for what, (weight, most) in weights.items():
            if weight > most:
                yield f"the agent has {weight} {what}"
        for line in self._newly_logged():
            if any(defect in line for defect in DEFECTS):
                yield f"a defect in the log: {line}"

    def _newly_logged(self) -> list[str]:
        with (self._theatre.night.home / "log").open("rb") as log:
            log.seek(self._logged_bytes)
            lines = log.read()
        self._logged_bytes += len(lines)
        return lines.decode(errors="replace").splitlines()
