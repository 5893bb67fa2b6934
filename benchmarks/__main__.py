"""Every benchmark in turn: `make bench`, or one by its name: `python -m benchmarks attach`."""

import subprocess
import sys
from pathlib import Path

NAMES = ("attach", "notice", "footprint")


def main() -> int:
    """Run the named benchmarks, or all, and return how many failed."""
    names = sys.argv[1:] or NAMES
    folder = Path(__file__).parent
    runs = [subprocess.run([sys.executable, folder / f"{name}.py"], check=False) for name in names]
    return sum(run.returncode != 0 for run in runs)


if __name__ == "__main__":
    sys.exit(main())
