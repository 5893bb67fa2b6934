"""An installed Chromium, started without a window on a profile folder that ends with it."""

import asyncio
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from colab_cdp_agent.children import apart, clean_environment, end_tree
from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.installed import (
    VARIABLE,
    NoChromiumError,
    find_chromium,
    none_installed,
)
from colab_cdp_agent.chrome.port_file import read_port_file

START_LIMIT_S = 30.0
OPEN_LIMIT_S = 10.0
REMOVE_LIMIT_S = 5.0
POLL_S = 0.05
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    "--use-mock-keychain",
)
SAFE = "%/:=&?#+,;@[]!$'()*~"
"""What may stand in an address as it is."""
WORDS = "stderr.txt"
STRAY_FOLDERS = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
LONGEST_SOCKET_FOLDER_BYTES = 60
"""Chromium names its socket by 46 more bytes, and aborts where that makes more than 107."""


@asynccontextmanager
async def headless(flags: Sequence[str], urls: Sequence[str]) -> AsyncGenerator[int]:
    """Run a Chromium with these tabs open, and yield the port on which it listens.

    Raises:
        NoChromiumError: none is installed, or it does not start.

    """
    program = find_chromium()
    if program is None:
        raise none_installed()
    profile = Path(tempfile.mkdtemp(prefix="chromium-"))
    try:
        process = _start(program, profile, flags)
        try:
            port = await _listening(process, program, profile)
            for url in urls:
                await asyncio.to_thread(open_tab, port, url)
            yield port
        finally:
            await asyncio.to_thread(end_tree, process)
    finally:
        await asyncio.to_thread(_remove, profile)


def _start(program: Path, profile: Path, flags: Sequence[str]) -> subprocess.Popen[bytes]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    command = [
        str(program),
        "--headless=new",
        *(["--no-sandbox"] if root else []),  # the sandbox refuses to start for root
        *QUIET,
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        *flags,
        "about:blank",
    ]
    try:
        with (profile / WORDS).open("wb") as words:
            return subprocess.Popen(  # noqa: S603 - the browser that the person installed
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                env=clean_environment() | _kept_together(profile, sys.platform),
                # Ctrl+C in the terminal is for the agent, which then ends its children in order.
                **apart(),
            )
    except OSError as error:
        remedy = f"name another program in the environment variable {VARIABLE}"
        raise NoChromiumError(f"{program} does not start: {error.strerror}", remedy) from error


def _kept_together(profile: Path, platform: str) -> dict[str, str]:
    """Return the variables by which everything that the browser leaves lies in its profile."""
    if platform != "linux":
        return {}
    kept = {name: str(profile / name) for name in STRAY_FOLDERS}
    if len(os.fsencode(profile)) <= LONGEST_SOCKET_FOLDER_BYTES:
        kept["TMPDIR"] = str(profile)
    return kept


async def _listening(process: subprocess.Popen[bytes], program: Path, profile: Path) -> int:
    """Wait until the browser has written where it listens, and return the port."""
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            return read_port_file(profile)[0]
        except ChromeAbsentError as error:
            if process.poll() is None and time.monotonic() < deadline:
                await asyncio.sleep(POLL_S)
                continue
            words = (profile / WORDS).read_text(encoding="utf-8", errors="replace").splitlines()
            said = f"; it said: {words[-1].strip()}" if words else ""
            how = "did not listen in time" if process.poll() is None else "ended at its start"
            remedy = f"start {program} by hand to see what it lacks"
            raise NoChromiumError(f"{program} {how}{said}", remedy) from error


def open_tab(port: int, url: str) -> None:
    """Open a tab in a browser that listens; a headless one's command line takes only one.

    Raises:
        NoChromiumError: it does not answer.

    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=OPEN_LIMIT_S)
    try:
        connection.request("PUT", f"/json/new?{quote(url, safe=SAFE)}")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise NoChromiumError(f"Chromium did not open {url}: {error}", "try again") from error
    finally:
        connection.close()


def _remove(folder: Path) -> None:
    """Remove the profile; the last of the browser's processes may still write to it."""
    deadline = time.monotonic() + REMOVE_LIMIT_S
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            time.sleep(POLL_S)
