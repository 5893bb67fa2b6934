"""Sees to it that the programs which the tests start are installed: a Chromium and Mosquitto."""

from __future__ import annotations

import os
import shutil
import sys
from typing import NamedTuple

import system
from colab_cdp_agent.chrome.installed import find_chromium


class Program(NamedTuple):
    """A program, and the packages that bring it."""

    name: str
    debian: str
    brew: list[str]


CHROMIUM = Program("Chromium", "chromium", ["install", "--cask", "chromium"])
MOSQUITTO = Program("Mosquitto", "mosquitto", ["install", "mosquitto"])
SBIN = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")


def missing() -> list[Program]:
    """Return the programs that are not there."""
    lacking = [] if find_chromium() else [CHROMIUM]
    path = os.pathsep.join((os.environ.get("PATH", ""), *SBIN))
    return lacking if shutil.which("mosquitto", path=path) else [*lacking, MOSQUITTO]


def main() -> None:
    """Install what is missing, or say in one sentence what a person is to install."""
    lacking = missing()
    if not lacking:
        return
    print("Installing", " and ".join(program.name for program in lacking), "…", flush=True)
    system.install([program.debian for program in lacking], [program.brew for program in lacking])
    still = missing()
    if still:
        names = " and ".join(program.name for program in still)
        packages = " ".join(program.debian for program in still)
        sys.exit(f"The tests need {names}: install {packages} with your system's package manager.")


if __name__ == "__main__":
    main()
