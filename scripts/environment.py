"""Makes `.venv` and installs the project into it: `environment.py run|demo|dev|fuzz`.

Runs on whatever Python there is, to say in a sentence when it is too old.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import system

NEEDED = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
VENV = Path(".venv")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PIP = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
WANTED = {
    "run": (("-e", "."),),
    "demo": (("-e", ".[demo]"),),
    # Dependency groups came with pip 25.1; Debian 12 brings 23.
    "dev": (("--upgrade", "pip>=25.1"), ("-e", ".[demo]", "--group", "dev")),
    "fuzz": (("--upgrade", "pip>=25.1"), ("-e", ".[demo]", "--group", "dev", "--group", "fuzz")),
}


def main() -> None:
    """Make what is missing; every failure ends in a sentence."""
    if sys.version_info < NEEDED:
        _with_newer_python()
    if not PYTHON.exists() or not _has_pip():
        _make()
    for arguments in WANTED[sys.argv[1] if len(sys.argv) > 1 else "run"]:
        if subprocess.run([*PIP, *arguments], check=False).returncode != 0:
            sys.exit(f"pip could not install {' '.join(arguments)}: its own words stand above")


def _with_newer_python() -> None:
    """Run this again with a Python that is new enough, if one is installed beside."""
    for name in NEWER:
        probe = [name, "-c", ""]
        if shutil.which(name) and subprocess.run(probe, check=False).returncode == 0:
            sys.exit(subprocess.run([name, *sys.argv], check=False).returncode)
    here = ".".join(map(str, sys.version_info[:3]))
    other = "make PYTHON=python3.12" if "MAKELEVEL" in os.environ else f"python3.12 {sys.argv[0]}"
    sys.exit(f"Python 3.11 or newer is needed, {sys.executable} is {here}: {other}")


def _make() -> None:
    if importlib.util.find_spec("ensurepip") is None:  # Debian packs it apart
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if not system.install([version], []):
            sys.exit(f"Python's venv is missing, install it: sudo apt install {version}")
    print("Making .venv …", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode != 0:
        sys.exit(f"{sys.executable} could not make {VENV}: its own words stand above")


def _has_pip() -> bool:
    probe = subprocess.run(
        [str(PYTHON), "-m", "pip", "--version"], check=False, capture_output=True
    )
    return probe.returncode == 0


if __name__ == "__main__":
    main()
