"""A browser with a window, started so that it outlives whoever started it."""

import asyncio
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from colab_cdp_agent.children import apart, clean_environment
from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.identity import runs_on
from colab_cdp_agent.chrome.installed import NoChromiumError

HOST = "127.0.0.1"
START_LIMIT_S = 30.0
POLL_S = 0.1
WORDS = "stderr.txt"
QUIET = ("--no-default-browser-check", "--no-first-run")


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be started: which program on which profile folder, port, and addresses."""

    program: Path
    folder: Path
    port: int
    urls: tuple[str, ...]
    flags: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """The command line."""
        return [
            str(self.program),
            *QUIET,
            f"--remote-debugging-port={self.port}",
            f"--user-data-dir={self.folder}",
            *self.flags,
            *self.urls,
        ]


async def start(wanted: Start) -> None:
    """Start a browser, and wait until it listens; whatever comes of it, it is not ended.

    Raises:
        NoChromiumError: it does not start, or does not listen.

    """
    process = _spawn(wanted)
    try:
        await _listening(wanted, process)
    finally:
        if process.poll() is None:
            process.returncode = 0  # left on purpose, which Python would warn of


def _spawn(wanted: Start) -> subprocess.Popen[bytes]:
    try:
        wanted.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # No pipe: the browser writes into it when nobody is there to read any more.
        with (wanted.folder / WORDS).open("wb") as words:
            return subprocess.Popen(  # noqa: S603 - the browser that the person installed
                wanted.command,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                env=clean_environment(),
                **apart(),
            )
    except OSError as error:
        named = error.filename or wanted.program
        raise NoChromiumError(
            f"{named}: {error.strerror}",
            "name another program with --browser, or another folder with --profile-dir",
        ) from error


async def _listening(wanted: Start, process: subprocess.Popen[bytes]) -> None:
    """Wait until the browser answers on its port."""
    deadline = time.monotonic() + START_LIMIT_S
    while not await _answers(wanted):
        code = process.poll()
        if code is None and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
        elif code == 0:
            raise NoChromiumError(
                f"a browser without port {wanted.port} runs already with the folder"
                f" {wanted.folder}: the new one has handed over to it, and ended",
                "end that browser, and try again",
            )
        else:
            how = "did not listen in time" if code is None else "ended at its start"
            raise NoChromiumError(
                f"{wanted.program} {how}{_last_words(wanted.folder / WORDS)}",
                "start it by hand to see what it lacks; what follows `--` is passed on to it",
            )


async def _answers(wanted: Start) -> bool:
    try:
        there = await locate(HOST, wanted.port, None, folders=())
        return await runs_on(there.address, wanted.folder)
    except (ChromeAbsentError, ChromeError):
        return False


def _last_words(file: Path) -> str:
    """Return what a browser said last, as the end of a sentence."""
    words = file.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(words) if line.strip()), None)
    return f"; it said: {last}" if last else ""
