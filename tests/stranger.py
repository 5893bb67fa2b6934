"""What may stand on a port in place of Chrome or of a broker, and answers in its own way."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HOST = "127.0.0.1"
REQUEST_BYTES = 4096


@dataclass(slots=True)
class Stranger:
    """A listener; `peers` are the sockets of those who came."""

    port: int
    peers: list[socket.socket] = field(default_factory=list)


@contextmanager
def stranger(answer: bytes | None, port: int = 0) -> Iterator[Stranger]:
    """Listen; say that to whoever connects and hang up, or say nothing where it is None."""
    with socket.create_server((HOST, port)) as listener:
        here = Stranger(listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                here.peers.append(peer)
                if answer is not None:
                    peer.recv(REQUEST_BYTES)
                    peer.sendall(answer)
                    peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield here
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for peer in here.peers:
                peer.close()


def http(status: str, body: bytes) -> bytes:
    """Return the answer of a small HTTP server."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
