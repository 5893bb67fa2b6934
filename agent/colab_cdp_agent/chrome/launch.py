"""An installed Chromium, started without a window on a profile folder that ends with it."""

import asyncio
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from colab_cdp_agent.children import apart, end_tree
from colab_cdp_agent.chrome.endpoint import ChromeAbsentError, read_port_file

VARIABLE = "CHROMIUM"
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
)  # fmt: skip
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
WORDS = "stderr.txt"
STRAY_FOLDERS = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
LONGEST_SOCKET_FOLDER_BYTES = 60
"""Chromium names its socket by 46 more bytes, and aborts where that makes more than 107."""
INSTALL = {
    "darwin": "install Google Chrome, or `brew install --cask chromium`",
    "win32": "install Google Chrome",
    "linux": "install it: `sudo apt install chromium`, or Google Chrome",
}


class NoChromiumError(Exception):
    """No Chromium could be started; `str` says why, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def find_chromium(
    environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> Path | None:
    """Return the program that the environment names, else an installed Chromium or Chrome."""
    if named := environ.get(VARIABLE):
        return Path(named)
    on_path = (shutil.which(name, path=environ.get("PATH", "")) for name in NAMES)
    found = next(filter(None, on_path), None)
    if found is not None:
        return Path(found)
    return next(filter(Path.is_file, _usual_places(environ, platform)), None)


def _usual_places(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    """Yield where the browsers lie on systems that do not put programs on the path."""
    if platform == "darwin":
        for folder in (Path("/Applications"), Path(environ.get("HOME", "/")) / "Applications"):
            for name in ("Google Chrome", "Chromium", "Microsoft Edge"):
                yield folder / f"{name}.app" / "Contents" / "MacOS" / name
    if platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if root := environ.get(variable):
                yield Path(root) / "Google" / "Chrome" / "Application" / "chrome.exe"
                yield Path(root) / "Chromium" / "Application" / "chrome.exe"
                yield Path(root) / "Microsoft" / "Edge" / "Application" / "msedge.exe"


@asynccontextmanager
async def headless(flags: Sequence[str], urls: Sequence[str]) -> AsyncGenerator[int]:
    """Run a Chromium with these tabs open, and yield the port on which it listens.

    Raises:
        NoChromiumError: none is installed, or it does not start.

    """
    program = find_chromium()
    if program is None:
        raise NoChromiumError(
            "no Chromium or Chrome is installed",
            INSTALL.get(sys.platform, INSTALL["linux"])
            + f"; or name its program in the environment variable {VARIABLE}",
        )
    profile = Path(tempfile.mkdtemp(prefix="chromium-"))
    try:
        process = _start(program, profile, flags)
        try:
            port = await _listening(process, program, profile)
            for url in urls:
                await asyncio.to_thread(_open, port, url)
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
                env=os.environ | _kept_together(profile, sys.platform),
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


def _open(port: int, url: str) -> None:
    """Open a tab; the command line of a headless Chromium takes only one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=OPEN_LIMIT_S)
    try:
        connection.request("PUT", f"/json/new?{url}")
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
