"""Where each agent's page is served, in a file for the other commands of its owner."""

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec

from colab_cdp_agent.keep.whole_file import write_whole

LARGEST_BYTES = 65_536
ANSWER_LIMIT_S = 1.0
PREFIX, SUFFIX = "page-", ".json"


class Served(msgspec.Struct, frozen=True):
    """A page that is served: where, whether the network may come in, whether it has a password."""

    url: str
    port: int
    lan: bool = False
    login: bool = False


class PageFile:
    """The file of one agent; it is there while its page is served, and may outlast a kill."""

    def __init__(self, folder: Path, agent: str) -> None:
        self._path = folder / f"{PREFIX}{agent}{SUFFIX}"

    def write(self, page: Served) -> None:
        """Say where the page is.

        Raises:
            OSError: the folder cannot be written.

        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._path, msgspec.json.encode(page))

    def remove(self) -> None:
        """Say that there is no page any more.

        Raises:
            OSError: the file is there, and cannot be removed.

        """
        self._path.unlink(missing_ok=True)


def served(folder: Path, agent: str | None = None) -> Iterator[Served]:
    """Yield the pages that are served now, by one agent or by all; a damaged file is none."""
    for path in sorted(folder.glob(f"{PREFIX}*{SUFFIX}")):
        if agent is not None and path.name != f"{PREFIX}{agent}{SUFFIX}":
            continue
        try:
            with path.open("rb") as file:
                page = msgspec.json.decode(file.read(LARGEST_BYTES), type=Served)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if _answers(page.port):
            yield page


def _answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(ANSWER_LIMIT_S)
        try:
            return client.connect_ex(("127.0.0.1", port)) == 0
        except OverflowError:
            return False
