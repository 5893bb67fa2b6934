"""How long a change is on its way, from a visible tab and a hidden one; what watching weighs."""

import random
import statistics
import time
from contextlib import ExitStack
from functools import partial

from chromium import Chromium
from contenders.field import Cell, Field
from contenders.process import Process
from contenders.shared import open_tabs, until_quiet
from person import Person

# A page's two clocks drift apart: how far is looked for where the wall clock's millisecond turns.
COMPARE = """(() => {
  const began = Date.now();
  while (Date.now() === began);
  globalThis.wall = Date.now() - performance.now();
})()"""
TOGGLE = (
    "document.querySelector('#cell').classList.toggle('running'),"
    " [wall + performance.now(), document.visibilityState]"
)
EVERY_SECOND = (
    "setInterval(() => document.querySelector('#cell').classList.toggle('running'), 1000), 0"
)
PAUSE_S = 0.1
NOTICE_LIMIT_S = 3.0
HIDDEN_S, HIDDEN_FULL_S = 5, 330  # beyond five minutes Chrome lets timers run once a minute
WATCHED_TABS = 10
WATCHED_S, WATCHED_FULL_S = 60, 300


def notice(field: Field, *, full: bool) -> None:
    """Change pages, of which each contender watches one, in a browser of its own.

    Some change what a page believes of itself, in every tab there is.
    """
    rounds, hidden_s = (30, HIDDEN_FULL_S) if full else (12, HIDDEN_S)
    field.begin()
    with ExitStack() as exits:
        watched = []
        for process in field.drawn():
            chromium = exits.enter_context(Chromium())
            (target,) = open_tabs(chromium, "change", 1)
            until_quiet(chromium)
            field.try_to(process, partial(process.attach, chromium, "change", 1))
            field.attempt(process, "watch")
            person = exits.enter_context(Person(chromium))
            watched.append(Watched(field, process, person, target))
        field.tell(
            "watching: a change in a visible tab", measure(field, watched, rounds, "visible")
        )
        for each in watched:
            each.hide()
        time.sleep(hidden_s)
        what = f"watching: in a tab hidden for {hidden_s} s"
        field.tell(what, measure(field, watched, rounds, "hidden"))
        for process in field.drawn():
            field.attempt(process, "close")


class Watched:
    """A tab that a contender watches, and the person who changes it."""

    def __init__(self, field: Field, process: Process, person: Person, target: str) -> None:
        self.name = process.name
        self.state = ""
        self.delays: list[float] = []
        self._field = field
        self._process = process
        self._person = person
        self._session = person.attach(target)

    def hide(self) -> None:
        """Put another tab before it."""
        self._person.call("Target.createTarget", url="about:blank")

    def change(self) -> None:
        """Change the page, and take note of how long that was on its way, if it arrived."""
        time.sleep(PAUSE_S)
        self._person.evaluate(self._session, COMPARE)
        self._field.attempt(self._process, "told")
        at_ms, self.state = self._person.evaluate(self._session, TOGGLE)
        deadline = time.monotonic() + NOTICE_LIMIT_S
        while time.monotonic() < deadline:
            time.sleep(PAUSE_S)
            answer = self._field.attempt(self._process, "told")
            if answer is None:
                return
            if answer["noticed"]:
                self.delays.append(answer["noticed"][0][0] - at_ms)
                return


def measure(field: Field, watched: list[Watched], rounds: int, wanted: str) -> dict[str, Cell]:
    """Return the median of each contender, and what it made of a hidden page."""
    for each in watched:
        each.delays.clear()
    for _round in range(rounds):
        for each in random.sample(watched, len(watched)):
            each.change()
    cells = {}
    for each in watched:
        if each.name not in field.faults and each.delays:
            seen = {"max_ms": round(max(each.delays), 1), "noticed": len(each.delays), "of": rounds}
            said = "" if each.state == wanted else f"the page believes to be {each.state}"
            cells[each.name] = Cell(statistics.median(each.delays), "ms", said, seen)
    return cells


def footprint(field: Field, *, full: bool) -> None:
    """Let everyone watch the same tabs, each of which changes once a second."""
    seconds = WATCHED_FULL_S if full else WATCHED_S
    field.begin(anew=True)
    with Chromium() as chromium, Person(chromium) as person:
        targets = open_tabs(chromium, "busy", WATCHED_TABS)
        chromium.open("about:blank")
        until_quiet(chromium)
        for process in field.drawn():
            field.try_to(process, partial(process.attach, chromium, "busy", WATCHED_TABS))
            field.attempt(process, "watch")
        for target in targets:
            person.evaluate(person.attach(target), EVERY_SECOND)
        until_quiet(chromium)
        field.together("told")
        before = {each.name: field.try_to(each, each.cpu_s) for each in field.drawn()}
        time.sleep(seconds)
        after = {each.name: field.try_to(each, each.cpu_s) for each in field.drawn()}
        memory = {each.name: Cell(each.rss_mib(), "MiB") for each in field.drawn()}
        share = {}
        for name, answer in field.together("told").items():
            used = 100 * (after[name] - before[name]) / seconds
            share[name] = Cell(used, "%", "", {"noticed": len(answer["noticed"])})
    field.tell(f"watching: memory, {WATCHED_TABS} tabs for {seconds} s", memory)
    field.tell("watching: share of a core meanwhile", share)
