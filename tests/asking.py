"""What a browser that asks for consent does on its port, and how often it was made to ask."""

import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from stranger import HOST, http

PATH: Final = "/devtools/browser/an-id"
REFUSED: Final = http("403 Forbidden", b"Connection rejected")
HEAD_BYTES: Final = 65_536


class AskingBrowser(ExitStack):
    """A listener that answers 404 to every page, and refuses or holds every handshake.

    Attributes:
        home: under it lies the folder in which its port file is found.
        looks: how often a page was asked for.
        questions: how many handshakes it has had, each of which would be a question.

    """

    def __init__(self, home: Path, *, refuses: bool) -> None:
        super().__init__()
        self.home = home
        self.looks = self.questions = 0
        self._refuses = refuses
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._peers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        folder = home / "google-chrome"
        folder.mkdir(parents=True)
        (folder / "DevToolsActivePort").write_text(f"{self.port}\n{PATH}", "ascii")

    @property
    def environment(self) -> dict[str, str]:
        """What leads an agent to it."""
        home = str(self.home)
        return {"CHROME_CONFIG_HOME": home, "XDG_CONFIG_HOME": home, "HOME": home}

    def __enter__(self) -> Self:
        self._thread.start()
        self.callback(self._end)
        return self

    def _end(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for each in (self._listener, *self._peers):
            each.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            if b"upgrade: websocket" not in peer.recv(HEAD_BYTES).lower():
                self.looks += 1
                peer.sendall(http("404 Not Found", b""))
                peer.close()
                continue
            self.questions += 1
            if self._refuses:
                peer.sendall(REFUSED)
            self._peers.append(peer)
