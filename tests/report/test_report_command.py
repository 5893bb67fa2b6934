"""`colab-cdp-agent report` as a person meets it."""

import asyncio
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

import nights
from colab_cdp_agent.keep.journal import Journal, journal_path

COMMAND = (sys.executable, "-m", "colab_cdp_agent", "report")
LIMIT_S = 60.0
KEEP_S = 30 * 86_400.0


def report(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    ours = {
        "COLAB_CDP_AGENT_STATE_DIR": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "80",
    }
    ended = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, **ours, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    return ended


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a night of the agent `laptop` in its state folder, and its archive."""
    folder = tmp_path_factory.mktemp("report")
    kept = Journal(journal_path(folder / "state", "laptop"), KEEP_S)
    nights.tell(kept, datetime.now(UTC))
    asyncio.run(kept.close())
    archive = folder / "state" / "archive" / nights.RESNET / "2026-11-25.txt"
    archive.parent.mkdir(parents=True)
    archive.write_text("epoch 1\n", encoding="utf-8")
    return folder


def test_a_night_is_told_on_a_pipe(folder: Path) -> None:
    ended = report(folder, "--name", "laptop")
    assert ended.returncode == 0
    assert ended.stderr == ""
    for title in nights.TITLES.values():
        assert title in ended.stdout
    assert "1 lost with its runtime" in ended.stdout
    assert "\x1b" not in ended.stdout
    assert "2026-11-25.txt" in ended.stdout


def test_a_pipe_that_holds_no_korean_is_no_fault(folder: Path) -> None:
    ended = report(folder, "--name", "laptop", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0
    assert "?? ResNet-50" in ended.stdout


def test_a_night_is_told_as_a_page(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "night.html"
    file.write_text("an older report", encoding="utf-8")
    ended = report(folder, "--name", "laptop", "--since", "11h", "--html", str(file))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"The report is in {file}.\n"
    text = file.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert all(title in text for title in nights.TITLES.values())
    assert list(tmp_path.iterdir()) == [file]


def test_a_page_that_cannot_be_written_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere" / "night.html", tmp_path):
        ended = report(folder, "--name", "laptop", "--html", str(place))
        assert ended.returncode == 1
        assert f"colab-cdp-agent: {place} cannot be written: " in ended.stderr
        assert ended.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_without_a_journal_it_says_whose_there_are(folder: Path, tmp_path: Path) -> None:
    ended = report(folder, "--name", "desk")
    assert ended.returncode == 1
    assert "there is no journal of an agent named desk in" in ended.stderr
    assert "--name can be laptop" in ended.stderr
    alone = report(tmp_path, "--name", "desk")
    assert alone.returncode == 1
    assert "it is begun when the agent first runs" in alone.stderr


def test_a_damaged_journal_is_a_sentence_and_left_as_it_is(tmp_path: Path) -> None:
    path = journal_path(tmp_path / "state", "laptop")
    path.parent.mkdir()
    path.write_text("not a journal, but long enough to be read as one " * 30, encoding="utf-8")
    before = path.read_bytes()
    ended = report(tmp_path, "--name", "laptop")
    assert ended.returncode == 1
    assert "cannot be read: " in ended.stderr
    assert path.read_bytes() == before


def test_a_night_in_which_nothing_happened_is_a_sentence(tmp_path: Path) -> None:
    path = journal_path(tmp_path / "state", "laptop")
    path.parent.mkdir()
    path.write_bytes(b"")
    ended = report(tmp_path, "--name", "laptop")
    assert ended.returncode == 1
    assert "nothing happened since" in ended.stderr
    assert "the agent was not running" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--since", "yesterday"], "--since: expected a time such as 22:00"),
        (["--since", "2999-01-01"], "expected a time that has been"),
        (["--name", "My Agent"], "expected 1 to 32 of the characters"),
        (["--config", "none.yaml"], "there is no such file"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    ended = report(tmp_path, *arguments)
    assert ended.returncode == 2
    assert words in ended.stderr


def test_a_night_is_told_while_the_agent_writes(tmp_path: Path) -> None:
    kept = Journal(journal_path(tmp_path / "state", "laptop"), KEEP_S)
    nights.tell(kept, datetime.now(UTC))
    asyncio.run(kept.close())
    done = threading.Event()

    def write_on() -> None:
        number = 0
        while not done.is_set():
            number += 1
            kept.metric(nights.RESNET, "r2", datetime.now(UTC), "loss", 1.0 / number, number)
            asyncio.run(kept.close())

    writing = threading.Thread(target=write_on)
    writing.start()
    try:
        ended = report(tmp_path, "--name", "laptop")
    finally:
        done.set()
        writing.join()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert kept.trouble is None
