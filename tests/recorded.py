"""What libraries really printed: `watch/printed` from kernels, `watch/quoted` from other people."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from colab_cdp_agent.watch.progress import ProgressReader
from colab_cdp_protocols import mqtt

NOW = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
HERE = Path(__file__).parent / "watch"
PRINTED = sorted((HERE / "printed").glob("*.jsonl"))
QUOTED = sorted((HERE / "quoted").glob("*.txt"))
Line = tuple[float, str]


def printed(library: str) -> Iterator[Line]:
    """Yield the lines of a library's recorded run."""
    (path,) = (path for path in PRINTED if re.fullmatch(rf"{library}-[\d.]+", path.stem))
    return printed_in(path)


def printed_in(path: Path) -> Iterator[Line]:
    """Yield the lines of a recorded run, and the states of its bars, as a kernel sent them."""
    rests: dict[str, str] = {}
    shown: list[str] = []
    for row in map(json.loads, path.read_text("utf-8").splitlines()[1:]):
        if "page" in row:
            lines = row["page"].split("\n")
            yield from ((row["at"], line) for line in lines if line not in shown)
            shown = lines
            continue
        *whole, rest = (rests.get(row["stream"], "") + row["text"]).split("\n")
        yield from ((row["at"], line) for line in whole)
        rests[row["stream"]] = rest
        if rest:
            yield row["at"], rest


def quoted(name: str) -> Iterator[Line]:
    """Yield the lines of a quoted log, a second apart."""
    text = (HERE / "quoted" / f"{name}.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("# "))
    yield from ((float(second), line) for second, line in enumerate(lines))


def read(lines: Iterator[Line], reader: ProgressReader | None = None) -> list[mqtt.Progress]:
    """Return the progress after each line that told something new."""
    reader = ProgressReader() if reader is None else reader
    return [reader.progress(at, NOW) for at, line in lines if reader.take(line, at)]
