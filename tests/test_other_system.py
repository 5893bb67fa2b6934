"""On Windows and macOS, as far as that can be seen from here: nothing asks for what is not there.

`other_system.py` says what is taken away. It cannot show what those systems do, only that neither
an import, nor the pure part, nor a run of the agent needs what they lack.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

import nights
from chromium import Chromium, find_chromium, free_port
from colab_cdp_agent.keep.journal import Journal, journal_path
from command import Command, run
from other_system import ABSENT_MODULES

ROOT = Path(__file__).parents[1]
OTHER = (sys.executable, str(Path(__file__).with_name("other_system.py")))
MISSED = """
import other_system
other_system.become("win32")
for name in sorted(other_system.ABSENT_MODULES):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error.name)
"""
LIMIT_S = 100.0
ENCODINGS = ("ascii", "cp1252", "cp437", "cp949")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it is that system")


def on(platform: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*OTHER, platform, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_every_module_can_be_imported(platform: str) -> None:
    ended = on(platform, "import")
    assert ended.returncode == 0, ended.stderr
    folders = (ROOT / "agent" / "colab_cdp_agent", ROOT / "protocols" / "colab_cdp_protocols")
    modules = [path for folder in folders for path in folder.rglob("*.py")]
    assert len(ended.stdout.splitlines()) == len(modules)


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_the_pure_part_of_the_tests_holds(platform: str) -> None:
    ended = on(platform, "pytest", "-m", "pure")
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr
    assert " passed" in ended.stdout


def test_what_windows_lacks_is_really_missed() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", MISSED], cwd=ROOT / "tests", capture_output=True, check=True
    )
    assert ended.stdout.split() == [name.encode() for name in sorted(ABSENT_MODULES)]


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")
def test_an_agent_watches_and_ends_as_asked_without_what_windows_lacks(tmp_path: Path) -> None:
    with Chromium() as chromium:
        arguments = ("--port", str(chromium.port), "--no-mqtt")
        agent = Command(tmp_path, *arguments, command=(*OTHER, "win32", "agent"))
        agent.until("connected to Chrome")
        agent.stop(signal.SIGTERM)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["run", "--help"], 0),
        (["config", "schema"], 0),
        (["report"], 1),
        (["doctor", "--no-mqtt", "--port", "PORT"], 3),
        (["--config", "…·█.yaml"], 2),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_a_console_of_any_encoding_gets_its_sentences(
    tmp_path: Path, encoding: str, arguments: Sequence[str], code: int
) -> None:
    told = [str(free_port()) if each == "PORT" else each for each in arguments]
    ended = run(tmp_path, *told, env={"PYTHONIOENCODING": encoding})
    assert ended.returncode == code, ended
    assert ended.stdout + ended.stderr


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_night_with_curves_is_told_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    kept = Journal(journal_path(tmp_path / "state", "laptop"), 86_400.0)
    nights.tell(kept, datetime.now(UTC))
    asyncio.run(kept.close())
    ended = run(tmp_path, "report", "--name", "laptop", env={"PYTHONIOENCODING": encoding})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "loss" in ended.stdout
