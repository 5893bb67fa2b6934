"""Packages of the operating system, installed where that needs no password."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def install(debian: list[str], brew: list[list[str]]) -> bool:
    """Install Debian's packages, or run Homebrew's commands, and return whether it went well."""
    commands = _commands(debian, brew)
    return bool(commands) and all(_run(command) for command in commands)


def _commands(debian: list[str], brew: list[list[str]]) -> list[list[str]]:
    """Return what installs them here, or nothing where a person has to."""
    if sys.platform == "darwin":
        return [["brew", *arguments] for arguments in brew] if shutil.which("brew") else []
    if sys.platform == "win32" or not shutil.which("apt-get"):
        return []
    rise = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rise and not (shutil.which("sudo") and _run([*rise, "true"])):
        return []
    quiet = [*rise, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    return [[*quiet, "update"], [*quiet, "install", "-y", "--no-install-recommends", *debian]]


def _run(command: list[str]) -> bool:
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0
