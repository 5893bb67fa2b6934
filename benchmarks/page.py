"""Writes a run's figures into `docs/performance.md`: `python benchmarks/page.py FILE`.

FILE is what `python -m benchmarks --json FILE` wrote: the machine in its first line, then a figure
a line.
"""

import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import find_chromium

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin, written by benchmarks/page.py -->\n", "<!-- figures: end -->\n"
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


def spelled(figure: float, unit: str) -> str:
    """Return a figure with its unit, as a person writes it."""
    return f"{figure:g} {unit}".strip()


def limit(figure: dict[str, Any]) -> str:
    """Return a figure's bar; nothing where it has none."""
    return "" if figure["bar"] is None else spelled(figure["bar"], figure["unit"])


def verdict(figure: dict[str, Any]) -> str:
    """Return whether a figure is within its bar, in a word; nothing where it has none."""
    if figure["bar"] is None:
        return ""
    return "met" if figure["figure"] <= figure["bar"] else "NOT MET"


def table(where: dict[str, str], figures: list[dict[str, Any]]) -> str:
    """Return the part of the page that is written by this program."""
    cells = [
        (each["what"], spelled(each["figure"], each["unit"]), limit(each), verdict(each))
        for each in figures
    ]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    head = (
        f"Measured on {where['date']}: {where['cores']}, {where['system']}, {where['browser']},"
        f" Python {where['python']}. The load of the machine was {where['load']} when it began."
    )
    return "\n".join([head, "", "| what | figure | bar | |", "|---|--:|--:|---|", *rows, ""])


def main() -> None:
    """Put the table into the page."""
    where, *figures = map(json.loads, Path(sys.argv[1]).read_text("utf-8").splitlines())
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}{table(where, figures)}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
