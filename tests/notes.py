"""A small notebook site of one page, for what happens to tabs rather than in notebooks.

`/note/<name>` is a notebook that says at once that it is connected; `/else` is any other page.
"""

import json
import threading
from collections import Counter
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

HOST = "127.0.0.1"
PAGE = """<!doctype html>
<html lang="en"><title>{name}</title>
<button id="control" class="connected">{name}</button><p id="cell"></p>
<script>
  /** Keep the page's one thread for itself until the test lets go of it. */
  function spin() {{
    for (let turn = 1; ; turn += 1) {{
      if (turn % 20_000_000) continue;
      const request = new XMLHttpRequest();
      request.open("GET", "/spinning/{name}", false);
      request.send();
      if (request.responseText === "stop") return;
    }}
  }}
</script>
"""


class Notes(ExitStack):
    """The site, up from entry to exit.

    Attributes:
        loads: how often each path was asked for.
        profile: the site profile's file.

    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.loads: Counter[str] = Counter()
        self.profile = folder / "notes.yaml"
        self._released: set[str] = set()
        self._server = ThreadingHTTPServer((HOST, 0), self._answering())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        pattern = rf"http://{HOST}:{self._server.server_port}/note/[^/?#]+"
        connected = [{"css": "#control.connected"}]
        states = {
            "control": [{"css": "#control"}],
            "connected": connected,
            "running": [{"css": "#cell.running"}],
        }
        profile = {"site": "notes", "notebooks": [pattern], "states": states}
        self.profile.write_text(json.dumps(profile), encoding="utf-8")

    def __enter__(self) -> Self:
        self._thread.start()
        self.callback(self._thread.join)
        self.callback(self._server.server_close)
        self.callback(self._server.shutdown)
        return self

    def url(self, name: str) -> str:
        """Return the address of a notebook."""
        return f"http://{HOST}:{self._server.server_port}/note/{name}"

    @property
    def elsewhere(self) -> str:
        """The address of a page that no profile names."""
        return f"http://{HOST}:{self._server.server_port}/else"

    def stop_spinning(self, name: str) -> None:
        """Let a page's endless loop end."""
        self._released.add(name)

    def _answering(self) -> type[BaseHTTPRequestHandler]:
        notes = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = notes._body(urlsplit(self.path).path).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                with suppress(ConnectionError):  # the tab has closed, or gone elsewhere
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Answer

    def _body(self, path: str) -> str:
        self.loads[path] += 1
        name = path.rsplit("/", 1)[1]
        if path.startswith("/spinning/"):
            return "stop" if name in self._released else "go on"
        return PAGE.format(name=name) if path.startswith("/note/") else "<title>else</title>"
