"""A real Chromium with a throw-away profile, and the faults a person's Chrome can have."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_LIMIT_S = 30.0
SAFE = "%/:=&?#+,;@[]!$'()*~"
QUIET_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
)


def find_chromium() -> str | None:
    """Return the path of the installed Chromium or Chrome, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def free_port() -> int:
    """Return a TCP port that was free on loopback a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Chromium:
    """One Chromium on a fixed debugging port; `kill`, `freeze`, `thaw` and `start` again at will.

    Used as a context manager it is started on entry, and killed and its profile removed on exit.
    """

    def __init__(
        self, flags: Sequence[str] = (), *, port: int | None = None, headless: bool = True
    ) -> None:
        self.port = port or free_port()
        self.profile = Path(tempfile.mkdtemp(prefix="chromium-"))
        self._flags = tuple(flags)
        self._headless = headless
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self.profile, ignore_errors=True)

    @property
    def pid(self) -> int:
        """The process id of the browser process."""
        assert self._process is not None
        return self._process.pid

    def start(self, *urls: str) -> None:
        """Start the browser on its port and profile, and wait until it answers."""
        path = find_chromium()
        assert path, f"no Chromium found: install one of {NAMES} or set CHROMIUM"
        self._process = subprocess.Popen(
            [
                path,
                *(["--headless=new"] if self._headless else []),
                *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
                *QUIET_FLAGS,
                f"--remote-debugging-port={self.port}",
                f"--user-data-dir={self.profile}",
                *self._flags,
                *(urls or ("about:blank",)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            try:
                self.get("/json/version")
            except (OSError, urllib.error.URLError):
                assert self._process.poll() is None, "Chromium ended while starting"
                time.sleep(0.02)
            else:
                return
        raise AssertionError("Chromium did not answer in time")

    def kill(self) -> None:
        """Kill -9 the browser and every process of it."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Stop the whole browser (SIGSTOP): sockets stay open, nothing answers."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen browser go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def get(self, path: str, *, method: str = "GET") -> Any:
        """Return the JSON answer of one of Chrome's HTTP endpoints."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=5) as answer:
            body = answer.read()
        return json.loads(body) if body[:1] in b"[{" else body.decode()

    def open(self, url: str) -> str:
        """Open a tab and return its target id."""
        target: str = self.get(f"/json/new?{urllib.parse.quote(url, safe=SAFE)}", method="PUT")[
            "id"
        ]
        return target

    def close(self, target: str) -> None:
        """Close a tab as the person would."""
        self.get(f"/json/close/{target}")

    def pages(self) -> list[dict[str, Any]]:
        """Return Chrome's own list of page targets."""
        return [target for target in self.get("/json/list") if target["type"] == "page"]
