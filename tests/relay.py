"""A relay to a port on loopback, and the faults that lie between two programs.

Everything passes until it is told otherwise: it can fall silent with every connection left open,
hang up, and say something in the name of the program behind it.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Self

from websocket_frames import Frames

HOST = "127.0.0.1"
CHUNK = 1 << 16
Heard = Callable[[int, bytes], None]
"""Told of each frame of a WebSocket client: its opcode and its body."""


class Relay(ExitStack):
    """One relay, up from entry to exit.

    Args:
        behind: the port that it leads to.
        heard: told of what the clients' WebSockets say.

    Attributes:
        port: where it listens.

    """

    def __init__(self, behind: int, heard: Heard | None = None) -> None:
        super().__init__()
        self._behind = behind
        self._heard = heard
        self._silent = False
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []

    def __enter__(self) -> Self:
        self._accepting.start()
        self.callback(self._end)
        return self

    def _end(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        self.cut()
        for pair in self._open():
            pair.join()

    def silence(self) -> None:
        """Let every connection stand, the next ones too, and let nothing through any more."""
        self._silent = True
        for pair in self._open():
            pair.silent = True

    def restore(self) -> None:
        """Let the next connections through; those of the silence stay silent for good."""
        self._silent = False

    def cut(self) -> None:
        """Hang up on both sides of every connection."""
        for pair in self._open():
            pair.close()

    def say(self, data: bytes) -> None:
        """Say something to every client at once, in the name of the program behind."""
        for pair in self._open():
            pair.say(data)

    def say_between(self, frames: bytes) -> None:
        """Say something to every WebSocket client, between two frames of the program behind."""
        for pair in self._open():
            pair.say_between(frames)

    def _open(self) -> list["_Pair"]:
        with self._lock:
            self._pairs = [pair for pair in self._pairs if pair.open]
            return list(self._pairs)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                program = socket.create_connection((HOST, self._behind))
            except OSError:
                client.close()
                continue
            pair = _Pair(client, program, self._heard, silent=self._silent)
            with self._lock:
                self._pairs.append(pair)
            pair.start()


class _Pair:
    """A client's connection, and the one behind it."""

    def __init__(
        self, client: socket.socket, program: socket.socket, heard: Heard | None, *, silent: bool
    ) -> None:
        self.silent = silent
        self._client, self._program = client, program
        self._heard = heard
        self._from_client, self._from_program = Frames(), Frames()
        self._waiting = b""
        self._threads = [
            threading.Thread(target=self._carry, args=(client, program, self._hear)),
            threading.Thread(target=self._carry, args=(program, client, self._fit_in)),
        ]

    @property
    def open(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        for each in (self._client, self._program):
            with suppress(OSError):  # it is closed already
                each.shutdown(socket.SHUT_RDWR)

    def say(self, data: bytes) -> None:
        with suppress(OSError):  # the client has left
            self._client.sendall(data)

    def say_between(self, frames: bytes) -> None:
        self._waiting += frames

    def _carry(
        self, source: socket.socket, sink: socket.socket, passing: Callable[[bytes], bytes]
    ) -> None:
        with suppress(OSError):  # either side hung up
            while data := source.recv(CHUNK):
                if not self.silent:
                    sink.sendall(passing(data))
        self.close()
        source.close()

    def _hear(self, data: bytes) -> bytes:
        if self._heard is not None:
            for opcode, body in self._from_client.feed(data):
                self._heard(opcode, body)
        return data

    def _fit_in(self, data: bytes) -> bytes:
        for _ in self._from_program.feed(data):
            continue
        if not (self._waiting and self._from_program.between):
            return data
        waiting, self._waiting = self._waiting, b""
        return data + waiting
