"""The state folder damaged in every way: the agent starts, says what became of which file, goes on.

What was damaged stands beside, as it was; what was not is as it was.
"""

import asyncio
import json
import os
import random
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from shutil import copytree
from signal import SIGTERM

import pytest

import nights
from chaos.small_disk import SmallDisk
from chromium import free_port
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.keep.day_file import DayFile, today
from colab_cdp_agent.keep.day_file import name as day_file_name
from colab_cdp_agent.keep.first_browser import first_browser
from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.settings.tree import Chrome
from colab_cdp_agent.tell.alerts.outbox import Kept
from colab_cdp_agent.tell.alerts.outbox_file import OutboxFile
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_agent.watch.wishes import Wishes
from command import Command, run
from fuzz.inputs import NESTED
from leftovers import kill_processes_of
from person import eventually
from troubles.register import begun_with

NAME = "mine"
PUSH = "json://127.0.0.1:9/"
"""A channel that is never reached."""
BEGUN = begun_with("from colab_cdp_agent import housekeeping; housekeeping.GHOSTS_AFTER_S = 0.0")
OUTBOX = f"alerts-{NAME}/{blake2b(PUSH.encode(), digest_size=8).hexdigest()}.json"
JOURNAL, BROWSER, WISHES, TOPICS = (
    f"journal-{NAME}.sqlite", f"browser-{NAME}.json", f"wishes-{NAME}.json", f"topics-{NAME}.json",
)  # fmt: skip
ARCHIVE = f"archive/{nights.RESNET}/{day_file_name(today(), 1)}"
SET_ASIDE = {
    JOURNAL: "the journal was damaged; it is set aside, and a new one begun",
    BROWSER: "which browser is the first one was damaged; the first of the list counts",
    WISHES: "what was asked of the notebooks was damaged; the configuration counts again",
    TOPICS: "the list of published topics was damaged; what stands at the broker may stay",
    OUTBOX: "the alerts that waited were damaged; they are set aside",
}
CANNOT_BE_KEPT = {
    JOURNAL: "nothing is kept in the journal; the watch goes on",
    BROWSER: "it cannot be kept which browser is the first one",
    WISHES: "what was asked of the notebooks cannot be kept; it holds until the agent ends",
    TOPICS: "the list of published topics cannot be kept",
    OUTBOX: "alerts that wait would not outlive the agent: their file cannot be used",
}
ELSEWHERE = (
    r"broker/(agent|phone)-password", r"page-password",  # below
    r"broker/broker\.json", r"broker/nats-server\.(pid|log|out)", r"broker/store/.*",
    r"broker/start\.lock", r"broker/users/[0-9a-f]{16}\.lock",  # tests/tell/test_broker.py
    rf"page-{NAME}\.json",  # tests/tell/web/test_served.py
    rf"journal-{NAME}\.sqlite-(wal|shm)",
)  # fmt: skip
"""What is damaged by other tests."""
OPEN_TO_OTHERS = (r"broker/nats-server\.(log|out)", r"broker/start\.lock", r"broker/users/.*")
"""In a folder that is not, and without a secret."""


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def noise(content: bytes) -> bytes:
    return random.Random(len(content)).randbytes(len(content))


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "cut": cut,
    "cut before its end": lambda content: content[:-1],
    "empty": lambda _content: b"",
    "zeros": lambda content: bytes(len(content)),
    "noise": noise,
    "no UTF-8": lambda content: content[:-3] + b"\xff" + content[-2:],
    "nested": lambda _content: NESTED[0],
}


STILL_A_JOURNAL = {"cut before its end", "empty", "no UTF-8"}


