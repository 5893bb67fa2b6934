"""`colab-cdp-agent chrome`: a Chrome that listens, with a profile folder of its own."""

import argparse
import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from colab_cdp_agent import log
from colab_cdp_agent.chrome import user_data_folders
from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.everyday import everyday_folder_of
from colab_cdp_agent.chrome.identity import runs_on
from colab_cdp_agent.chrome.installed import NoChromiumError, find_browser, none_installed
from colab_cdp_agent.chrome.lasting import HOST, Start, start
from colab_cdp_agent.chrome.launch import open_tab
from colab_cdp_agent.chrome.own_folder import own_folder
from colab_cdp_agent.chrome.version_page import NothingListensError
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.replies import fail, say
from colab_cdp_agent.settings.document import ConfigError
from colab_cdp_agent.stopping import run_until_stopped

COLAB = "https://colab.research.google.com/"
SETTLED = ("remote-debugging-", "remote-allow-origins", "user-data-dir")
"""Switches that have an option here, or that would open the port to others."""
SWITCH_MARKS = "-/"
ADDRESS = re.compile(r"(https?|file|chrome|about|data):\S+")
LOCAL_STATE = "Local State"
"""The file that a browser writes at its first start with a folder."""
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


def open_one(options: argparse.Namespace) -> int:
    """Start the browser, or find that it runs already, and return the exit code.

    Raises:
        ConfigError: an option cannot be used.

    """
    log.configure("text", verbose=False)
    try:
        wanted = _wanted(options)
        return run_until_stopped(_open(wanted, tuple(options.urls)))
    except NoChromiumError as error:
        return fail(f"{error}; {error.remedy}", ExitCode.UNREACHABLE)
    except (ChromeAbsentError, ChromeError) as error:
        says = f"{error}; free port {options.port}, or name another with --port"
        return fail(says, ExitCode.UNREACHABLE)


def _wanted(options: argparse.Namespace) -> Start:
    program = _named(options.browser) if options.browser else find_browser()
    if program is None:
        raise none_installed()
    folder = Path(options.profile_dir or own_folder(program)).expanduser().absolute()
    if (everyday := everyday_folder_of(folder, user_data_folders.here())) is not None:
        raise ConfigError(
            f"--profile-dir: {everyday.path} is the folder of the everyday {everyday.browser}: its"
            " logins would be open to every program, and Chrome ignores the port there; name a"
            " folder of its own"
        )
    for url in options.urls:
        if ADDRESS.fullmatch(url) is None:
            raise ConfigError(f"expected an address such as {COLAB}, found {url}")
    flags = tuple(options.passed_on)
    for flag in flags:
        if flag.lstrip(SWITCH_MARKS).startswith(SETTLED):
            raise ConfigError(
                f"{flag} is not passed on: the port is --port and the folder --profile-dir, and"
                " nothing else than this computer may reach the port"
            )
    return Start(program, folder, options.port, tuple(options.urls) or (COLAB,), flags)


def _named(browser: str) -> Path:
    found = shutil.which(browser)
    if found is None:
        raise ConfigError(f"--browser: no program {browser}; give its path, or its name on PATH")
    return Path(found)


async def _open(wanted: Start, asked: Sequence[str]) -> int:
    try:
        there = await locate(HOST, wanted.port, None, folders=())
    except NothingListensError:
        return await _start(wanted)
    if not await runs_on(there.address, wanted.folder):
        return fail(
            f"port {wanted.port} belongs to another Chrome, whose profile folder is not"
            f" {wanted.folder}; end that one, or name another port with --port",
            ExitCode.UNREACHABLE,
        )
    for url in asked:
        await asyncio.to_thread(open_tab, wanted.port, url)
    already = f"It runs already, with the folder {wanted.folder}, on {HOST}:{wanted.port}."
    say(already, *_next(wanted))
    return ExitCode.ENDED_AS_ASKED


async def _start(wanted: Start) -> int:
    if (why := no_screen(wanted.flags, os.environ, sys.platform)) is not None:
        return fail(why, ExitCode.UNREACHABLE)
    new = not (wanted.folder / LOCAL_STATE).exists()
    await start(wanted)
    say(*_started(wanted, new=new), *_next(wanted))
    return ExitCode.ENDED_AS_ASKED


def no_screen(flags: Sequence[str], environ: Mapping[str, str], platform: str) -> str | None:
    """Return why no window can be opened here, or None."""
    without = any(flag.startswith("--headless") for flag in flags)
    if without or platform in {"darwin", "win32"} or any(map(environ.get, SCREENS)):
        return None
    return (
        f"there is no screen here, neither {' nor '.join(SCREENS)} is set: start it in a terminal"
        " of the desktop. Without a window nobody can sign in; where that is not needed:"
        " colab-cdp-agent chrome -- --headless=new"
    )


def _started(wanted: Start, *, new: bool) -> Iterator[str]:
    yield f"{wanted.program} runs, and listens on {HOST}:{wanted.port}."
    yield "It goes on when this command ends, and when the agent ends: end it as any browser."
    yield f"Its profile folder: {wanted.folder}"
    if new:
        yield "The profile is new: sign in to Google once, in that window, and open your notebooks."
    yield (
        "Every program of this user can use the port, and with it every login of that profile:"
        " keep nothing but Colab in it."
    )


def _next(wanted: Start) -> Iterator[str]:
    yield f"Next: colab-cdp-agent --port {wanted.port}"
