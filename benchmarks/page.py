"""Writes a run's figures into `docs/performance.md`: `python benchmarks/page.py FILE`.

FILE is what `python -m benchmarks --json FILE` wrote: the machine in its first line, then a figure
a line.
"""

import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import find_chromium

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- {}: begin, written by benchmarks/page.py -->\n", "<!-- {}: end -->\n"
CPU_NAMES = Path("/proc/cpuinfo")


def machine() -> dict[str, str]:
    """Return what the figures were measured on, and when."""
    named = CPU_NAMES.read_text("utf-8").splitlines() if CPU_NAMES.exists() else []
    models = [line.partition(":")[2].strip() for line in named if line.startswith("model name")]
    chromium = [str(find_chromium()), "--version"]
    version = subprocess.run(chromium, check=True, capture_output=True, text=True).stdout
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": f"{psutil.cpu_count()} x {models[0] if models else platform.processor()}",
        "system": f"{platform.system()} {platform.machine()}",
        "browser": " ".join(version.split()[:2]),
        "python": platform.python_version(),
        "load": f"{psutil.getloadavg()[0]:.1f}",
    }


def spelled(figure: float | None, unit: str) -> str:
    """Return a figure with its unit, as a person writes it; nothing where there is none."""
    return "" if figure is None else f"{figure:g} {unit}".strip()


def limit(figure: dict[str, Any]) -> str:
    """Return a figure's bar; nothing where it has none."""
    return "" if figure["bar"] is None else spelled(figure["bar"], figure["unit"])


def verdict(figure: dict[str, Any]) -> str:
    """Return whether a figure is within its bar, in a word; nothing where it has none."""
    if figure["bar"] is None:
        return ""
    return "met" if figure["figure"] <= figure["bar"] else "NOT MET"


def compared(
    figures: list[dict[str, Any]], bold: str = ""
) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Yield each kind of thing that is compared, the things, and a row for each contender.

    `bold` stands around the best figure of each, but for those of the floors.
    """
    for kind in dict.fromkeys(each["what"].partition(": ")[0] for each in figures):
        mine = [each for each in figures if each["what"].startswith(f"{kind}: ")]
        cells = {(each["contender"], each["what"]): cell(each) for each in mine}
        for figure in mine:
            if figure is best(mine, figure["what"]):
                key = figure["contender"], figure["what"]
                cells[key] = f"{bold}{cells[key]}{bold}"
        whats = dict.fromkeys(each["what"] for each in mine)
        names = dict.fromkeys(each["contender"] for each in mine)
        rows = [[name, *(cells[name, what] for what in whats)] for name in names]
        yield kind, [what.removeprefix(f"{kind}: ") for what in whats], rows


def best(figures: list[dict[str, Any]], what: str) -> dict[str, Any] | None:
    """Return the smallest figure of one thing that is compared, the floors' left out."""
    entered = (
        each
        for each in figures
        if each["what"] == what and each["figure"] is not None and "floor" not in each["contender"]
    )
    return min(entered, key=lambda each: each["figure"], default=None)


def cell(figure: dict[str, Any]) -> str:
    """Return a figure and what is said with it."""
    return ", ".join(filter(None, (spelled(figure["figure"], figure["unit"]), figure["said"])))


def table(figures: list[dict[str, Any]]) -> list[str]:
    """Return a row for each figure, with its bar."""
    cells = [
        (each["what"], spelled(each["figure"], each["unit"]), limit(each), verdict(each))
        for each in figures
    ]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    return ["| what | figure | bar | |", "|---|--:|--:|---|", *rows]


def peer_tables(figures: list[dict[str, Any]]) -> list[str]:
    """Return a table for each kind of thing that is compared; the best of each stands in bold."""
    lines = []
    for kind, whats, rows in compared(figures, bold="**"):
        head, *body = (f"| {' | '.join(row)} |" for row in ([kind, *whats], *rows))
        lines += ["", head, "|---|" + "--:|" * len(whats), *body]
    return lines[1:]


def written(text: str, name: str, where: dict[str, str], rows: list[str]) -> str:
    """Return the page's text with one of the parts that this program writes, written anew."""
    begin, end = (line.format(name) for line in (BEGIN, END))
    before, rest = text.split(begin)
    head = (
        f"Measured on {where['date']}: {where['cores']}, {where['system']}, {where['browser']},"
        f" Python {where['python']}. The load of the machine was {where['load']} when it began."
    )
    return before + begin + "\n".join([head, "", *rows, ""]) + end + rest.split(end)[1]


def main() -> None:
    """Put the tables into the page: those of which there are figures."""
    where, *figures = map(json.loads, Path(sys.argv[1]).read_text("utf-8").splitlines())
    alone = [each for each in figures if not each.get("contender")]
    beside = [each for each in figures if each.get("contender")]
    text = PAGE.read_text("utf-8")
    if alone:
        text = written(text, "figures", where, table(alone))
    if beside:
        text = written(text, "peers", where, peer_tables(beside))
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
