"""The browsers that run on this computer, by their command lines; nothing is asked of them."""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from colab_cdp_agent.children import output, this_user

PROC: Final = Path("/proc")
LIMIT_S: Final = 10.0
PRODUCTS: Final = (
    ("msedge", "Edge"),
    ("microsoft edge", "Edge"),
    ("brave", "Brave"),
    ("chromium", "Chromium"),
    ("chrome", "Chrome"),
)
"""What an executable's path holds, and whose it is; the first that fits."""
NO_BROWSER: Final = ("crashpad", "chromedriver", "chrome-sandbox", "helper")
WINDOWS_LIST: Final = (
    "Get-CimInstance Win32_Process -Filter \"Name='chrome.exe' or Name='msedge.exe' or"
    " Name='brave.exe'\" | Select-Object ProcessId,CommandLine | ConvertTo-Json -Compress"
)
POWERSHELL: Final = ("powershell", "-NoProfile", "-NonInteractive", "-Command", WINDOWS_LIST)


class RunningBrowser(msgspec.Struct, frozen=True):
    """A browser that a person sees; `port` and `folder` are what it was started with."""

    pid: int
    product: str
    port: int | None = None
    folder: str | None = None


def running_browsers() -> list[RunningBrowser]:
    """Return this person's browsers, none where the system does not tell; may take a second."""
    if sys.platform == "win32":
        found = read_cim(_printed(*POWERSHELL))
    elif sys.platform == "darwin":
        found = read_ps(_printed("ps", "-xo", "pid=,command="))
    else:
        found = _read_proc(PROC)
    return [*_recognised(found)]


def read_ps(printed: str) -> Iterator[tuple[int, list[str]]]:
    """Yield pid and arguments of each line of `ps -xo pid=,command=`."""
    for line in printed.splitlines():
        pid, _, command = line.strip().partition(" ")
        if pid.isdecimal():
            yield int(pid), split(command)


def read_cim(printed: str) -> Iterator[tuple[int, list[str]]]:
    """Yield pid and arguments of each process of Windows' own list, which is JSON."""
    try:
        rows = json.loads(printed or "[]")
    except (ValueError, RecursionError):
        return
    for row in rows if isinstance(rows, list) else [rows]:  # one row comes without a list
        if isinstance(row, dict) and isinstance(row.get("CommandLine"), str):
            yield int(row.get("ProcessId", 0)), split(row["CommandLine"])


def split(command: str) -> list[str]:
    """Return the program and the options of a command in one line, without quotes.

    Nothing tells where an unquoted path ends: an option reaches to the next one, or an address.
    """
    words = re.split(r'\s+"?(?=--|https?://)', command.strip())
    return [word.replace('"', "").strip() for word in words]


def recognise(pid: int, arguments: list[str]) -> RunningBrowser | None:
    """Return the browser that a process is, None for another program, its children and robots."""
    program = arguments[0].lower().replace("\\", "/") if arguments else ""
    name = program.rsplit("/", 1)[-1]
    if any(word in name for word in NO_BROWSER):
        return None
    named = name if any(word in name for word, _ in PRODUCTS) else ""
    product = next((says for word, says in PRODUCTS if named and word in program), None)
    options = dict(each.removeprefix("--").partition("=")[::2] for each in arguments[1:])
    if product is None or "type" in options or "headless" in options:
        return None
    port = options.get("remote-debugging-port", "")
    return RunningBrowser(
        pid, product, int(port) if port.isdecimal() else None, options.get("user-data-dir") or None
    )


def _recognised(found: Iterable[tuple[int, list[str]]]) -> Iterator[RunningBrowser]:
    for pid, arguments in found:
        browser = recognise(pid, arguments)
        if browser is not None:
            yield browser


def _read_proc(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield pid and arguments of each process of this user, as Linux shows them."""
    if not folder.is_dir():
        return
    owner = this_user()
    for entry in os.scandir(folder):
        try:
            if not entry.name.isdecimal() or entry.stat().st_uid != owner:
                continue
            line = Path(entry.path, "cmdline").read_bytes()
        except OSError:
            continue  # it has ended meanwhile, or is hidden
        arguments = line.decode(errors="replace").rstrip("\0").split("\0")
        # Chrome's children have one argument, in which all of theirs stand.
        yield int(entry.name), arguments if len(arguments) > 1 else split(arguments[0])


def _printed(*command: str) -> str:
    ended = output(*command, within=LIMIT_S)
    return "" if ended is None else ended.stdout
