"""A wiretap between the agent and Chrome: everything passes, and every command is written down."""

import json
import socket
import threading
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
CHUNK = 1 << 16


class Wiretap:
    """A relay to Chrome's debugging port, up from entry to exit.

    Attributes:
        port: where it listens.
        methods: how often each method was called.

    """

    def __init__(self, chrome_port: int) -> None:
        self.methods: Counter[str] = Counter()
        self._chrome_port = chrome_port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for each in (self._listener, *self._sockets):
            _close(each)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                agent, _ = self._listener.accept()
            except OSError:
                return
            chrome = socket.create_connection((HOST, self._chrome_port))
            self._sockets += [agent, chrome]
            for way in ((agent, chrome, _Reader(self.methods)), (chrome, agent, None)):
                thread = threading.Thread(target=_carry, args=way)
                self._threads.append(thread)
                thread.start()


def _carry(source: socket.socket, sink: socket.socket, reader: "_Reader | None") -> None:
    with suppress(OSError):  # either side hung up
        while data := source.recv(CHUNK):
            if reader is not None:
                reader.feed(data)
            sink.sendall(data)
    _close(source)
    _close(sink)


def _close(each: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        each.shutdown(socket.SHUT_RDWR)
    each.close()


class _Reader:
    """Reads the text frames of a WebSocket client out of its bytes: one masked frame each."""

    def __init__(self, methods: Counter[str]) -> None:
        self._methods = methods
        self._rest = b""
        self._upgraded = False

    def feed(self, data: bytes) -> None:
        self._rest += data
        if not self._upgraded:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            self._upgraded = bool(end) and b"upgrade: websocket" in head.lower()
            if not self._upgraded:
                return
            self._rest = rest
        while (frame := self._frame()) is not None:
            opcode, text = frame
            if opcode == 1:
                command: dict[str, Any] = json.loads(text)
                whose = "" if "sessionId" in command else " of the browser"
                self._methods[command["method"] + whose] += 1

    def _frame(self) -> tuple[int, bytes] | None:
        rest = self._rest
        if len(rest) < 2:
            return None
        length, at = rest[1] & 0x7F, 2
        if length >= 126:
            at = 4 if length == 126 else 10
            length = int.from_bytes(rest[2:at])
        end = at + 4 + length
        if len(rest) < end:
            return None
        mask, body, self._rest = rest[at : at + 4], rest[at + 4 : end], rest[end:]
        return rest[0] & 0x0F, bytes(each ^ mask[place % 4] for place, each in enumerate(body))
