"""Renews the libraries of others that the project carries: `vendor.py`, after a change of VERSIONS.

They come from npm as they were published; where one line is added, the record beside them says so.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

RECORD = "vendored.json"
PAGE = Path("agent/colab_cdp_agent/tell/web/static/vendor")
TESTS = Path("tests/vendor")


class Library(NamedTuple):
    """A package, what of it is carried where, and what is added at the end of its script."""

    package: str
    version: str
    licence: str
    folder: Path
    files: dict[str, str]
    added: str = ""


LIBRARIES = (
    Library(
        "mqtt",
        "5.16.0",
        "MIT",
        PAGE,
        {"dist/mqtt.esm.js": "mqtt.js", "LICENSE.md": "mqtt.LICENSE"},
    ),
    Library(
        "uplot",
        "1.6.32",
        "MIT",
        PAGE,
        {
            "dist/uPlot.iife.min.js": "uplot.js",
            "dist/uPlot.min.css": "uplot.css",
            "LICENSE": "uplot.LICENSE",
        },
        "\nexport default uPlot;\n",
    ),
    Library(
        "axe-core",
        "4.14.1",
        "MPL-2.0",
        TESTS,
        {
            "axe.min.js": "axe.min.js",
            "LICENSE": "axe.LICENSE",
            "LICENSE-3RD-PARTY.txt": "axe.LICENSE-3RD-PARTY",
        },
    ),
)


def main() -> None:
    """Fetch every library, and write what is carried of it with a record of what it is."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed: install Node.js")
    carried: dict[Path, dict[str, dict[str, str]]] = {}
    for library in LIBRARIES:
        library.folder.mkdir(parents=True, exist_ok=True)
        for name, record in _renew(npm, library):
            carried.setdefault(library.folder, {})[name] = record
    for folder, records in carried.items():
        text = json.dumps(dict(sorted(records.items())), indent=2) + "\n"
        (folder / RECORD).write_text(text, "utf-8")


def _renew(npm: str, library: Library) -> list[tuple[str, dict[str, str]]]:
    named = f"{library.package}@{library.version}"
    found = []
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            [npm, "pack", named, "--silent", "--pack-destination", folder],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()[-1]
        with tarfile.open(Path(folder) / packed) as archive:
            archive.extractall(folder, filter="data")
        for source, name in library.files.items():
            body = (Path(folder) / "package" / source).read_bytes()
            record = {"package": library.package, "version": library.version}
            record |= {"licence": library.licence, "file": source}
            if library.added and name.endswith(".js"):
                body += library.added.encode()
                record["added"] = library.added.strip()
            record["sha256"] = hashlib.sha256(body).hexdigest()
            (library.folder / name).write_bytes(body)
            found.append((name, record))
    return found


if __name__ == "__main__":
    main()