def options(folder: Path, *more: str) -> tuple[str, ...]:
    """Return the arguments of an agent that finds no Chrome, and has a channel."""
    config = folder / "mine.yaml"
    config.write_text(json.dumps({"alerts": {"apprise": [PUSH]}}), "utf-8")
    return ("--config", str(config), "--port", str(free_port()), "--name", NAME, *more)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an earlier run of the agent left: something in each file."""
    folder = tmp_path_factory.mktemp("left")
    state = folder / "state"
    kept = Journal(state / JOURNAL, 1e9)
    nights.tell(kept, datetime.now(UTC))
    asyncio.run(kept.close())
    first_browser(state / BROWSER, [Chrome()])
    asyncio.run(Wishes(state / WISHES).keep_pause(on=True))
    TopicFile(state / TOPICS).write(["colab/mine/status"])
    OutboxFile(state / OUTBOX).write(Kept(failures=1))
    DayFile((state / ARCHIVE).parent).write(b"epoch 1\n", b"")
    return state


@pytest.fixture
def folder(tmp_path: Path, left: Path) -> Iterator[Path]:
    copytree(left, tmp_path / "state")
    yield tmp_path
    kill_processes_of(tmp_path)


def started(folder: Path, sentences: Iterable[str]) -> str:
    """Start the agent, wait until it has said all of this, and return what it said to its end."""
    agent = Command(folder, *options(folder, "--no-mqtt"), command=BEGUN)
    for sentence in (*sentences, "waiting for Chrome"):
        if sentence not in agent.said:
            agent.until(sentence)
    return agent.stop(SIGTERM)


def asides(state: Path, name: str) -> list[bytes]:
    """Return what of a file was set aside."""
    path = state / name
    return [each.read_bytes() for each in path.parent.glob(f"{path.stem}.damaged-*{path.suffix}")]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_each_file_is_set_aside_as_it_was_and_that_is_said_with_its_name(
    folder: Path, damage: Callable[[bytes], bytes], request: pytest.FixtureRequest
) -> None:
    state = folder / "state"
    whole = request.node.callspec.id in STILL_A_JOURNAL
    damaged = {name: damage((state / name).read_bytes()) for name in SET_ASIDE}
    for name, content in damaged.items():
        (state / name).write_bytes(content)
    wanted = {name: says for name, says in SET_ASIDE.items() if not (whole and name == JOURNAL)}
    said = started(folder, wanted.values())
    for name, sentence in SET_ASIDE.items():
        lines = [line for line in said.splitlines() if sentence in line]
        assert len(lines) == (name in wanted), sentence
        assert all(f"{Path(name).stem}.damaged-" in line for line in lines)
        assert asides(state, name) == [damaged[name]] * (name in wanted)
    assert (state / ARCHIVE).read_text("utf-8") == "epoch 1\n"
    assert "damaged" not in started(folder, ())


@pytest.mark.parametrize("damaged", SET_ASIDE)
def test_what_is_not_damaged_is_as_it_was(folder: Path, left: Path, damaged: str) -> None:
    """The journal apart: each start is told to it."""
    state = folder / "state"
    (state / damaged).write_bytes(NESTED[0])
    said = started(folder, [SET_ASIDE[damaged]])
    assert [sentence for sentence in SET_ASIDE.values() if sentence in said] == [SET_ASIDE[damaged]]
    for name in {*SET_ASIDE, ARCHIVE} - {damaged, JOURNAL, TOPICS}:
        assert (state / name).read_bytes() == (left / name).read_bytes()
    if damaged != JOURNAL:
        told = run(folder, "report", "--name", NAME, "--since", "11h")
        assert nights.TITLES[nights.RESNET] in told.stdout


def test_a_folder_in_the_place_of_each_is_said_and_stays(folder: Path) -> None:
    state = folder / "state"
    for name in (*CANNOT_BE_KEPT, ARCHIVE):
        (state / name).unlink()
        (state / name).mkdir()
    said = started(folder, CANNOT_BE_KEPT.values())
    for name, sentence in CANNOT_BE_KEPT.items():
        [line] = [line for line in said.splitlines() if sentence in line]
        assert Path(name).stem in line, sentence
        assert (state / name).is_dir()


def test_files_of_a_newer_version_are_read_or_left_alone(folder: Path) -> None:
    state = folder / "state"
    with closing(sqlite3.connect(state / JOURNAL)) as journal:
        journal.execute("PRAGMA user_version = 999")
    for name in (BROWSER, WISHES, OUTBOX):
        value = json.loads((state / name).read_bytes())
        (state / name).write_text(json.dumps(value | {"of_later": [1]}), "utf-8")
    content = (state / JOURNAL).read_bytes()
    said = started(folder, ["written by a newer version of this program, and is left alone"])
    assert "damaged" not in said
    assert (state / JOURNAL).read_bytes() == content
    assert asides(state, JOURNAL) == []


def test_a_journal_that_another_program_holds_is_waited_for(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "state" / JOURNAL, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        said = started(folder, [CANNOT_BE_KEPT[JOURNAL]])
    assert "locked" in said
    assert asides(folder / "state", JOURNAL) == []


@pytest.mark.parametrize("wrong", ["full", "read-only"])
def test_a_disk_that_takes_nothing_is_said_and_what_stands_there_stays(
    tmp_path: Path, left: Path, wrong: str
) -> None:
    state = tmp_path / "state"
    with SmallDisk(state) as disk, ExitStack() as mended:
        if disk.lacking:
            pytest.skip(disk.lacking)
        copytree(left, state, dirs_exist_ok=True)
        if wrong == "full":
            mended.enter_context(disk.full())
        else:
            assert disk.read_only()
        said = started(tmp_path, ["the state folder cannot be written; the tabs are watched"])
        assert str(state) in said
        for name in {*SET_ASIDE, ARCHIVE} - {JOURNAL}:
            assert (state / name).read_bytes() == (left / name).read_bytes()
        disk.writable()
    assert "damaged" not in said


@pytest.mark.parametrize("content", [b"", b"\0" * 20, b"short", b"\x1b]52;c;eA==\x07" * 3])
def test_a_password_that_was_damaged_is_never_replaced_unasked(
    folder: Path, content: bytes
) -> None:
    """Every phone that knows the old one would be locked out, and nobody would know why."""
    state = folder / "state"
    (state / "broker").mkdir(mode=0o700)
    (state / "broker" / "agent-password").write_bytes(content)
    (state / "page-password").write_bytes(content)
    agent = Command(folder, *options(folder, "--lan"), command=BEGUN)
    for path in (state / "page-password", state / "broker" / "agent-password"):
        wanted = f"{path} holds no password: delete it, and a new one is made"
        if wanted not in agent.said:
            agent.until(wanted)
    agent.stop(SIGTERM)
    assert (state / "page-password").read_bytes() == content


def test_every_file_of_a_night_is_in_this_table_and_its_owners_alone(folder: Path) -> None:
    """Whoever adds a file says here what becomes of it when it is damaged."""
    state = folder / "state"
    state.chmod(0o755)
    for name in SET_ASIDE:
        (state / name).unlink()
    agent = Command(folder, *options(folder, "--lan"), command=BEGUN)
    agent.until("publishing")
    done = run(folder, "send", NAME, "pause", "--config", str(folder / "mine.yaml"))
    assert done.returncode == ExitCode.ENDED_AS_ASKED, done
    eventually(lambda: (state / TOPICS).is_file() and (state / JOURNAL).is_file())
    files = [path for path in state.rglob("*") if path.is_file()]
    modes = {path.relative_to(state).as_posix(): path.stat().st_mode & 0o777 for path in files}
    agent.stop(SIGTERM)
    assert {*SET_ASIDE} - {OUTBOX} <= modes.keys()
    known = (*map(re.escape, SET_ASIDE), *ELSEWHERE, re.escape(ARCHIVE))
    unknown = [name for name in modes if not any(re.fullmatch(each, name) for each in known)]
    assert unknown == []
    if os.name != "nt":
        private = [name for name in modes if not any(re.fullmatch(o, name) for o in OPEN_TO_OTHERS)]
        assert {name: oct(modes[name]) for name in private if modes[name] & 0o077} == {}
        folders = [path for path in state.rglob("*") if path.is_dir()]
        assert [path for path in folders if path.stat().st_mode & 0o077] == []
