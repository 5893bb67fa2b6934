"""What cannot be kept: the state folder, the archive and the journal."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from chromium import free_port
from colab_cdp_agent.keep import backlog
from colab_cdp_agent.keep.archive import Archive, ArchiveFailedError
from colab_cdp_agent.keep.first_browser import first_browser
from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.keep.pruning import Pruning
from colab_cdp_agent.keep.session_log import Log
from colab_cdp_agent.settings.tree import Chrome
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_protocols.session_id import session_id
from command import Command
from troubles.register import Place, begun_with, error_of, logged, says

SESSION = session_id("colab", "notebook")
FOR_EVER_S = 1e9
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def started(place: Place, says_so: str, *arguments: str) -> str:
    """Return the line that an agent says at its start."""
    agent = Command(place.folder, "--port", str(free_port()), "--no-mqtt", *arguments)
    line = agent.until(says_so)
    agent.process.terminate()
    agent.end()
    return line


@says("the state folder cannot be written; the tabs are watched all the same")
def no_state_folder(place: Place) -> str:
    (place.folder / "state").write_text("a file, where the folder should be", encoding="ascii")
    return started(place, "state folder")


@says("the archive cannot be written; nothing that is printed is kept, no output is cleared")
def no_archive_folder(place: Place) -> str:
    (place.folder / "here").write_text("a file, where a folder should be", encoding="ascii")
    (place.folder / "mine.yaml").write_text("archive: {dir: here}\n", encoding="ascii")
    return started(place, "the archive", "--config", "mine.yaml")


@says("the list of published topics cannot be kept")
def no_topic_file(place: Place) -> str:
    """Let a folder stand where the file is written."""
    (place.folder / "topics-mine.json" / "x").mkdir(parents=True)
    topics = TopicFile(place.folder / "topics-mine.json")
    return logged(lambda: topics.write(["colab/mine/status"]))


@says("the list of published topics was damaged; what stands at the broker may stay")
def damaged_topics(place: Place) -> str:
    """Let the agent keep house at once."""
    (place.folder / "state").mkdir()
    (place.folder / "state" / "topics-mine.json").write_text("no JSON", encoding="ascii")
    soon = begun_with("from colab_cdp_agent import housekeeping; housekeeping.GHOSTS_AFTER_S = 0.0")
    agent = Command(place.folder, "--name", "mine", command=soon)
    line = agent.until("the list of")
    agent.process.terminate()
    agent.end()
    return line


@says("what was asked of the notebooks cannot be kept; it holds until the agent ends")
def no_wishes_file(place: Place) -> str:
    (place.folder / "state" / "wishes-mine.json").mkdir(parents=True)
    return started(place, "what was asked", "--name", "mine")


@says("what was asked of the notebooks was damaged; the configuration counts again")
def damaged_wishes(place: Place) -> str:
    (place.folder / "state").mkdir()
    (place.folder / "state" / "wishes-mine.json").write_text("no JSON", encoding="ascii")
    return started(place, "what was asked", "--name", "mine")


def archive(folder: Path) -> tuple[Archive, Log]:
    kept = Archive(folder, 10**9, FOR_EVER_S)
    log = kept.log(SESSION)
    log.title = "train"
    return kept, log


@says("… lines lost: the archive could not be written")
def lost_lines(place: Place) -> str:
    """Print more than memory holds while a file stands in the folder's place."""
    place.patch.setattr(backlog, "SESSION_BYTES", 10_000)
    folder = place.folder / "archive"
    folder.write_text("in the way", encoding="ascii")
    kept, log = archive(folder)
    for number in range(2_000):
        log.write("stdout", f"line {number}\n")
        if number % 500 == 0:
            asyncio.run(kept.flush())
    folder.unlink()
    asyncio.run(kept.flush())
    return kept.path(SESSION).read_text("utf-8")


@says("the archive cannot be pruned")
def not_pruned(place: Place) -> str:
    def refuse(_self: Pruning, _in_use: set[Path]) -> None:
        raise PermissionError(13, "Permission denied", "old.txt")

    place.patch.setattr(Pruning, "prune", refuse)
    kept, log = archive(place.folder)
    log.write("stdout", "one\n")
    return logged(lambda: asyncio.run(kept.flush()))


@says("the archive cannot be read: …")
def not_read(place: Place) -> str:
    kept, log = archive(place.folder)
    log.write("stdout", "one\n")
    asyncio.run(kept.flush())
    path = kept.path(SESSION)
    path.unlink()
    path.mkdir()
    return error_of(lambda: kept.tail(SESSION, 100), ArchiveFailedError)


@says(
    "nothing is kept in the journal; the watch goes on",
    "the journal cannot be written: …",
)
def no_journal(place: Place) -> str:
    (place.folder / "state").write_text("in the way", encoding="ascii")
    return written(place.folder / "state" / "journal-mine.sqlite")


def written(path: Path) -> str:
    """Return what is said of a journal that is written to."""

    def write() -> None:
        kept = Journal(path, FOR_EVER_S)
        kept.began(NOW, "1")
        asyncio.run(kept.close())

    return logged(write)


@says("the journal … was written by a newer version of this program, and is left alone")
def newer_journal(place: Place) -> str:
    path = place.folder / "journal-mine.sqlite"
    written(path)
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 99")
    return written(path)


@says("the journal was damaged; it is set aside, and a new one begun")
def damaged_journal(place: Place) -> str:
    path = place.folder / "journal-mine.sqlite"
    path.write_text("no database " * 100, encoding="ascii")
    return written(path)


@says("the journal cannot be read")
def unreadable_journal(place: Place) -> str:
    path = place.folder / "journal-mine.sqlite"
    path.write_text("no database " * 100, encoding="ascii")
    return logged(lambda: Journal(path, FOR_EVER_S).history(SESSION, NOW))


@says("it cannot be kept which browser is the first one")
def forgotten_first(place: Place) -> str:
    (place.folder / "file").write_text("in the way", encoding="ascii")
    browsers = (Chrome(), Chrome(port=9223))
    return logged(lambda: first_browser(place.folder / "file" / "first.json", browsers))


@says("which browser is the first one was damaged; the first of the list counts")
def damaged_first(place: Place) -> str:
    file = place.folder / "first.json"
    file.write_text("no JSON", encoding="ascii")
    return logged(lambda: first_browser(file, (Chrome(), Chrome(port=9223))))
