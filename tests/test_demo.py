"""`demo` as a person runs it: notebooks at work, and nothing left of it, whenever it ends."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from chromium import find_chromium
from command import Command
from leftovers import kill_processes_of, processes_of
from person import eventually

STOP_LIMIT_S = 30.0
TERMINAL_COLUMNS = 80
pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="a console is needed for Ctrl+C there"),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """Yield an empty folder with a short name: Chromium makes a socket below it."""
    folder = Path(tempfile.mkdtemp(prefix="demo-"))
    yield folder
    kill_processes_of(folder)
    shutil.rmtree(folder)


def demo(home: Path, *arguments: str) -> Command:
    """Start the demo, with everything that it could leave behind below one folder."""
    return Command(home, "demo", *arguments, env={"HOME": str(home), "TMPDIR": str(home)})


def nothing_is_left(home: Path) -> bool:
    return processes_of(home) == [] and list(home.iterdir()) == []


def started(home: Path, word: str) -> bool:
    """Say whether the demo has a process with this word in its command line."""
    return any(word in process for process in processes_of(home))


def test_it_shows_its_notebooks_running_and_leaves_nothing(home: Path) -> None:
    playing = demo(home, "--seconds", "6")
    playing.until("Ctrl+C ends everything")
    running = {playing.until("running      ").split()[1] for _ in range(2)}
    assert running == {"llama-lora", "vit-small"}
    assert started(home, "ipykernel")
    assert started(home, "nats-server")
    assert playing.end(STOP_LIMIT_S) == 0
    assert "Stopped. The tabs were left as they are." in playing.said
    assert nothing_is_left(home), (processes_of(home), list(home.rglob("*")))


def test_what_it_says_to_try_fits_a_terminal_and_works(home: Path) -> None:
    playing = demo(home)
    page = playing.until("What a phone would see: ").split()[-1]
    playing.until("mosquitto_sub -h 127.0.0.1")
    playing.until("The notebooks do what they are told")
    command = playing.until("curl") + playing.until("captcha")
    playing.until("Ctrl+C ends everything")
    assert max(map(len, playing.said.splitlines())) <= TERMINAL_COLUMNS
    playing.until("running      vit-small")
    with urlopen(page, timeout=STOP_LIMIT_S) as answer:
        assert b"<title>" in answer.read()
    if shutil.which("curl"):
        subprocess.run(["sh", "-c", command], check=True, timeout=STOP_LIMIT_S)
        playing.until("needs_you    vit-small")
    playing.stop(signal.SIGINT, limit=STOP_LIMIT_S)


MOMENTS: dict[str, Callable[[Command, Path], object]] = {
    "it has said its first word": lambda playing, _: playing.until("Starting a stand-in"),
    "its folder is there": lambda _, home: eventually(lambda: [*home.iterdir()]),
    "Chromium starts": lambda _, home: eventually(lambda: started(home, "--user-data-dir")),
    "the kernels start": lambda _, home: eventually(lambda: started(home, "ipykernel")),
    "the broker starts": lambda _, home: eventually(lambda: started(home, "nats-server")),
    "it has said what to try": lambda playing, _: playing.until("Ctrl+C ends everything"),
    "it looks for Chrome": lambda playing, _: playing.until("not looked for yet"),
    "it watches": lambda playing, _: playing.until("running      "),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_ctrl_c_ends_it_whole_when(moment: Callable[[Command, Path], object], home: Path) -> None:
    playing = demo(home)
    moment(playing, home)
    playing.stop(signal.SIGINT, limit=STOP_LIMIT_S)
    assert nothing_is_left(home), (processes_of(home), list(home.rglob("*")), playing.said)


def test_an_impatient_person_ends_it_whole_too(home: Path) -> None:
    playing = demo(home)
    playing.until("running      ")
    playing.stop(signal.SIGINT, signal.SIGINT, signal.SIGTERM, limit=STOP_LIMIT_S)
    assert nothing_is_left(home), (processes_of(home), list(home.rglob("*")))


def test_without_a_browser_it_says_what_to_install(home: Path) -> None:
    playing = Command(
        home,
        "demo",
        env={"HOME": str(home), "TMPDIR": str(home), "CHROMIUM": str(home / "none")},
    )
    assert playing.end() == 3
    assert "none does not start: No such file or directory" in playing.said
    assert "CHROMIUM" in playing.said
    assert nothing_is_left(home)
