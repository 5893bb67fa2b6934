"""How fast: attach to N tabs and evaluate in each; evaluate in all that are attached."""

import time
from functools import partial

from chromium import Chromium
from contenders.field import Field, Times
from contenders.shared import open_tabs, until_quiet

SETTLE_S = 0.3
EVALUATIONS = 100  # in one burst, at least
PROCESSOR_TIME_AT = 50


def speed(field: Field, *, full: bool) -> None:
    """Tell both, for each number of tabs."""
    rounds = 16 if full else 8
    for tabs in (1, 10, 50, 200) if full else (1, 10, 50):
        with Chromium() as chromium:
            open_tabs(chromium, "any", tabs)
            until_quiet(chromium)
            attach(field, chromium, tabs, rounds)
            evaluate(field, chromium, tabs, 2 * rounds)


def attach(field: Field, chromium: Chromium, tabs: int, rounds: int) -> None:
    """Let everyone attach and leave, again and again; the first round only warms up."""
    field.begin()
    wall: Times = {}
    for number in range(rounds + 1):
        for process in field.drawn():
            began = time.monotonic()
            answer = field.try_to(process, partial(process.attach, chromium, "any", tabs))
            field.attempt(process, "close")
            if answer is not None and number:
                wall.setdefault(process.name, []).append(answer["ms"])
            # Chrome puts away what was attached, and has more to do where there was more.
            time.sleep(max(SETTLE_S, time.monotonic() - began))
    field.tell_ratios(f"speed: attach to {tabs}", wall)


def evaluate(field: Field, chromium: Chromium, tabs: int, rounds: int) -> None:
    """Let everyone evaluate in all tabs at once, while all are attached."""
    field.begin()
    for process in field.drawn():
        field.try_to(process, partial(process.attach, chromium, "any", tabs))
    until_quiet(chromium)
    times = -(-EVALUATIONS // tabs)
    wall: Times = {}
    cpu: Times = {}
    for _round in range(rounds):
        for process in field.drawn():
            answer = field.attempt(process, "cycle", times=times)
            if answer is not None:
                wall.setdefault(process.name, []).append(answer["ms"] / times)
                cpu.setdefault(process.name, []).append(answer["cpu_ms"] / times)
    for process in field.drawn():
        field.attempt(process, "close")
    field.tell_ratios(f"speed: evaluate in {tabs}", wall)
    if tabs == PROCESSOR_TIME_AT:
        field.tell_ratios(f"speed: own processor time of evaluating in {tabs}", cpu)
