"""A night in fast motion: faults out of a seed, and what it took to heal each.

A breach prints the seed and the step that replay it, and the last lines of the agent's log.
"""

import argparse
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from chaos.faults import FAULTS
from chaos.performance import Healed, Performance
from chaos.schedule import Step, night
from chaos.theatre import NAMES, Theatre

TAIL_LINES = 60


def steps(options: argparse.Namespace) -> Iterator[Step]:
    """Yield the steps of the night that are asked for."""
    weights = {name: fault.weight for name, fault in FAULTS.items()}
    for step in night(options.seed, options.faults, weights, len(NAMES)):
        if step.number >= options.begin and (options.only is None or step.fault in options.only):
            yield step


def table(healed: list[Healed], broke: Step | None = None) -> Iterator[str]:
    """Yield the lines of a table: each fault, how often it came, how it healed, what it broke."""
    by_fault: dict[str, list[Healed]] = defaultdict(list)
    for each in healed:
        by_fault[each.step.fault].append(each)
    yield "| fault | times | median to heal | slowest | limit | breaches |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, fault in FAULTS.items():
        found = by_fault[name]
        took = [each.after_s for each in found if each.lacking is None]
        breaches = int(broke is not None and broke.fault == name)
        if took:
            times = f"{median(took):.1f} s | {max(took):.1f} s"
        else:
            times = f"{found[0].lacking if found else '-'} | -"
        if found or breaches:
            count = len(took) + breaches
            yield f"| {name} | {count} | {times} | {fault.healed_s:g} s | {breaches} |"


def play(options: argparse.Namespace) -> int:
    """Play a night, and tell of it; 1 where something was not as it must be."""
    healed: list[Healed] = []
    broke: Step | None = None
    code = 0
    began = time.monotonic()
    with Theatre() as theatre:
        performance = Performance(theatre)
        try:
            for each in performance.play(upcoming(steps(options))):
                healed.append(each)
                says = each.lacking or f"healed after {each.after_s:.1f} s"
                print(says, flush=True)
        except AssertionError as breach:
            tail = "\n".join(theatre.night.log().splitlines()[-TAIL_LINES:])
            print(f"BREACH\n{tail}\n{breach}")
            if options.keep is not None:
                shutil.copytree(theatre.night.home, options.keep, dirs_exist_ok=True)
            print(f"seed {options.seed}, {performance.step}")
            broke, code = performance.step, 1
        except KeyboardInterrupt:
            print("broken off")
        admitted = performance.admitted
    print(*table(healed, broke), sep="\n")
    minutes = (time.monotonic() - began) / 60
    played = sum(each.lacking is None for each in healed) + (broke is not None)
    print(
        f"\n{played} faults in {minutes:.0f} minutes, seed {options.seed}; "
        f"{admitted} lines are missing where a mark says so."
    )
    return code


def upcoming(steps: Iterator[Step]) -> Iterator[Step]:
    """Yield the steps, each told before it is played."""
    for step in steps:
        how = "until noticed" if step.noticed else f"for {step.held_s:.2f} s"
        where = NAMES[step.target]
        print(
            f"{step.number:5d}  {step.seed:10s} {step.fault}, {where}, {how}: ", end="", flush=True
        )
        yield step


def main() -> int:
    """Read the arguments, and play."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=1000, help="how many")
    parser.add_argument("--from", type=int, default=1, dest="begin", help="the first to be played")
    parser.add_argument("--only", action="append", choices=FAULTS, metavar="FAULT")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where a breach leaves all files"
    )
    return play(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
