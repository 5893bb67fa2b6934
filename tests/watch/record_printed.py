"""Record what libraries print in a notebook: `record_printed.py NAME …`, by a Python that has them.

Each `cells/NAME.ipy` runs in a kernel of its own; what it prints goes to
`printed/NAME-VERSION.jsonl`: a head that names the libraries with their versions, then one line
for each message of the kernel, with the seconds since the first:

    {"at": 1.234, "stream": "stdout", "text": "Epoch 1/3\\n"}
    {"at": 1.345, "page": "[ 3/30 00:00 < 00:05, 4.88 it/s]"}    the text of what it displays

The first line of a cell names its libraries, the one that gives the file its version first.
"""

import json
import sys
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

from jupyter_client.manager import start_new_kernel

HERE = Path(__file__).parent
PATIENCE_S = 600.0
HEAD = "# library:"
PLACES = {sys.prefix: "/usr/local", "/tmp/recorded-": "/content/"}
"""Folders of the recording machine, and what they are called in a notebook's."""


class PageText(HTMLParser):
    """The text of HTML as a browser gives it: cells apart by tabs, blocks by new lines."""

    BLOCKS = frozenset({"div", "p", "tr", "table", "thead", "tbody"})
    UNSEEN = frozenset({"style", "script"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._unseen = 0
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        lines = (line.strip(" ") for line in "".join(self._parts).split("\n"))
        return "\n".join(line.removesuffix("\t") for line in lines if line.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unseen += tag in self.UNSEEN
        if tag in self.BLOCKS:
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in self.UNSEEN
        if tag in self.BLOCKS:
            self._parts.append("\n")
        elif tag in {"td", "th"}:
            self._parts.append("\t")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data.replace("\n", " ").strip(" "))


def record(name: str) -> Path:
    """Run a cell, and return the file that holds what it printed."""
    source = (HERE / "cells" / f"{name}.ipy").read_text("utf-8")
    libraries = source.splitlines()[0].removeprefix(HEAD).replace(" ", "").split(",")
    head = {"cell": f"{name}.ipy", "libraries": {each: version(each) for each in libraries}}
    path = HERE / "printed" / f"{name}-{version(libraries[0])}.jsonl"
    rows = [head, *run(source)]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    for here, there in PLACES.items():
        text = text.replace(here, there)
    path.write_text(text, "utf-8", newline="\n")
    return path


def run(source: str) -> list[dict[str, object]]:
    """Run a cell in a kernel, and return what it told, each with the time since the first."""
    told: list[dict[str, object]] = []
    began: list[float] = []

    def hear(message: Mapping[str, Mapping[str, object]]) -> None:
        began.append(time.monotonic())
        if row := row_of(str(message["header"]["msg_type"]), message["content"]):
            told.append({"at": round(began[-1] - began[0], 3), **row})

    kernel, client = start_new_kernel()
    try:
        client.execute_interactive(source, output_hook=hear, timeout=PATIENCE_S)
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    return told


def row_of(kind: str, content: Mapping[str, object]) -> dict[str, object] | None:
    """Return what a kernel's message prints.

    Raises:
        RuntimeError: the cell failed; it says how.

    """
    if kind == "error":
        raise RuntimeError("\n".join(map(str, content["traceback"])))  # type: ignore[call-overload]  # a list, by Jupyter's protocol
    if kind == "stream":
        return {"stream": content["name"], "text": content["text"]}
    if kind not in {"display_data", "update_display_data"}:
        return None
    data = content["data"]
    assert isinstance(data, dict)
    html = data.get("text/html")
    text = data.get("text/plain", "") if html is None else PageText(html).text
    return {"page": text} if text.strip() else None


if __name__ == "__main__":
    for each in sys.argv[1:]:
        file = record(each)
        print(f"{file.name}: {file.stat().st_size} bytes")  # noqa: T201 - a person reads it
