"""Packages of the operating system, installed where that needs no password."""

import os
import shutil
import subprocess
import sys


def install(debian, brew):
    # type: (list[str], list[str]) -> bool
    """Install Debian's or Homebrew's packages, and return whether that went well."""
    commands = _commands(debian, brew)
    return bool(commands) and all(_run(command) for command in commands)


def _commands(debian, brew):
    # type: (list[str], list[str]) -> list[list[str]]
    """Return what installs the packages here, or nothing where a person has to."""
    if sys.platform == "darwin" and shutil.which("brew"):
        return [["brew", "install", *brew]] if brew else []
    if not shutil.which("apt-get"):
        return []
    rise = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rise and not (shutil.which("sudo") and _run([*rise, "true"])):
        return []
    quiet = [*rise, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    return [[*quiet, "update"], [*quiet, "install", "-y", "--no-install-recommends", *debian]]


def _run(command):
    # type: (list[str]) -> bool
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0
