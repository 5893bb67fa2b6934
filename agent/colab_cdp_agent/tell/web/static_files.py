"""The page's files: two documents, and what they name under an address made of its content.

So a browser asks once for each file, and again only after the agent was renewed.
"""

import gzip
import hashlib
import re
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""What is served, by suffix; a file of any other is not."""
DOCUMENTS = {"/": "index.html", "/login": "login.html"}
NAMED = re.compile(r"/static(?:-([0-9a-f]{16}))?/(.+)")
COMPRESSION = 9
FOR_EVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"


class StaticFile:
    """One file, as it is served.

    Attributes:
        type: for `Content-Type`.
        body: what is in it.

    """

    def __init__(self, kind: str, body: bytes) -> None:
        self.type = kind
        self.body = body

    @cached_property
    def compressed(self) -> bytes:
        """The file through gzip."""
        return gzip.compress(self.body, COMPRESSION, mtime=0)

    @cached_property
    def tag(self) -> str:
        """A name of the content."""
        return hashlib.sha256(self.body).hexdigest()[:16]


class StaticFiles:
    """Every file of the page; no other is ever opened."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): StaticFile(TYPES[path.suffix], path.read_bytes())
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES
        }
        together = "".join(file.tag for file in self.files.values())
        self._digest = hashlib.sha256(together.encode()).hexdigest()[:16]
        for name in DOCUMENTS.values():
            document = self.files[name]
            named = document.body.replace(b'"/static/', f'"/static-{self._digest}/'.encode())
            self.files[name] = StaticFile(document.type, named)

    def find(self, path: str) -> tuple[str, str] | None:
        """Return which file an address means, and how long a browser may keep it."""
        if path in DOCUMENTS:
            return DOCUMENTS[path], ALWAYS_ASK
        named = NAMED.fullmatch(path)
        if named is None or named[2] not in self.files or named[2] in DOCUMENTS.values():
            return None
        return named[2], FOR_EVER if named[1] == self._digest else ALWAYS_ASK

    def compress(self) -> None:
        """Do now what would make the first browser wait: a tenth of a second's work."""
        for file in self.files.values():
            _ = file.compressed
