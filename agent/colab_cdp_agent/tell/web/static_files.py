"""The page's files, read once, each with its type, its tag and its compressed form."""

import gzip
import hashlib
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
"""What is served, by suffix; a file of any other is not."""
COMPRESSED = (".html", ".js", ".css", ".svg", ".webmanifest")
COMPRESSION = 9


class StaticFile:
    """One file, as it is served."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.type = TYPES[path.suffix]

    @cached_property
    def body(self) -> bytes:
        """The file itself."""
        return self._path.read_bytes()

    @cached_property
    def compressed(self) -> bytes | None:
        """The file through gzip, None where that is no gain."""
        if self._path.suffix not in COMPRESSED:
            return None
        return gzip.compress(self.body, COMPRESSION, mtime=0)

    @cached_property
    def tag(self) -> str:
        """A name of the content, in quotes, for `ETag`."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


def static_files(folder: Path = FOLDER) -> dict[str, StaticFile]:
    """Return every file by its path below `/`: no other is ever opened."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(folder).as_posix(): StaticFile(path) for path in found}
