"""What a tab that hangs does to the others, and what comes of a browser that is killed."""

import statistics
import time
from functools import partial
from typing import Any

from chromium import Chromium
from contenders.field import Cell, Field, Times
from contenders.shared import open_tabs, until_quiet
from person import Person

HANG = "setTimeout(() => { for (;;); }), 0"
TABS = 3
HUNG = "0"  # the number of the tab that hangs
HUNG_LIMIT_S, HUNG_LIMIT_FULL_S = 15, 200
ATTACH_LIMIT_S = 45.0
LOST_LIMIT_S = 15.0
RETURN_LIMIT_S = 15.0
PAUSE_S = 0.3
TOGGLE = "document.querySelector('#cell').classList.toggle('running'), 0"


def hung_tab(field: Field, *, full: bool) -> None:
    """Let one tab of three spin for ever: in the others, in itself, and beside a new attach."""
    rounds, limit_s = (5, HUNG_LIMIT_FULL_S) if full else (3, HUNG_LIMIT_S)
    field.begin()
    with Chromium() as chromium, Person(chromium) as person:
        spinning, *_others = open_tabs(chromium, "trio", TABS)
        open_tabs(chromium, "calm", TABS)
        until_quiet(chromium)
        for process in field.drawn():
            field.try_to(process, partial(process.attach, chromium, "trio", TABS))
        person.evaluate(person.attach(spinning), HANG)
        for process in field.drawn():
            field.attempt(process, "ask_hung", number=HUNG)
        beside_hung(field, 5 * rounds)
        end_of_hung(field, limit_s)
        field.begin(anew=True)
        attach_beside_hung(field, chromium, rounds)


def beside_hung(field: Field, rounds: int) -> None:
    """Tell how long an evaluation in the other tabs takes, while one in the hung tab waits."""
    times: Times = {}
    for _round in range(rounds):
        for process in field.drawn():
            answer = field.attempt(process, "cycle", times=1, apart_from=HUNG)
            if answer is not None:
                times.setdefault(process.name, []).append(answer["ms"])
    field.tell("trouble: evaluate beside a hung tab", _medians(field, times))


def end_of_hung(field: Field, limit_s: float) -> None:
    """Tell how long an evaluation in the hung tab waits until it ends by itself."""
    cells = {}
    for name, answer in field.together("end_of_hung", limit_s=limit_s).items():
        if answer["how"] is None:
            cells[name] = Cell(None, said=f"not in {limit_s} s")
        else:
            cells[name] = Cell(answer["after_s"], "s", "", {"how": answer["how"]})
    field.tell("trouble: in it, until that fails", cells)


def attach_beside_hung(field: Field, chromium: Chromium, rounds: int) -> None:
    """Tell how long it takes to attach to other tabs while one hangs."""
    times: Times = {}
    for _round in range(rounds):
        for process in field.drawn():
            attach = partial(process.attach, chromium, "calm", TABS, limit_s=ATTACH_LIMIT_S)
            answer = field.try_to(process, attach)
            field.attempt(process, "close")
            if answer is not None:
                times.setdefault(process.name, []).append(answer["ms"])
    field.tell("trouble: attach to others beside it", _medians(field, times))


def killed(field: Field, *, full: bool) -> None:
    """Kill the browser, and start it again on the same port."""
    noticed: Times = {}
    again: Times = {}
    field.begin()
    with Chromium() as chromium:
        attach_all(field, chromium)
        for _round in range(5 if full else 3):
            stop = Stop(chromium)
            for name, answer in field.together("until_lost", stop, limit_s=LOST_LIMIT_S).items():
                noticed.setdefault(name, []).append(answer["at_ms"] - stop.at_ms)
            chromium.start()
            for name, answer in attach_all(field, chromium).items():
                again.setdefault(name, []).append(answer["ms"])
        field.tell("trouble: a killed browser is noticed", _medians(field, noticed))
        field.tell("trouble: attach to the next one", _medians(field, again))
        by_itself(field, chromium)


def attach_all(field: Field, chromium: Chromium) -> dict[str, dict[str, Any]]:
    """Let everyone attach to a new tab; return the answers of those who could."""
    open_tabs(chromium, "last", 1)
    until_quiet(chromium)
    answers = {
        process.name: field.try_to(process, partial(process.attach, chromium, "last", 1))
        for process in field.drawn()
    }
    return {name: answer for name, answer in answers.items() if answer is not None}


class Stop:
    """The end of a browser, at a known moment, while everyone is at work with it."""

    def __init__(self, chromium: Chromium) -> None:
        self.at_ms = 0.0
        self._chromium = chromium

    def __call__(self) -> None:
        time.sleep(PAUSE_S)
        self.at_ms = 1000 * time.time()
        self._chromium.kill()


def by_itself(field: Field, chromium: Chromium) -> None:
    """Tell who goes on to notice changes in the next browser, with nothing done about it."""
    for process in field.drawn():
        field.attempt(process, "watch")
    chromium.kill()
    chromium.start()
    (target,) = open_tabs(chromium, "last", 1)
    cells: dict[str, Cell] = {}
    with Person(chromium) as person:
        until_quiet(chromium)
        session = person.attach(target)
        field.together("told")
        began = time.time()
        while time.time() < began + RETURN_LIMIT_S:
            person.evaluate(session, TOGGLE)
            time.sleep(PAUSE_S)
        for name, answer in field.together("told").items():
            cells[name] = Cell(None, said="yes" if answer["noticed"] else "no")
    field.tell("trouble: goes on there by itself", cells)


def _medians(field: Field, times: dict[str, list[float]]) -> dict[str, Cell]:
    """Return a cell for each contender that was there to the end."""
    return {
        name: Cell(statistics.median(each), "ms", "", {"rounds": len(each)})
        for name, each in times.items()
        if name not in field.faults
    }
