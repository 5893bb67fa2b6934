"""Every benchmark in turn, and one table in the end: `make bench`.

`python -m benchmarks attach notice` runs those; `--full` takes an hour, not a quarter of one.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path[:0] = [str(Path(__file__).parent)]

import page

NAMES = ("attach", "peers", "notice", "tap", "wire", "scale", "footprint", "phone_page", "startup")


def run(name: str, *, full: bool) -> tuple[list[dict[str, Any]], int]:
    """Run one benchmark in a process of its own; return its figures and its exit code."""
    program = Path(__file__).with_name(f"{name}.py")
    print(f"{name} …", file=sys.stderr, flush=True)
    command = [sys.executable, str(program), *(["--full"] if full else [])]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def show(figures: list[dict[str, Any]]) -> None:
    """Print the figures with their bars."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("what")
    for name in ("figure", "bar"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for each in figures:
        figure = page.spelled(each["figure"], each["unit"])
        table.add_row(each["what"], figure, page.limit(each), page.verdict(each))
    Console().print(table)


def show_compared(figures: list[dict[str, Any]]) -> None:
    """Print a table for each kind of thing that is compared, a row for each contender."""
    for kind, whats, rows in page.compared(figures):
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column(kind, no_wrap=True)
        for what in whats:
            table.add_column(what, justify="right")
        for row in rows:
            table.add_row(*row)
        Console().print(table, "")


def main() -> int:
    """Run the named benchmarks, or all; fail where one failed or a bar was not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--full", action="store_true", help="an hour, not a quarter of one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures, one a line")
    options = parser.parse_args()
    where, figures, failures = page.machine(), [], 0
    for name in options.names or NAMES:
        found, code = run(name, full=options.full)
        figures += [{"benchmark": name, **each} for each in found]
        failures += code != 0
        if options.json:
            lines = [json.dumps(each) + "\n" for each in (where, *figures)]
            options.json.write_text("".join(lines), "utf-8")
    if alone := [each for each in figures if not each["contender"]]:
        show(alone)
    if beside := [each for each in figures if each["contender"]]:
        show_compared(beside)
    return int(bool(failures) or "NOT MET" in map(page.verdict, figures))


if __name__ == "__main__":
    sys.exit(main())
