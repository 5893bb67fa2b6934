"""`chrome` as a person uses it: a browser of its own that listens, and that stays."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chromium import Chromium, find_chromium, free_port
from colab_cdp_agent.own_chrome import no_screen
from command import Command, run
from leftovers import kill_processes_of, processes_of
from stranger import stranger
from xserver import Screen, why_no_screen

WINDOWLESS = ("--headless=new", "--no-sandbox", "--disable-gpu")
needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")


@pytest.fixture
def home() -> Iterator[Path]:
    """Yield a person's empty home with a short name: Chromium makes a socket below it."""
    folder = Path(tempfile.mkdtemp(prefix="home-"))
    yield folder
    kill_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)


def chrome(home: Path, *arguments: str, screen: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command with everything below one folder, on a screen or without any."""
    env = {"HOME": str(home), "TMPDIR": str(home), "DISPLAY": screen, "WAYLAND_DISPLAY": ""}
    env |= {name: str(home / name) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
    return run(home, "chrome", *arguments, env=env, limit=60)


@pytest.fixture
def screen() -> Iterator[str]:
    """Yield the name of a screen with nothing on it."""
    if why := why_no_screen():
        pytest.skip(why)
    with Screen() as screen:
        yield screen.name


@needs_chromium
def test_it_starts_one_that_stays_and_that_the_agent_watches(home: Path) -> None:
    port = free_port()
    ended = chrome(home, "--port", str(port), "about:blank", "--", *WINDOWLESS)
    assert ended.returncode == 0, ended.stderr
    assert f"listens on 127.0.0.1:{port}" in ended.stdout
    assert "sign in to Google once, in that window" in ended.stdout
    assert "Every program of this user can use the port" in ended.stdout
    assert f"Next: colab-cdp-agent --port {port}" in ended.stdout
    agent = Command(home, "--port", str(port), "--no-mqtt")
    agent.until("connected to Chrome")
    agent.process.terminate()
    assert agent.end() == 0
    assert any("chrom" in each.split()[1] for each in processes_of(home))


@needs_chromium
def test_with_a_window_it_starts_on_the_screen_and_is_adopted_by_the_next_one(
    home: Path, screen: str
) -> None:
    port = free_port()
    arguments = ("--port", str(port), "--profile-dir", "of its own")
    ended = chrome(home, *arguments, "about:blank", "--", "--no-sandbox", screen=screen)
    assert ended.returncode == 0, ended.stderr
    again = chrome(home, *arguments, "data:text/html,again", screen=screen)
    assert again.returncode == 0, again.stderr
    assert f"It runs already, with the folder {home / 'of its own'}" in again.stdout
    running = Chromium(port=port)
    assert "data:text/html,again" in [page["url"] for page in running.pages()]

    other_port = str(free_port())
    handed = chrome(home, "--port", other_port, *arguments[2:], "--", "--no-sandbox", screen=screen)
    assert handed.returncode == 3
    assert f"a browser without port {other_port} runs already" in handed.stderr
    shutil.rmtree(running.profile)


@needs_chromium
def test_another_chrome_on_the_port_is_not_taken_for_its_own(home: Path) -> None:
    with Chromium() as other:
        ended = chrome(home, "--port", str(other.port))
        assert other.get("/json/version")
    assert ended.returncode == 3
    assert f"port {other.port} belongs to another Chrome" in ended.stderr


def test_whatever_else_holds_the_port_is_said(home: Path) -> None:
    with stranger(b"SSH-2.0-OpenSSH_9.9\r\n") as there:
        ended = chrome(home, "--port", str(there.port))
    assert ended.returncode == 3
    assert "does not speak HTTP" in ended.stderr
    assert f"free port {there.port}, or name another with --port" in ended.stderr


@needs_chromium
def test_one_that_ends_at_its_start_is_quoted(home: Path) -> None:
    broken = home / "broken"
    broken.write_text("#!/bin/sh\necho 'no such luck' >&2\nexit 7\n", encoding="ascii")
    broken.chmod(0o700)
    arguments = ("--port", str(free_port()), "--browser", str(broken))
    ended = chrome(home, *arguments, screen=":99")
    assert ended.returncode == 3
    assert f"{broken} ended at its start; it said: no such luck" in ended.stderr


def test_a_program_that_cannot_be_run_is_named(home: Path) -> None:
    broken = home / "broken"
    broken.write_text("#!/nowhere/at-all\n", encoding="ascii")
    broken.chmod(0o700)
    arguments = ("--port", str(free_port()), "--browser", str(broken))
    ended = chrome(home, *arguments, screen=":99")
    assert ended.returncode == 3
    assert f"{broken}: No such file" in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="windows are opened by other means there")
def test_without_a_screen_it_says_what_to_do(home: Path) -> None:
    ended = chrome(home, "--port", str(free_port()), "--browser", sys.executable)
    assert ended.returncode == 3
    assert "there is no screen here" in ended.stderr
    assert "-- --headless=new" in ended.stderr


def test_a_screen_is_looked_for_where_there_may_be_none() -> None:
    assert no_screen((), {}, "linux")
    assert no_screen((), {"WAYLAND_DISPLAY": "wayland-0"}, "linux") is None
    assert no_screen(("--headless",), {}, "linux") is None
    assert no_screen((), {}, "darwin") is None
    assert no_screen((), {}, "win32") is None


MISTAKES = {
    "the everyday folder": (["--profile-dir", "config/google-chrome"], "of the everyday Chrom"),
    "a profile in it": (["--profile-dir", "config/chromium/Default"], "of the everyday Chrom"),
    "no address": (["colab"], "expected an address such as https://"),
    "no port": (["--port", "0"], "expected a number from 1 to 65535"),
    "no program": (["--browser", "nowhere"], "no program nowhere"),
    "a second port": (["--", "--remote-debugging-port=1"], "is not passed on"),
    "an open port": (["--", "-remote-debugging-address=0.0.0.0"], "is not passed on"),
    "every page let in": (["--", "--remote-allow-origins=*"], "is not passed on"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the folders are those of Linux")
@pytest.mark.parametrize(("arguments", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_a_sentence(home: Path, arguments: list[str], words: str) -> None:
    named = [] if "--browser" in arguments else ["--browser", sys.executable]
    ended = chrome(home, *named, *arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stdout == ""
