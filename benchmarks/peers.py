"""The agent's link beside the floor and the libraries that others use for the same.

Each contender is a process; all of them meet the same Chromium, in random order round by round.
Attaching and evaluating are told as the median over the rounds of the time against the floor's in
the same round; the floor's own stands in milliseconds. `floor again` is the floor once more, in a
process of its own: what differs between the two is the machine. `isolated floor` evaluates in a
world of its own, as the agent must: a page's own scripts see nothing of it there.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from contenders.field import Field
from contenders.process import AGENT, FLOOR, FLOOR_AGAIN, ISOLATED_FLOOR, PEERS
from contenders.speed import speed
from contenders.trouble import hung_tab, killed
from contenders.watching import footprint, notice

NAMES = (FLOOR, FLOOR_AGAIN, ISOLATED_FLOOR, AGENT, *PEERS)
ROWS = {
    "speed": speed,
    "notice": notice,
    "footprint": footprint,
    "hung": hung_tab,
    "killed": killed,
}


def main() -> None:
    """Tell a figure for each contender and each thing that is compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds, longer waits, 200 tabs")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--only", nargs="+", metavar="CONTENDER", help="beside the floor")
    options = parser.parse_args()
    only = {FLOOR.name, *(options.only or [name.name for name in NAMES])}
    with Field(tuple(name for name in NAMES if name.name in only)) as field:
        for row in options.rows:
            print(f"  {row} …", file=sys.stderr, flush=True)
            ROWS[row](field, full=options.full)


if __name__ == "__main__":
    main()
