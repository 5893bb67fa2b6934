"""Installs what the benchmarks compare the agent with, each contender in a folder of its own.

Their packages are neither the agent's nor each other's: some pin versions that are old. Whoever
cannot be installed is left out of the table, and nothing else fails.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

GROUP = "peer-"
PACKAGES = Path(sys.prefix) / "peers"
IN_NODE = ("puppeteer-core", Path("benchmarks/contenders/package.json"))


def main() -> None:
    """Install all; who is there already is brought up to date."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
    for group in project["dependency-groups"]:
        if group.startswith(GROUP):
            _install(group.removeprefix(GROUP), _by_pip(group))
    name, wanted = IN_NODE
    npm = shutil.which("npm")
    if npm is None:
        print(f"{name} is left out of the benchmarks: Node is not installed")
        return
    folder = PACKAGES / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(wanted, folder)
    quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    _install(name, [npm, "install", "--prefix", str(folder), *quiet])


def _by_pip(group: str) -> list[str]:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    apart = ["--no-warn-conflicts", "--upgrade", "--target"]
    return [*pip, *apart, str(PACKAGES / group.removeprefix(GROUP)), "--group", group]


def _install(name: str, command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        print(f"{name} is left out of the benchmarks: its own words stand above")


if __name__ == "__main__":
    main()
