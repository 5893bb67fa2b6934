"""Which kernel process speaks: each makes up a session of its own for what it says. Pure."""

import hashlib
from collections.abc import Hashable
from typing import Literal

Voice = Literal["another", "the same", "fresh", "its own"]
"""Whose voice is new on a socket: another kernel's of the same page; over a new connection the same
process's as before; a fresh one's in its place; or the kernel's own, of which nothing is new."""


class Voices:
    """The kernel processes that are heard, one on each socket, and which of them is the page's.

    Attributes:
        runtime: a name of the kernel that is not its id.

    """

    def __init__(self) -> None:
        self.runtime: str | None = None
        self._heard: dict[Hashable, str] = {}
        self._ended: dict[Hashable, str] = {}
        self._process: str | None = None

    def hear(self, session: str, socket: Hashable) -> Voice | None:
        """Take the session of a message; None where its voice is known, or does not say whose."""
        if self._heard.get(socket) == session:
            return None
        connected = socket not in self._heard
        self._heard[socket] = session
        if not session:
            return None  # a kernel that does not say which it is
        others = (voice for other, voice in self._heard.items() if other != socket)
        if self._process is not None and self._process in others:
            return "another"
        before, self._process = self._process, session
        self.runtime = hashlib.sha256(session.encode(errors="replace")).hexdigest()[:10]
        if before is not None and before != session:
            return "fresh"
        return "the same" if before is not None and connected else "its own"

    def close(self, socket: Hashable) -> bool:
        """Take note that a socket closed; return whether the last voice went with it."""
        self._ended.pop(socket, None)
        return self._heard.pop(socket, None) is not None and not self._heard

    def silence(self) -> None:
        """Take note that none is heard any more; the next one may be the same again."""
        self._heard.clear()
        self._ended.clear()

    def begin(self) -> None:
        """Take note that a process begins: some kernels' has the session of the one before."""
        self._ended.clear()

    def end(self) -> None:
        """Take note that the kernel's process is over; the next one is its successor."""
        over = {socket: voice for socket, voice in self._heard.items() if voice == self._process}
        self._ended.update(over)
        self._process = None

    def has_ended(self, session: str, socket: Hashable) -> bool:
        """Return whether a voice on a socket is of a process that is over."""
        return bool(session) and self._ended.get(socket) == session
